package middleware

import (
	"net/http"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/exchange"
)

// ByAddress is a key for [RateLimit]: the address that a request comes from, by
// [ClientAddressOf], and of IPv6 its network of 64 bits, by [AddressGroup]. Behind a
// proxy [ClientAddress] must be outside of the limit; requests whose address is not
// known share one count.
func ByAddress(r *http.Request) string {
	record := exchange.From(r.Context())
	if key := record.AddressKey(); key != "" {
		return key
	}
	var room [64]byte
	b := append(room[:0], "ip "...)
	if group := AddressGroup(ClientAddressOf(r)); group.IsValid() {
		b = group.AppendTo(b)
	}
	key := string(b)
	record.SetAddressKey(key)
	return key
}

// ByPrincipal is a key for [RateLimit]: who calls, by [auth.FromContext], wherever from,
// all API keys of one owner as them, and the address of callers of whom nothing is known,
// as [ByAddress] has it.
// [Authenticate] must be outside of the limit.
func ByPrincipal(r *http.Request) string {
	p := auth.FromContext(r.Context())
	if id := p.Counted(); id != "" {
		return p.Kind.String() + " " + id
	}
	return ByAddress(r)
}

// ByRoute makes a key for [RateLimit] of another one: requests are counted by it and by
// the pattern they were routed by, http.Request.Pattern. It belongs inside of an
// http.ServeMux, around its handlers; where there is no pattern all routes are one.
func ByRoute(by func(r *http.Request) string) func(r *http.Request) string {
	return func(r *http.Request) string {
		key := by(r)
		if key == "" {
			return ""
		}
		return r.Pattern + " " + key
	}
}
