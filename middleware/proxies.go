package middleware

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/seed-7694ebf6/plinth/internal/addrgroup"
)

// The widest networks that can be one operator's: 10.0.0.0/8 and fc00::/7 are the
// largest private ones (RFC 1918 section 3, RFC 4193 section 3.1).
const (
	widestIPv4 = 8
	widestIPv6 = 7
)

// CheckProxies reports what is wrong with a list of trusted proxies, all of it at
// once: a network that is not valid, and one that is wider than any network that is
// yours, as 0.0.0.0/0 and ::/0 are, or 0.0.0.0/1 with its other half. Who is trusted
// chooses the address that a request comes from, so a list of everybody is worse than
// none. An empty list is right: nobody is trusted.
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
	narrow := addrgroup.Network(p)
	if narrow.Addr().Is4In6() {
		return p, fmt.Errorf("middleware: %s as trusted proxies is everybody", p)
	}
	widest := widestIPv6
	if narrow.Addr().Is4() {
		widest = widestIPv4
	}
	if narrow.Bits() < widest {
		return p, fmt.Errorf("middleware: %s as trusted proxies is too wide: anybody in it chooses the address of a client (at most /%d)", p, widest)
	}
	return narrow.Masked(), nil
}

// mustProxies is for constructors.
func mustProxies(networks []netip.Prefix) proxies {
	p, err := newProxies(networks)
	if err != nil {
		panic(err)
	}
	return p
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
