// Package crossorigin tells requests that a page of another origin has caused from the
// application's own.
package crossorigin

import (
	"net/http"
	"strings"
)

// Refused reports whether a browser says that a page of another origin has caused a
// request that may have an effect: one whose method is not safe (RFC 9110 section
// 9.2.1), or the handshake of a WebSocket, which is a GET, but what follows is not safe.
func Refused(p *http.CrossOriginProtection, r *http.Request) bool {
	if len(r.Header["Upgrade"]) > 0 {
		unsafe := *r
		unsafe.Method = http.MethodPost
		r = &unsafe
	}
	return p.Check(r) != nil
}

// Ambient reports whether a request brings credentials that a browser adds by itself,
// whoever's page has caused it: cookies, a client certificate, and what browsers repeat of
// Basic and others once they were told.
func Ambient(r *http.Request) bool {
	if len(r.Header["Cookie"]) > 0 || r.TLS != nil && len(r.TLS.PeerCertificates) > 0 {
		return true
	}
	for _, value := range r.Header["Authorization"] {
		if scheme, _, _ := strings.Cut(value, " "); !strings.EqualFold(scheme, "Bearer") {
			return true
		}
	}
	return false
}
