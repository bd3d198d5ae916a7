package middleware

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/addrgroup"
	"github.com/seed-7694ebf6/plinth/internal/exchange"
	"github.com/seed-7694ebf6/plinth/internal/httpfield"
)

// Headers that are lists with an element for each proxy.
const (
	forwardedFor = "X-Forwarded-For"
	forwarded    = "Forwarded"
)

// ClientAddressOptions tunes [ClientAddress]. The zero value believes no header.
type ClientAddressOptions struct {
	// Header is what the proxies write the client's address into. One header only,
	// the one that all of them write: a second one would be the client's to choose.
	//
	//   - X-Forwarded-For: a list, to which every proxy adds who asked it. Several
	//     lines are one list (RFC 9110 section 5.3).
	//   - Forwarded: the same with names (RFC 7239).
	//   - any other, as X-Real-IP or CF-Connecting-IP: one address, which the proxy
	//     in front of the application must replace and not only pass on.
	//
	// Defaults to X-Forwarded-For.
	Header string

	// Proxies are the networks of your proxies, all of them between clients and the
	// application. See [CheckProxies] for what cannot be right.
	//
	// Defaults to none: the peer of the connection is the client.
	Proxies []netip.Prefix
}

// ClientAddress returns middleware that finds out which address a request comes from,
// for the log, for limits and for handlers: see [ClientAddressOf].
//
// A header is read only if the peer of the connection is one of the Proxies. A list is
// walked from its end, which the nearest proxy has written, over addresses that are
// proxies themselves: the first that is none is the client, and what stands before it
// is the client's own invention. If all are proxies, the first is who began.
//
// Where a trusted proxy tells nothing that can be read, the address is unknown, the
// zero netip.Addr: the header is absent, or what its turn comes to is no address, is a
// name such as "unknown", or breaks the grammar. It is not the proxy's address, which
// may be allowed more than a client's, and none that stands further left, which is a
// stranger's choice. Lists of who may do something do not hold an unknown address;
// lists of who may not must refuse it; all unknown addresses together have one budget.
//
// Ports, brackets and zones are taken off, and an address of IPv4 written as one of
// IPv6 is that of IPv4.
//
// It panics if CheckProxies refuses the Proxies, or Header cannot be a header's name.
func ClientAddress(opts ClientAddressOptions) func(http.Handler) http.Handler {
	trusted := mustProxies(opts.Proxies)
	header := forwardedFor
	if opts.Header != "" {
		header = http.CanonicalHeaderKey(opts.Header)
	}
	if !httpfield.IsToken(header) {
		panic(fmt.Sprintf("middleware: ClientAddress: %q is not the name of a header", opts.Header))
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
			client := exchange.Peer(r)
			if trusted.has(client) {
				client = read(r.Header[header])
			}
			r, record := exchange.Begin(r)
			record.SetClientAddress(client)
			next.ServeHTTP(w, r)
		})
	}
}

// ClientAddressFrom returns what [ClientAddress] has found out, and the zero Addr where
// that is not known or nobody has looked.
func ClientAddressFrom(ctx context.Context) netip.Addr {
	client, _ := exchange.From(ctx).ClientAddress()
	return client
}

// ClientAddressOf returns the address that a request comes from: what [ClientAddress]
// has found out, and where no such middleware has seen the request the peer of its
// connection. It is the zero Addr where a proxy should have told and has not, and for
// peers without an address, as those of Unix sockets.
func ClientAddressOf(r *http.Request) netip.Addr { return exchange.ClientAddressOf(r) }

// AddressGroup returns the addresses that a limit should take for one: an address of
// IPv4 alone, and of IPv6 the network of 64 bits it is in, since who has one address
// there has 2^64. The zero Addr gives the zero Prefix, so that all unknown addresses
// are one group. The limits of accounts count by the same groups.
func AddressGroup(a netip.Addr) netip.Prefix { return addrgroup.Of(a) }

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

// hop reads one address of a list, with a port or without. One that no client can have
// is none.
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
	if a = addrgroup.Plain(a); a.IsUnspecified() || a.IsMulticast() {
		return netip.Addr{}
	}
	return a
}

// trimSpace takes off the optional white space of RFC 9110 section 5.6.3.
func trimSpace(s string) string { return strings.Trim(s, " \t") }
