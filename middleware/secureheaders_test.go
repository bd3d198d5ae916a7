package middleware_test

import (
	"crypto/tls"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/middleware"
)

func TestSecureHeaders(t *testing.T) {
	t.Parallel()
	strict := http.Header{
		"X-Content-Type-Options":       {"nosniff"},
		"Content-Security-Policy":      {"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
		"X-Frame-Options":              {"DENY"},
		"Cross-Origin-Opener-Policy":   {"same-origin"},
		"Cross-Origin-Resource-Policy": {"same-origin"},
		"Referrer-Policy":              {"no-referrer"},
	}
	with := func(changes http.Header) http.Header {
		all := maps.Clone(strict)
		for name, values := range changes {
			if all[name] = values; values == nil {
				delete(all, name)
			}
		}
		return all
	}
	year := 365 * 24 * time.Hour
	tests := []struct {
		name string
		opts middleware.SecureHeadersOptions
		tls  bool
		set  http.Header // by the handler
		want http.Header
	}{
		{"by itself", middleware.SecureHeadersOptions{}, true, nil, strict},
		{
			"by the handler",
			middleware.SecureHeadersOptions{},
			false,
			http.Header{"Content-Security-Policy": {"default-src 'self'"}, "Referrer-Policy": {"same-origin"}},
			with(http.Header{"Content-Security-Policy": {"default-src 'self'"}, "Referrer-Policy": {"same-origin"}}),
		},
		{
			"others", middleware.SecureHeadersOptions{
				ContentSecurityPolicy: "default-src 'self'", FrameOptions: "SAMEORIGIN", OpenerPolicy: "unsafe-none",
				PermissionsPolicy: "camera=()", ReferrerPolicy: "origin", ResourcePolicy: "cross-origin",
			}, false, nil, http.Header{
				"X-Content-Type-Options": {"nosniff"}, "Content-Security-Policy": {"default-src 'self'"}, "X-Frame-Options": {"SAMEORIGIN"},
				"Cross-Origin-Opener-Policy": {"unsafe-none"}, "Cross-Origin-Resource-Policy": {"cross-origin"}, "Referrer-Policy": {"origin"},
				"Permissions-Policy": {"camera=()"},
			},
		},
		{
			"left out",
			middleware.SecureHeadersOptions{ContentSecurityPolicy: middleware.Omit, OpenerPolicy: middleware.Omit},
			false, nil,
			with(http.Header{"Content-Security-Policy": nil, "Cross-Origin-Opener-Policy": nil}),
		},
		{"HSTS", middleware.SecureHeadersOptions{HSTS: year}, true, nil, with(http.Header{"Strict-Transport-Security": {"max-age=31536000"}})},
		{"HSTS by http", middleware.SecureHeadersOptions{HSTS: year}, false, nil, strict},
		{
			"HSTS behind a proxy",
			middleware.SecureHeadersOptions{HSTS: year, HSTSSubdomains: true, HTTPS: func(*http.Request) bool { return true }},
			false, nil,
			with(http.Header{"Strict-Transport-Security": {"max-age=31536000; includeSubDomains"}}),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			if tt.tls {
				r.TLS = &tls.ConnectionState{}
			}
			w := serve(func(w http.ResponseWriter, _ *http.Request) {
				for name, values := range tt.set {
					w.Header().Set(name, values[0])
				}
			}, r, middleware.Must(middleware.SecureHeaders(tt.opts)))
			if !maps.EqualFunc(w.Header(), tt.want, slices.Equal) {
				t.Errorf("got %v\nwant %v", w.Header(), tt.want)
			}
		})
	}
}

// TestSecureHeadersOwn: a change of one answer's headers does not appear in the next.
func TestSecureHeadersOwn(t *testing.T) {
	t.Parallel()
	h := chain(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["X-Frame-Options"][0] = "changed"
		w.Header().Add("Referrer-Policy", "added")
		if got := w.Header().Values("Cross-Origin-Resource-Policy"); !slices.Equal(got, []string{"same-origin"}) {
			t.Errorf("what is added to one header is in another: %v", got)
		}
		_, _ = io.WriteString(w, "x")
	}), middleware.Must(middleware.SecureHeaders(middleware.SecureHeadersOptions{})))
	for range 2 {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Header().Get("X-Frame-Options") != "changed" || len(w.Header()["Referrer-Policy"]) != 2 {
			t.Errorf("header %v", w.Header())
		}
	}
	w := serve(func(http.ResponseWriter, *http.Request) {}, httptest.NewRequest(http.MethodGet, "/", nil), middleware.Must(middleware.SecureHeaders(middleware.SecureHeadersOptions{})))
	if w.Header().Get("X-Frame-Options") != "DENY" {
		t.Errorf("header %v", w.Header())
	}
}

func TestSecureHeadersWrong(t *testing.T) {
	t.Parallel()
	for _, opts := range []middleware.SecureHeadersOptions{
		{HSTS: -1}, {ContentSecurityPolicy: "default-src 'none'\r\nSet-Cookie: a=b"}, {ReferrerPolicy: "nö"},
	} {
		if _, err := middleware.SecureHeaders(opts); err == nil {
			t.Errorf("%+v is taken", opts)
		}
	}
}
