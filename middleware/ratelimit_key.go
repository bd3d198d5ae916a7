package middleware

import (
	"net/http"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/reqinfo"
)

// ByAddress is a key for [RateLimit]: the [AddressGroup] of [ClientAddressOf], which is an
// IPv4 address or an IPv6 network of 64 bits. Behind a proxy put [ClientAddress] outside of
// the limit. Requests with an unknown address share one count.
func ByAddress(r *http.Request) string {
	record := reqinfo.From(r.Context())
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

// ByPrincipal is a key for [RateLimit]: the principal of [auth.FromContext], across IP
// addresses. All API keys of one owner count together. Requests without a principal are
// counted as by [ByAddress]. Put [Authenticate] outside of the limit.
func ByPrincipal(r *http.Request) string {
	p := auth.FromContext(r.Context())
	if id := p.Counted(); id != "" {
		return p.Kind.String() + " " + id
	}
	return ByAddress(r)
}

// ByRoute returns a key for [RateLimit] that counts by another key and by the route
// pattern, http.Request.Pattern. Put the limit around the handlers of an http.ServeMux:
// outside of it the pattern is empty, and all routes count together.
func ByRoute(by func(r *http.Request) string) func(r *http.Request) string {
	return func(r *http.Request) string {
		key := by(r)
		if key == "" {
			return ""
		}
		return r.Pattern + " " + key
	}
}
