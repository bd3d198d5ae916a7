package application_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
	"github.com/seed-7694ebf6/plinth/middleware/cors"
)

// TestChainLogsRequests: one line for every request, with the client's address and not
// the proxy's, and the pattern and not the path's names.
func TestChainLogsRequests(t *testing.T) {
	t.Parallel()
	handler, lines := apptest.Proxied(t, nil)
	for _, tt := range []struct {
		target, route string
		status        float64
	}{
		{"/hello/ann?token=secret", "/hello/{name}", 200},
		{"/panic", "/panic", 500},
		{"/nowhere", "", 404},
		{"/rest/v1/tasks/not-a-key", "/rest/v1/tasks/{id}", 400},
		{"/rest/v1/tasks?nope=eq.1", "/rest/v1/tasks", 400},
		{"/rest/v1/else", "/rest/v1/*", 404},
	} {
		w := apptest.Ask(t, handler, http.MethodGet, tt.target, "203.0.113.9, 203.0.113.7", "X-Request-Id", "made-by-proxy")
		var line map[string]any
		for _, l := range lines.Taken(t) {
			if l["method"] == http.MethodGet && l["duration_ms"] != nil {
				line = l
			}
			if text, _ := json.Marshal(l); strings.Contains(string(text), "token=secret") {
				t.Errorf("%s: the log has the query: %s", tt.target, text)
			}
		}
		route, _ := line["route"].(string)
		if line["status"] != tt.status || route != tt.route || line["client"] != "203.0.113.7" || line["request_id"] != "made-by-proxy" {
			t.Errorf("%s: %v", tt.target, line)
		}
		if w.Header().Get("X-Request-Id") != "made-by-proxy" {
			t.Errorf("%s: the answer has the id %q", tt.target, w.Header().Get("X-Request-Id"))
		}
	}
	apptest.Ask(t, handler, http.MethodGet, "/livez", "203.0.113.7")
	apptest.Ask(t, handler, http.MethodGet, "/readyz", "203.0.113.7")
	if l := lines.Taken(t); len(l) > 0 {
		t.Errorf("probes are logged: %v", l)
	}
}

// TestChainForwardedHeader: the proxies write one header, and another one is a stranger's
// word.
func TestChainForwardedHeader(t *testing.T) {
	t.Parallel()
	handler, lines := apptest.Proxied(t, func(c *plinth.Config) { c.ForwardedHeader = "X-Real-IP" })
	apptest.Ask(t, handler, http.MethodGet, "/hello/ann", "203.0.113.66", "X-Real-IP", "203.0.113.7")
	if line := lines.Requested(t); line["client"] != "203.0.113.7" {
		t.Errorf("%v", line)
	}
}

// TestChainLogsThePrincipal: the line of a request names the principal, also if no handler reads it.
func TestChainLogsThePrincipal(t *testing.T) {
	t.Parallel()
	handler, lines := apptest.Proxied(t, func(c *plinth.Config) { c.Authenticator = byGateway{} })
	for _, target := range []string{"/hello/ann", "/nowhere", "/rest/v1/tasks"} {
		apptest.Ask(t, handler, http.MethodGet, target, "203.0.113.7", "X-Gateway-User", "ann")
		if line := lines.Requested(t); line["principal_kind"] != "user" || line["principal_id"] != gatewayUser {
			t.Errorf("%s: %v", target, line)
		}
	}
	apptest.Ask(t, handler, http.MethodGet, "/hello/ann", "203.0.113.7")
	if line := lines.Requested(t); line["principal_kind"] != nil || line["principal_id"] != nil {
		t.Errorf("a stranger: %v", line)
	}
}

// TestChainRates: an address that asks too often is told when to come again, in the words
// of the surface, and others are not hindered.
func TestChainRates(t *testing.T) {
	t.Parallel()
	handler, _ := apptest.Proxied(t, func(c *plinth.Config) {
		c.Rates = plinth.Rates{Address: plinth.Rate{Requests: 20, Per: time.Hour}, Caller: plinth.Rate{Requests: 10, Per: time.Hour}}
	})
	answers := map[int]int{}
	var last *httptest.ResponseRecorder
	for range 30 {
		last = apptest.Ask(t, handler, http.MethodGet, "/hello/ann", "203.0.113.7")
		answers[last.Code]++
	}
	if answers[http.StatusOK] != 10 || answers[http.StatusTooManyRequests] != 20 || last.Header().Get("Retry-After") == "" {
		t.Errorf("answers %v, Retry-After %q", answers, last.Header().Get("Retry-After"))
	}
	if w := apptest.Ask(t, handler, http.MethodGet, "/hello/ann", "203.0.113.8"); w.Code != http.StatusOK {
		t.Errorf("another address: %d", w.Code)
	}
	w := apptest.Ask(t, handler, http.MethodPost, "/auth/v1/token?grant_type=password", "203.0.113.7")
	if w.Code != http.StatusTooManyRequests || !strings.Contains(w.Body.String(), `"over_request_rate_limit"`) {
		t.Errorf("accounts: %d %s", w.Code, w.Body)
	}
	page := apptest.Ask(t, handler, http.MethodGet, "/rest/v1/tasks", "203.0.113.7", "Origin", "https://app.example")
	if page.Code != http.StatusTooManyRequests || page.Header().Get("Access-Control-Allow-Origin") != "https://app.example" {
		t.Errorf("a page cannot read its refusal: %d %v", page.Code, page.Header())
	}
	if w := apptest.Ask(t, handler, http.MethodGet, "/readyz", "203.0.113.7"); w.Code != http.StatusOK {
		t.Errorf("a probe: %d", w.Code)
	}
}

