package application_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
	"github.com/seed-7694ebf6/plinth/middleware"
)

// TestPagesBehindMiddleware: the pages of the library have policies of their own, and
// are the same behind the package's strict ones; what is no page has those.
func TestPagesBehindMiddleware(t *testing.T) {
	t.Parallel()
	app := apptest.New(t, apptest.Config(t))
	t.Cleanup(func() { _ = app.DB().Close() })
	bare, err := app.Handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	guarded := bare
	for _, around := range []func(http.Handler) http.Handler{
		middleware.Must(middleware.CSRF(middleware.CSRFOptions{})), middleware.Must(middleware.Deadline(middleware.DeadlineOptions{})), middleware.Must(middleware.Limits(middleware.LimitsOptions{})),
		middleware.Must(middleware.SecureHeaders(middleware.SecureHeadersOptions{})), middleware.Must(middleware.RequestID(middleware.RequestIDOptions{})),
	} {
		guarded = around(guarded)
	}
	ask := func(h http.Handler, method, path string, form url.Values) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, "http://127.0.0.1"+path, strings.NewReader(form.Encode()))
		if form != nil {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Sec-Fetch-Site", "same-origin")
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	for _, tt := range []struct {
		method, path string
		form         url.Values
		status       int
		policy       string // a part of the page's own, "" for the strict one
	}{
		{"GET", "/rest/v1/-/docs", nil, 200, "script-src 'self'"},
		{"GET", "/rest/v1/-/docs/start.js", nil, 200, "script-src 'self'"},
		{"GET", "/rest/v1/-/docs/swagger-ui.css", nil, 200, "script-src 'self'"},
		{"GET", "/rest/v1/-/openapi.json", nil, 200, ""},
		{"GET", "/auth/v1/verify?type=signup&token=x", nil, 200, "style-src 'sha256-"},
		{"POST", "/auth/v1/verify", url.Values{"type": {"signup"}, "token": {"x"}}, 303, ""},
		{"GET", "/rest/v1/nothing", nil, 404, ""},
	} {
		plain, behind := ask(bare, tt.method, tt.path, tt.form), ask(guarded, tt.method, tt.path, tt.form)
		if behind.Code != tt.status || behind.Code != plain.Code || tt.status < 300 && behind.Body.String() != plain.Body.String() {
			t.Errorf("%s %s: status %d and by itself %d, want %d", tt.method, tt.path, behind.Code, plain.Code, tt.status)
		}
		policies := behind.Header()["Content-Security-Policy"]
		switch {
		case len(policies) != 1:
			t.Errorf("%s: policies %q", tt.path, policies)
		case tt.policy == "" && !strings.HasPrefix(policies[0], "default-src 'none'; base-uri 'none'; form-action 'none'"):
			t.Errorf("%s: policy %q", tt.path, policies[0])
		case tt.policy != "" && (!strings.Contains(policies[0], tt.policy) || policies[0] != plain.Header().Get("Content-Security-Policy")):
			t.Errorf("%s: policy %q, by itself %q", tt.path, policies[0], plain.Header().Get("Content-Security-Policy"))
		}
	}
}

// TestAuthenticateKeepsRoute: on a server of one's own the log knows by which pattern of
// http.ServeMux a request was routed behind App.Authenticate.
func TestAuthenticateKeepsRoute(t *testing.T) {
	t.Parallel()
	app := apptest.New(t, apptest.Config(t))
	t.Cleanup(func() { _ = app.DB().Close() })
	if _, err := app.Handler(t.Context()); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /notes/{id}", func(http.ResponseWriter, *http.Request) {})
	var route string
	h := middleware.Must(middleware.RequestID(middleware.RequestIDOptions{}))(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		app.Authenticate(mux).ServeHTTP(w, r)
		route = middleware.RouteFrom(r.Context())
	}))
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/notes/7", http.NoBody))
	if route != "GET /notes/{id}" {
		t.Errorf("the route is %q", route)
	}
}
