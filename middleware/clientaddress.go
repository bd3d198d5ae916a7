package middleware

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/httpheader"
	"github.com/seed-7694ebf6/plinth/internal/netaddr"
	"github.com/seed-7694ebf6/plinth/internal/reqinfo"
)

// Headers that are lists with an element for each proxy.
const (
	forwardedFor = "X-Forwarded-For"
	forwarded    = "Forwarded"
)

// ClientAddressOptions tunes [ClientAddress]. The zero value trusts no header.
type ClientAddressOptions struct {
	// Header is the header into which the proxies write the client's IP address. All
	// proxies must write the same one: a client could choose the value of a second one.
	//
	//   - X-Forwarded-For: a list to which each proxy appends the address of its peer.
	//     Several lines are one list (RFC 9110 section 5.3).
	//   - Forwarded: the same list with named parameters (RFC 7239).
	//   - any other, such as X-Real-IP or CF-Connecting-IP: one address. The proxy in front
	//     of the application must replace the header, not pass it on.
	//
	// Defaults to X-Forwarded-For.
	Header string

	// Proxies are the networks of your proxies, all of them between clients and the
	// application. See [CheckProxies] for what cannot be right.
	//
	// Defaults to none: the peer of the connection is the client.
	Proxies []netip.Prefix
}

// Validate returns an error if Header is no header name or [CheckProxies] rejects the Proxies.
func (o ClientAddressOptions) Validate() error {
	if o.Header != "" && !httpheader.IsToken(o.Header) {
		return fmt.Errorf("middleware: ClientAddress: %q is not the name of a header", o.Header)
	}
	return CheckProxies(o.Proxies)
}

// ClientAddress returns middleware that determines the IP address of the client, for the
// log, for limits and for handlers: see [ClientAddressOf].
//
// The header is read only if the peer of the connection is one of the Proxies. A list is
// read from its end, which the nearest proxy has written, and addresses of Proxies are
// skipped. The first other address is the client. Elements before it are ignored, since the
// client can forge them. If all are proxies, the first element is the client.
//
// The address is unknown, the zero netip.Addr, if a trusted proxy sends no header or one
// that cannot be parsed. The same holds if the element of the client is no IP address, such
// as the name "unknown". The middleware falls back neither to the proxy's address, which
// may be allowed more, nor to an earlier element, which the client may have forged. An
// allow list does not contain the unknown address, a deny list must reject it, and all
// unknown addresses share one limit.
//
// Ports, brackets and zones are removed. IPv4-mapped IPv6 addresses become IPv4 addresses.
func ClientAddress(opts ClientAddressOptions) (func(http.Handler) http.Handler, error) {
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	trusted, err := newProxies(opts.Proxies)
	if err != nil {
		return nil, err
	}
	header := forwardedFor
	if opts.Header != "" {
		header = http.CanonicalHeaderKey(opts.Header)
	}
	read := singleAddress
	switch header {
	case forwardedFor:
		read = trusted.walkForwardedFor
	case forwarded:
		read = trusted.walkForwarded
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			client := reqinfo.Peer(r)
			if trusted.has(client) {
				client = read(r.Header[header])
			}
			r, record := reqinfo.Begin(r)
			record.SetClientAddress(client)
			next.ServeHTTP(w, r)
		})
	}, nil
}

// ClientAddressFrom returns the address that [ClientAddress] has determined. It is the zero
// Addr if the address is unknown or the middleware is not in the chain.
func ClientAddressFrom(ctx context.Context) netip.Addr {
	client, _ := reqinfo.From(ctx).ClientAddress()
	return client
}

// ClientAddressOf returns the IP address of the client as [ClientAddress] has determined
// it. Without that middleware it is the peer of the connection. It is the zero Addr if a
// trusted proxy did not send one, and for peers without an IP address, such as those of
// Unix sockets.
func ClientAddressOf(r *http.Request) netip.Addr { return reqinfo.ClientAddressOf(r) }

// AddressGroup returns the addresses that a limit should count as one: an IPv4 address
// alone, and an IPv6 address with its network of 64 bits, which usually belongs to one
// host. The zero Addr gives the zero Prefix, so all unknown addresses are one group. The
// limits of accounts use the same groups.
func AddressGroup(a netip.Addr) netip.Prefix { return netaddr.Group(a) }

// singleAddress reads a header that holds one address.
func singleAddress(lines []string) netip.Addr {
	if len(lines) != 1 {
		return netip.Addr{}
	}
	return hop(trimSpace(lines[0]))
}

// walkForwardedFor reads X-Forwarded-For from its end.
func (p proxies) walkForwardedFor(lines []string) (client netip.Addr) {
	for i := len(lines) - 1; i >= 0; i-- {
		for rest, more := lines[i], true; more; {
			var element string
			if comma := strings.LastIndexByte(rest, ','); comma >= 0 {
				rest, element = rest[:comma], rest[comma+1:]
			} else {
				element, more = rest, false
			}
			client = hop(trimSpace(element))
			if !p.has(client) {
				return client // it may be none at all
			}
		}
	}
	return client
}

// hop parses one address of a list, with or without a port. Unspecified and multicast
// addresses are rejected.
func hop(text string) netip.Addr {
	a, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	bracketed := strings.HasPrefix(text, "[")
	if err != nil || bracketed != strings.HasSuffix(text, "]") || bracketed && a.Is4() {
		at, err := netip.ParseAddrPort(text)
		if err != nil {
			return netip.Addr{}
		}
		a = at.Addr()
	}
	if a = netaddr.Plain(a); a.IsUnspecified() || a.IsMulticast() {
		return netip.Addr{}
	}
	return a
}

// trimSpace removes the optional white space of RFC 9110 section 5.6.3.
func trimSpace(s string) string { return strings.Trim(s, " \t") }

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
