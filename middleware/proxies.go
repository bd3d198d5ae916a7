package middleware

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/seed-7694ebf6/plinth/internal/netaddr"
)

// The widest networks that can be one operator's: 10.0.0.0/8 and fc00::/7 are the
// largest private ones (RFC 1918 section 3, RFC 4193 section 3.1).
const (
	widestIPv4 = 8
	widestIPv6 = 7
)

// CheckProxies reports all mistakes in a list of trusted proxies: invalid networks, and
// networks that are too wide to be yours, such as 0.0.0.0/0, ::/0, or 0.0.0.0/1 with its
// other half. A trusted peer chooses the client's IP address, so the list must not contain
// clients. An empty list is valid: no peer is trusted.
func CheckProxies(networks []netip.Prefix) error {
	_, err := newProxies(networks)
	return err
}

// proxies are networks that are trusted, those of IPv4 as such.
type proxies []netip.Prefix

func newProxies(networks []netip.Prefix) (proxies, error) {
	var (
		out  proxies
		errs []error
	)
	for _, given := range networks {
		p, err := properProxy(given)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		out = append(out, p)
	}
	return out, errors.Join(errs...)
}

func properProxy(p netip.Prefix) (netip.Prefix, error) {
	if !p.IsValid() {
		return p, errors.New("middleware: a network of trusted proxies is not valid")
	}
	narrow := netaddr.Network(p)
	if narrow.Addr().Is4In6() {
		return p, fmt.Errorf("middleware: %s as trusted proxies includes every IP address", p)
	}
	widest := widestIPv6
	if narrow.Addr().Is4() {
		widest = widestIPv4
	}
	if narrow.Bits() < widest {
		return p, fmt.Errorf("middleware: %s as trusted proxies is too wide: every host in it could choose the IP address of a client (at most /%d)", p, widest)
	}
	return narrow.Masked(), nil
}

// has reports whether an address is trusted. One that is not valid is not.
func (p proxies) has(a netip.Addr) bool {
	for i := range p {
		if p[i].Contains(a) {
			return true
		}
	}
	return false
}
