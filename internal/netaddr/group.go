// Package netaddr groups IP addresses that limits count as one client, and recognizes hosts
// that can only mean this machine.
package netaddr

import "net/netip"

// Plain normalizes an IP address: IPv4-mapped IPv6 becomes IPv4, and the zone, which is
// local to a machine, is removed.
func Plain(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

// Group returns the group of an IP address: an IPv4 address alone, or an IPv6 network of 64
// bits, which usually belongs to one host (RFC 6177 section 2, RFC 7421). An IPv4-mapped
// IPv6 address counts as IPv4. The zero Addr gives the zero Prefix.
func Group(a netip.Addr) netip.Prefix {
	a = Plain(a)
	bits := a.BitLen()
	if a.Is6() {
		bits = 64
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}

// Network converts an IPv4-mapped IPv6 network to IPv4 and returns others as they are. A
// network that is wider than the mapped range stays IPv6.
func Network(p netip.Prefix) netip.Prefix {
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p
}

// Name returns a name of the group: an IPv4 address, or an IPv6 network with its length.
// All invalid addresses have the same name.
func Name(a netip.Addr) string {
	p := Group(a)
	if p.Addr().Is6() {
		return p.String()
	}
	return p.Addr().String()
}