// TestChainPages: pages that were named are let in, others are not, also where nothing
// else is found.
func TestChainPages(t *testing.T) {
	t.Parallel()
	handler, _ := apptest.Proxied(t, nil)
	for origin, want := range map[string]string{"https://app.example": "https://app.example", "https://evil.example": "", "null": "", "": ""} {
		for _, target := range []string{"/rest/v1/tasks", "/auth/v1/user", "/hello/ann", "/nowhere"} {
			var header []string
			if origin != "" {
				header = []string{"Origin", origin}
			}
			w := apptest.Ask(t, handler, http.MethodGet, target, "203.0.113.7", header...)
			if got := w.Header().Get("Access-Control-Allow-Origin"); got != want || strings.Count(strings.Join(w.Header().Values("Vary"), ","), "Origin") != 1 {
				t.Errorf("%s from %q: allowed %q, Vary %q", target, origin, got, w.Header().Values("Vary"))
			}
		}
	}
}

// TestChainPagesOfDevelopment: pages of the usual development servers of this machine are
// let in while one develops, unless others are named, and never outside of that.
func TestChainPagesOfDevelopment(t *testing.T) {
	t.Parallel()
	production, _ := apptest.Proxied(t, func(c *plinth.Config) { c.CORS = cors.Options{} })
	open := apptest.Handler(t, apptest.Config(t))
	config := apptest.Config(t)
	config.CORS.Origins = []string{"https://app.example"}
	named := apptest.Handler(t, config)
	for _, method := range []string{http.MethodGet, http.MethodOptions} {
		for origin, allowed := range map[string]struct{ open, named bool }{
			"http://localhost:5173": {open: true},
			"http://127.0.0.1:3000": {open: true},
			"http://localhost:1":    {},
			"https://localhost":     {},
			"https://evil.example":  {},
			"https://app.example":   {named: true},
		} {
			for _, target := range []string{"/rest/v1/tasks", "/auth/v1/user", "/who", "/nowhere"} {
				header := []string{"Origin", origin, "Access-Control-Request-Method", http.MethodPost}
				for name := range apptest.Ask(t, production, method, target, "203.0.113.7", header...).Header() {
					if strings.HasPrefix(name, "Access-Control-") {
						t.Errorf("%s %s from %s in production: %s", method, target, origin, name)
					}
				}
				for _, tt := range []struct {
					h       http.Handler
					allowed bool
				}{{open, allowed.open}, {named, allowed.named}} {
					got := apptest.Do(t, tt.h, method, target, "", header...).Header().Get("Access-Control-Allow-Origin")
					if want := map[bool]string{true: origin}[tt.allowed]; got != want {
						t.Errorf("%s %s from %s in development: allowed %q, want %q", method, target, origin, got, want)
					}
				}
			}
		}
	}
}

// TestMaxRequests: a caller has at most MaxRequestsPerCaller requests running, and another
// caller is served meanwhile. With all MaxRequests running every caller waits.
func TestMaxRequests(t *testing.T) {
	t.Parallel()
	config := apptest.Served(t)
	config.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.1/32")}
	config.MaxRequests, config.MaxRequestsPerCaller = 3, 1 // unauthenticated requests have two
	app := apptest.New(t, config)
	t.Cleanup(func() { _ = app.DB().Close() })
	held, release := make(chan struct{}), make(chan struct{})
	app.Router().Get("/hold", func(http.ResponseWriter, *http.Request) {
		held <- struct{}{}
		<-release
	})
	app.Router().Get("/hello", func(http.ResponseWriter, *http.Request) {})
	handler, err := app.Handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	hold := func(address string) {
		running.Go(func() { apptest.Ask(t, handler, http.MethodGet, "/hold", address) })
		<-held
	}
	hello := func(address string, want int) {
		t.Helper()
		if w := apptest.Ask(t, handler, http.MethodGet, "/hello", address); w.Code != want {
			t.Errorf("%s: %d %s, want %d", address, w.Code, w.Body, want)
		}
	}
	hold("203.0.113.1")
	hello("203.0.113.1", http.StatusServiceUnavailable)
	hello("203.0.113.2", http.StatusOK)
	hold("203.0.113.2")
	hello("203.0.113.3", http.StatusServiceUnavailable)
	if w := apptest.Ask(t, handler, http.MethodGet, "/livez", "203.0.113.3"); w.Code != http.StatusOK {
		t.Errorf("a probe: %d", w.Code)
	}
	close(release)
	running.Wait()
	hello("203.0.113.1", http.StatusOK)
}
