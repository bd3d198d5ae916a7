// Package addrgroup says which addresses are one client's, for limits.
package addrgroup

import "net/netip"

// Plain is the one form of an address: IPv4 as such, and without a zone, which means
// something on its own machine only.
func Plain(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

// Of returns the addresses that a limit takes for one: an address of IPv4 alone, and
// of IPv6 the network of 64 bits, since who has one address there has 2^64 of them
// (RFC 6177 section 2, RFC 7421). An address of IPv4 written as one of IPv6 is that
// of IPv4. The zero Addr gives the zero Prefix.
func Of(a netip.Addr) netip.Prefix {
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

// Network returns a network of IPv4 that is written as one of IPv6 as that of IPv4, and
// others as they are. One that has more than the addresses of IPv4 is another.
func Network(p netip.Prefix) netip.Prefix {
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p
}

// Name returns a name for what Of returns: the address of IPv4 as it is, and a
// network of IPv6 with its length. All addresses that are not valid have one name.
func Name(a netip.Addr) string {
	p := Of(a)
	if p.Addr().Is6() {
		return p.String()
	}
	return p.Addr().String()
}
