// Package crossorigin detects requests that a page of another origin has caused, and
// credentials that browsers add by themselves.
package crossorigin

import (
	"net/http"
	"net/url"
	"strings"
)

// Refused reports whether a page of another origin has caused a request that may have an
// effect. That is a request with an unsafe method (RFC 9110 section 9.2.1) or the handshake
// of a WebSocket, which is a GET but opens a channel for writes.
func Refused(p *http.CrossOriginProtection, r *http.Request) bool {
	if len(r.Header["Upgrade"]) > 0 {
		unsafe := *r
		unsafe.Method = http.MethodPost
		r = &unsafe
	}
	return p.Check(r) != nil
}

// Ambient reports whether a request has credentials that browsers add by themselves, also
// for pages of other origins: cookies, a client certificate, and Authorization with a
// scheme other than Bearer, such as Basic.
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

// Of returns the origin of a URL as browsers write it (RFC 6454 section 6.2): scheme and
// host in lower case, and a port unless it is the default. It returns "" for a text without
// a host.
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
