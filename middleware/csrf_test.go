package middleware_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/middleware"
)

// TestCSRF is the table of origins and methods with each kind of credential. The
// application is https://example.org and trusts https://app.example.com.
func TestCSRF(t *testing.T) {
	t.Parallel()
	const (
		cookie = "Cookie: session=x"
		bearer = "Authorization: Bearer x"
		basic  = "Authorization: Basic eDp5"
		apikey = "Apikey: x"
	)
	cross, same, own := "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site", "Sec-Fetch-Site: same-origin"
	tests := []struct {
		name    string
		method  string
		headers []string
		refused bool
	}{
		{"own page, cookie", "POST", []string{cookie, own}, false},
		{"typed address, cookie", "POST", []string{cookie, "Sec-Fetch-Site: none"}, false},
		{"no browser, cookie", "POST", []string{cookie}, false},
		{"other site, cookie", "POST", []string{cookie, cross}, true},
		{"other host of the site, cookie", "POST", []string{cookie, same}, true},
		{"other site, PATCH", "PATCH", []string{cookie, cross}, true},
		{"other site, DELETE", "DELETE", []string{cookie, cross}, true},
		{"other site, unknown method", "BREW", []string{cookie, cross}, true},
		{"other site, GET", "GET", []string{cookie, cross}, false},
		{"other site, HEAD", "HEAD", []string{cookie, cross}, false},
		{"other site, OPTIONS", "OPTIONS", []string{cookie, cross}, false},
		{"other site, method overridden", "GET", []string{cookie, cross, "X-HTTP-Method-Override: POST"}, false},
		{"other site, WebSocket", "GET", []string{cookie, cross, "Upgrade: websocket", "Connection: Upgrade"}, true},
		{"own page, WebSocket", "GET", []string{cookie, own, "Upgrade: websocket", "Connection: Upgrade"}, false},
		{"trusted origin", "POST", []string{cookie, cross, "Origin: https://app.example.com"}, false},
		{"trusted host by http", "POST", []string{cookie, cross, "Origin: http://app.example.com"}, true},
		{"trusted host, other port", "POST", []string{cookie, cross, "Origin: https://app.example.com:444"}, true},
		{"trusted host, prefix", "POST", []string{cookie, cross, "Origin: https://app.example.com.evil.org"}, true},
		{"origin null", "POST", []string{cookie, cross, "Origin: null"}, true},
		{"old browser, other site", "POST", []string{cookie, "Origin: https://evil.org"}, true},
		{"old browser, null", "POST", []string{cookie, "Origin: null"}, true},
		{"old browser, own page", "POST", []string{cookie, "Origin: https://example.org"}, false},
		{"unknown value of Sec-Fetch-Site", "POST", []string{cookie, "Sec-Fetch-Site: x"}, true},

		{"login of another site", "POST", []string{cross}, true},
		{"bearer only", "POST", []string{bearer, cross}, false},
		{"bearer in other case", "POST", []string{"Authorization: bearer x", cross}, false},
		{"API key only", "POST", []string{apikey, cross}, false},
		{"bearer and API key", "POST", []string{bearer, apikey, cross}, false},
		{"bearer and cookie", "POST", []string{bearer, cookie, cross}, true},
		{"API key and cookie", "POST", []string{apikey, cookie, cross}, true},
		{"basic", "POST", []string{basic, cross}, true},
		{"basic and API key", "POST", []string{basic, apikey, cross}, true},
		{"basic and bearer", "POST", []string{bearer, basic, cross}, true},
		{"exempt", "POST", []string{cookie, cross, "X-Exempt: yes"}, false},
	}
	around := middleware.Must(middleware.CSRF(middleware.CSRFOptions{
		TrustedOrigins: []string{"https://app.example.com"},
		Exempt:         func(r *http.Request) bool { return r.Header.Get("X-Exempt") != "" },
	}))
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(tt.method, "https://example.org/", nil)
			for _, line := range tt.headers {
				name, value, _ := strings.Cut(line, ": ")
				r.Header.Add(name, value)
			}
			served := false
			w := serve(func(http.ResponseWriter, *http.Request) { served = true }, r, around)
			if served == tt.refused || tt.refused && (w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "PL403")) {
				t.Errorf("served %t, status %d, %s", served, w.Code, w.Body)
			}
		})
	}
}

// TestCSRFClientCertificate: a certificate is sent by the browser itself, as cookies
// are.
func TestCSRFClientCertificate(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodPost, "https://example.org/", nil)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	r.Header.Set("Authorization", "Bearer x")
	r.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{{}}}
	w := serve(func(http.ResponseWriter, *http.Request) { t.Error("served") }, r, middleware.Must(middleware.CSRF(middleware.CSRFOptions{})))
	if w.Code != http.StatusForbidden {
		t.Errorf("status %d", w.Code)
	}
}

func TestCSRFOrigins(t *testing.T) {
	t.Parallel()
	for _, origin := range []string{"https://app.example.org", "http://localhost:3000", "https://example.org:8443", "http://[::1]:3000"} {
		if _, p := middleware.CSRF(middleware.CSRFOptions{TrustedOrigins: []string{origin}}); p != nil {
			t.Errorf("%s: %v", origin, p)
		}
	}
	for _, origin := range []string{
		"", "null", "*", "example.org", "https://", "https://example.org/", "https://Example.org", "https://example.org:443", "http://example.org:80", "https://example.org:",
		"https://user@example.org", "https://example.org?x", "https://example.org#x", "ftp://example.org", "https://*.example.org\n",
	} {
		if _, err := middleware.CSRF(middleware.CSRFOptions{TrustedOrigins: []string{origin}}); err == nil {
			t.Errorf("%q is taken", origin)
		}
	}
}

// FuzzCSRF: with a cookie nothing that a page of another site sends gets through, and
// without one only a request all of whose credentials are bearer tokens or API keys.
func FuzzCSRF(f *testing.F) {
	for _, authorization := range []string{"", "Bearer x", "bearer x", "Basic eDp5", "Bearer", " Bearer x", "Bearer\tx"} {
		f.Add(authorization, "", "https://evil.org", "cross-site")
		f.Add(authorization, "x", "null", "same-site")
	}
	around := middleware.Must(middleware.CSRF(middleware.CSRFOptions{TrustedOrigins: []string{"https://app.example.com"}}))
	f.Fuzz(func(t *testing.T, authorization, apikey, origin, site string) {
		if origin == "https://app.example.com" || origin == "https://example.org" || site == "same-origin" || site == "none" {
			return // of those who may
		}
		for _, cookie := range []bool{true, false} {
			r := httptest.NewRequest(http.MethodPost, "https://example.org/", nil)
			if origin == "" && site == "" {
				site = "cross-site" // else it is no browser's
			}
			r.Header = http.Header{"Authorization": {authorization, authorization}, "Apikey": {apikey}, "Origin": {origin}, "Sec-Fetch-Site": {site}}
			if cookie {
				r.Header["Cookie"] = []string{"session=x"}
			}
			served := false
			w := serve(func(http.ResponseWriter, *http.Request) { served = true }, r, around)
			scheme, _, _ := strings.Cut(authorization, " ")
			if served && (cookie || !strings.EqualFold(scheme, "Bearer")) || !served && w.Code != http.StatusForbidden {
				t.Errorf("%q: served %t, status %d", r.Header, served, w.Code)
			}
		}
	})
}
