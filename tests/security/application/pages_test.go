package application_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
)

// TestProtectedPages: outside of development every answer tells browsers to come by
// https, for a year, and what else protects pages.
func TestProtectedPages(t *testing.T) {
	t.Parallel()
	handler, _ := apptest.Proxied(t, nil)
	without, _ := apptest.Proxied(t, func(c *plinth.Config) { c.Headers.HSTS = -1 })
	for _, target := range []string{"/hello/ann", "/panic", "/nowhere", "/rest/v1/tasks", "/livez"} {
		h := apptest.Ask(t, handler, http.MethodGet, target, "203.0.113.7").Header()
		if h.Get("Strict-Transport-Security") != "max-age=31536000" || h.Get("X-Content-Type-Options") != "nosniff" ||
			!strings.HasPrefix(h.Get("Content-Security-Policy"), "default-src 'none'") || h.Get("X-Request-Id") == "" || h.Get("Server") != "" {
			t.Errorf("%s: %v", target, h)
		}
		if h := apptest.Ask(t, without, http.MethodGet, target, "203.0.113.7").Header(); h.Get("Strict-Transport-Security") != "" {
			t.Errorf("%s: %v", target, h)
		}
	}
	development := apptest.New(t, apptest.Config(t))
	t.Cleanup(func() { _ = development.DB().Close() })
	open, err := development.Handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if h := apptest.Ask(t, open, http.MethodGet, "/livez", "").Header(); h.Get("Strict-Transport-Security") != "" {
		t.Errorf("in development: %v", h)
	}
}
