// Package crossorigin tells requests that a page of another origin has caused from the
// application's own, and what a browser adds to either.
package crossorigin

import (
	"net/http"
	"net/url"
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

// Of returns the origin of an address as browsers write it (RFC 6454 section 6.2), ""
// where there is none: scheme and host in lower case, and a port that is not the scheme's
// own.
func Of(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	host := strings.TrimSuffix(strings.ToLower(u.Host), ":")
	switch u.Scheme {
	case "https":
		host = strings.TrimSuffix(host, ":443")
	case "http":
		host = strings.TrimSuffix(host, ":80")
	}
	return u.Scheme + "://" + host
}
