package plinth_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
)

// Handler serves resources and own routes without listening, and reports every
// mistake at once.
func TestHandler(t *testing.T) {
	t.Parallel()
	app := apptest.New(t, apptest.Config(t))
	t.Cleanup(func() { _ = app.DB().Close() })
	app.Add(api.Resource[apptest.Task]{Policy: api.OwnedBy("owner_id")})
	app.Router().With(app.Authenticate).Get("/who", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, auth.FromContext(r.Context()).Kind.String())
	})
	handler, err := app.Handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for target, want := range map[string]struct {
		status int
		body   string
	}{
		"/rest/v1/tasks":            {http.StatusOK, "[]"},
		"/rest/v1/tasks?nope=eq.1":  {http.StatusBadRequest, "42703"},
		"/rest/v1/plinth_changes":   {http.StatusNotFound, "PGRST205"},
		"/rest/v1/tasks/not-a-uuid": {http.StatusBadRequest, "22P02"},
		"/who":                      {http.StatusOK, "anonymous"},
		"/else":                     {http.StatusNotFound, "PGRST125"},
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1"+target, http.NoBody)
		handler.ServeHTTP(w, r)
		if w.Code != want.status || !strings.Contains(w.Body.String(), want.body) {
			t.Errorf("%s: %d %s, want %d with %q", target, w.Code, w.Body, want.status, want.body)
		}
	}

	wrong := apptest.New(t, apptest.Config(t))
	t.Cleanup(func() { _ = wrong.DB().Close() })
	wrong.Add(api.Resource[apptest.Task]{Policy: api.OwnedBy("owner")}, api.Resource[apptest.Task]{})
	_, err = wrong.Handler(t.Context())
	if err == nil || !strings.Contains(err.Error(), "owner") || !strings.Contains(err.Error(), "twice") {
		t.Errorf("mistakes = %v, want both", err)
	}
}

func TestConfigMistakes(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*plinth.Config)
		want   string
	}{
		"auto in production": {func(c *plinth.Config) { c.PublicURL, c.Schema = "https://x.example", plinth.SchemaAuto }, "development"},
		"public http":        {func(c *plinth.Config) { c.PublicURL = "http://x.example" }, "https"},
		"forced outside":     {func(c *plinth.Config) { c.Addr, c.InsecureDevelopment = "0.0.0.0:0", true }, "loopback"},
		"a header of lines":  {func(c *plinth.Config) { c.Headers.ContentSecurityPolicy = "a\nb" }, "Headers"},
		"an origin's path": {func(c *plinth.Config) {
			c.DisableAccounts, c.Accounts.CookieOrigins = true, []string{"https://x.example/"}
		}, "CookieOrigins"},
		"a host in capitals": {func(c *plinth.Config) { c.Accounts.CookieOrigins = []string{"https://X.example"} }, "CookieOrigins"},
		"a rate too fast":    {func(c *plinth.Config) { c.Rates.Caller = plinth.Rate{Requests: 2, Per: 1} }, "Rates.Caller"},
		"a body below zero":  {func(c *plinth.Config) { c.MaxBody = -1 }, "MaxBody"},
		"no such folder":     {func(c *plinth.Config) { c.DatabaseURL += "/nowhere/x.db" }, "nowhere"},
	} {
		config := apptest.Config(t)
		tc.change(&config)
		app, err := plinth.New(t.Context(), config)
		if err == nil {
			_, err = app.Handler(t.Context())
			_ = app.DB().Close()
		}
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want an error about %q", name, err, tc.want)
		}
	}
}

// The examples of tests pass.
func TestSketches(t *testing.T) {
	t.Parallel()
	testSketches(t)
}

func TestSketchRules(t *testing.T) {
	t.Parallel()
	testSketchRules(t)
}
