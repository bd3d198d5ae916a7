package crossorigin_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"testing"

	"go.uber.org/goleak"

	"github.com/seed-7694ebf6/plinth/internal/crossorigin"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		method, upgrade, site string
		want                  bool
	}{
		{"POST", "", "cross-site", true},
		{"POST", "", "same-site", true},
		{"POST", "", "same-origin", false},
		{"POST", "", "", false},
		{"GET", "", "cross-site", false},
		{"GET", "websocket", "cross-site", true},
		{"GET", "websocket", "same-origin", false},
		{"GET", "websocket", "", false},
	} {
		r := httptest.NewRequest(tt.method, "/", nil)
		if tt.upgrade != "" {
			r.Header.Set("Upgrade", tt.upgrade)
		}
		if tt.site != "" {
			r.Header.Set("Sec-Fetch-Site", tt.site)
		}
		if got := crossorigin.Refused(http.NewCrossOriginProtection(), r); got != tt.want || r.Method != tt.method {
			t.Errorf("%+v: %t, method %s", tt, got, r.Method)
		}
	}
}

func TestAmbient(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		header, value string
		want          bool
	}{
		{"Accept", "*/*", false},
		{"Apikey", "x", false},
		{"Authorization", "Bearer x", false},
		{"Authorization", "bearer", false},
		{"Authorization", "Basic eDp5", true},
		{"Authorization", " Bearer x", true},
		{"Authorization", "", true},
		{"Cookie", "a=b", true},
		{"Cookie", "", true},
	} {
		for _, certificates := range []int{-1, 0, 1} {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header.Set(tt.header, tt.value)
			if certificates >= 0 {
				r.TLS = &tls.ConnectionState{PeerCertificates: make([]*x509.Certificate, certificates)}
			}
			if got := crossorigin.Ambient(r); got != (tt.want || certificates > 0) {
				t.Errorf("%s: %q, %d certificates: %t", tt.header, tt.value, certificates, got)
			}
		}
	}
}

func TestOf(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://example.org":               "https://example.org",
		"https://Example.ORG/a/b?c#d":       "https://example.org",
		"HTTPS://user:x@example.org:443/":   "https://example.org",
		"https://example.org:":              "https://example.org",
		"https://example.org:80":            "https://example.org:80",
		"http://example.org:80":             "http://example.org",
		"http://example.org:443":            "http://example.org:443",
		"http://[::1]:3000/":                "http://[::1]:3000",
		"https://[FD00::1]:443":             "https://[fd00::1]",
		"https://a.example:8443":            "https://a.example:8443",
		"capacitor://localhost":             "capacitor://localhost",
		"":                                  "",
		"null":                              "",
		"example.org":                       "",
		"https://":                          "",
		"/a/b":                              "",
		"https://example.org:x":             "",
		"https://exa mple.org":              "",
		"https://example.org\n":             "",
		"https://example.org:4443/x:443":    "https://example.org:4443",
		"https://example.org:44300":         "https://example.org:44300",
		"mailto:somebody@example.org":       "",
		"https://xn--bcher-kva.example:443": "https://xn--bcher-kva.example",
	} {
		if got := crossorigin.Of(address); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
}
