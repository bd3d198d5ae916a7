package application_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/authtest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
	"github.com/seed-7694ebf6/plinth/store"
)

// The application's own routes have the scope of their caller, with App.Authenticate
// and without. A handler that asks for it would be trusted if there were none.
func TestOwnRoutesHaveTheCallersScope(t *testing.T) {
	t.Parallel()
	for _, cleaned := range []bool{false, true} {
		t.Run(fmt.Sprintf("cleaned %t", cleaned), func(t *testing.T) {
			t.Parallel()
			engines(t, func(t *testing.T, url string) { checkOwnScopes(t, url, cleaned) })
		})
	}
}

// checkOwnScopes asks own routes, and middleware of the application's own, what callers
// see. cleaned says that the router goes by another path than the one that was sent.
func checkOwnScopes(t *testing.T, url string, cleaned bool) {
	t.Helper()
	const header, asked = "X-Test-User", "X-Test-Middleware"
	config := apptest.Config(t)
	config.DatabaseURL = url
	config.Authenticator = auth.AuthenticatorFunc(func(r *http.Request) (auth.Principal, error) {
		if id := r.Header.Get(header); id != "" {
			return authtest.User(id), nil
		}
		return auth.Principal{}, nil
	})
	app := apptest.New(t, config)
	t.Cleanup(func() { _ = app.DB().Close() })
	app.Add(api.Resource[apptest.Task]{Policy: api.OwnedBy("owner_id")})
	if cleaned {
		app.Router().Use(middleware.CleanPath)
	}
	app.Router().Use(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get(asked) != "" {
				countTasks(app)(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	})
	app.Router().MethodNotAllowed(countTasks(app))
	app.Router().Get("/plain", countTasks(app))
	app.Router().With(app.Authenticate).Get("/asked", countTasks(app))
	app.Router().Get("/{name}", countTasks(app))
	handler, err := app.Handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ann, bob := store.NewID(), store.NewID()
	for _, owner := range []store.ID{ann, ann, bob} {
		if err := store.For[apptest.Task](app.DB()).Insert(t.Context(), &apptest.Task{OwnerID: owner, Title: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	elsewhere := app.Authenticate(countTasks(app))
	for caller, want := range map[string]string{ann.String(): "2", bob.String(): "1", store.NewID().String(): "0", "": "0"} {
		ask := func(h http.Handler, method, path, middleware string) (status int, body string) {
			w := httptest.NewRecorder()
			r := httptest.NewRequestWithContext(t.Context(), method, "http://127.0.0.1"+path, http.NoBody)
			r.Header.Set(header, caller)
			r.Header.Set(asked, middleware)
			h.ServeHTTP(w, r)
			return w.Code, w.Body.String()
		}
		check := func(what string, status int, body string) {
			t.Helper()
			if status != http.StatusOK || body != want {
				t.Errorf("%s as %q: %d %s, want %s tasks", what, caller, status, body, want)
			}
		}
		for path, h := range map[string]http.Handler{"/plain": handler, "/asked": handler, "/rest%2Fv1%2Ftasks": handler, "/elsewhere": elsewhere} {
			status, body := ask(h, http.MethodGet, path, "")
			check(path, status, body)
		}
		reached := 0
		for _, path := range []string{
			"/rest/v1/../../plain", "/rest/v1/x/../../../plain", "/rest/v1/./../../plain", "/rest/v1//../../plain", "/auth/v1/../../plain",
			"/rest/v1/%2e%2e/%2e%2e/plain", "/rest/v1/%2E./.%2e/plain", "/rest/v1/..%2f..%2fplain", "/rest/v1/../%2e%2e/plain", "/rest/v1/../../%70lain",
			"//plain", "//rest/v1/../../plain", "/rest//v1/../../plain", "/rest/v1/..//../plain", "/./plain", "/rest/../plain", "/rest/v1/../v1/../../plain",
		} {
			status, body := ask(handler, http.MethodGet, path, "")
			if status == http.StatusOK {
				reached++
				check(path, status, body)
			}
			status, body = ask(handler, http.MethodGet, path, "yes")
			check("middleware at "+path, status, body)
		}
		if cleaned && reached < 10 {
			t.Errorf("as %q own routes were reached by %d paths", caller, reached)
		}
		for _, path := range []string{"/plain", "/rest/v1/tasks", "/rest/v1", "/auth/v1/user"} {
			status, body := ask(handler, http.MethodGet, path, "yes")
			check("middleware at "+path, status, body)
		}
		status, body := ask(handler, "UNHEARD", "/rest/v1/tasks", "")
		check("a method that the router does not know", status, body)
	}
}

// countTasks answers how many tasks the caller sees.
func countTasks(app *plinth.App) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		tasks := store.For[apptest.Task](app.DB()).As(store.ScopeFrom(r.Context()))
		n, err := tasks.Count(r.Context(), store.Cond{})
		if err != nil {
			api.WriteError(w, r, err)
			return
		}
		_, _ = io.WriteString(w, strconv.FormatInt(n, 10))
	}
}

// TestNoOwnRouteBelowASurface: the router would prefer a route of the application's own to
// the surface, which it then passed for: pages of other origins are let in, and bodies of
// any size.
func TestNoOwnRouteBelowASurface(t *testing.T) {
	t.Parallel()
	nothing := func(http.ResponseWriter, *http.Request) {}
	tests := []struct {
		register        func(chi.Router)
		withoutAccounts bool
		wrong           string // "" if nothing is
	}{
		{func(r chi.Router) { r.Get("/rest/v1/report", nothing) }, false, "/rest/v1/report"},
		{func(r chi.Router) { r.HandleFunc("/rest/v1", nothing) }, false, "/rest/v1"},
		{func(r chi.Router) { r.HandleFunc("/rest/v1/*", nothing) }, false, "/rest/v1/*"},
		{func(r chi.Router) { r.Post("/rest/v1/{table}/import", nothing) }, true, "/rest/v1/{table}/import"},
		{func(r chi.Router) { r.Mount("/rest/v1/files", http.HandlerFunc(nothing)) }, false, "/rest/v1/files"},
		{func(r chi.Router) {
			r.Route("/rest", func(r chi.Router) {
				r.Route("/v1", func(r chi.Router) { r.With(middleware.NoCache).Put("/x", nothing) })
			})
		}, false, "/rest/v1/x"},
		{func(r chi.Router) { r.Get("/auth/v1/whoami", nothing) }, false, "/auth/v1/whoami"},
		{func(r chi.Router) { r.Get("/auth/v1/whoami", nothing) }, true, ""},
		{func(r chi.Router) { r.Get("/rest/v1x", nothing) }, false, ""},
		{func(r chi.Router) { r.Get("/rest/v2/report", nothing) }, false, ""},
		{func(r chi.Router) { r.Get("/rest/{version}/report", nothing) }, false, ""},
		{func(r chi.Router) { r.HandleFunc("/*", nothing) }, false, ""},
	}
	for _, tt := range tests {
		config := apptest.Config(t)
		config.DisableAccounts = tt.withoutAccounts
		app := apptest.New(t, config)
		t.Cleanup(func() { _ = app.DB().Close() })
		tt.register(app.Router())
		_, err := app.Handler(t.Context())
		switch {
		case tt.wrong == "" && err != nil:
			t.Error(err)
		case tt.wrong != "" && (err == nil || !strings.Contains(err.Error(), "own route "+tt.wrong+" ") && !strings.Contains(err.Error(), "own route "+tt.wrong+"/* ")):
			t.Errorf("%s: %v", tt.wrong, err)
		}
	}
}
