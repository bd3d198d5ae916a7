package plinth_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/authtest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// The application's own routes have the scope of their caller, with App.Authenticate
// and without. A handler that asks for it would be trusted if there were none.
func TestOwnRoutesHaveTheCallersScope(t *testing.T) {
	t.Parallel()
	for engine, url := range map[string]func(*testing.T) string{
		"sqlite":   func(t *testing.T) string { return t.TempDir() + "/app.db" },
		"postgres": func(t *testing.T) string { return pgtest.URL(t) },
	} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			checkOwnScopes(t, url(t))
		})
	}
}

func checkOwnScopes(t *testing.T, url string) {
	t.Helper()
	const header = "X-Test-User"
	config := testConfig(t)
	config.DatabaseURL = url
	config.Authenticator = auth.AuthenticatorFunc(func(r *http.Request) (auth.Principal, error) {
		if id := r.Header.Get(header); id != "" {
			return authtest.User(id), nil
		}
		return auth.Principal{}, nil
	})
	app := newApp(t, config)
	t.Cleanup(func() { _ = app.DB().Close() })
	app.Add(api.Resource[task]{Policy: api.OwnedBy("owner_id")})
	app.Router().Get("/plain", countTasks(app))
	app.Router().With(app.Authenticate).Get("/asked", countTasks(app))
	app.Router().Get("/{name}", countTasks(app))
	handler, err := app.Handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ann, bob := store.NewID(), store.NewID()
	for _, owner := range []store.ID{ann, ann, bob} {
		if err := store.For[task](app.DB()).Insert(t.Context(), &task{OwnerID: owner, Title: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	elsewhere := app.Authenticate(countTasks(app))
	for caller, want := range map[string]string{ann.String(): "2", bob.String(): "1", store.NewID().String(): "0", "": "0"} {
		for path, h := range map[string]http.Handler{"/plain": handler, "/asked": handler, "/rest%2Fv1%2Ftasks": handler, "/elsewhere": elsewhere} {
			w := httptest.NewRecorder()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1"+path, http.NoBody)
			if caller != "" {
				r.Header.Set(header, caller)
			}
			h.ServeHTTP(w, r)
			if w.Code != http.StatusOK || w.Body.String() != want {
				t.Errorf("%s as %q: %d %s, want %s tasks", path, caller, w.Code, w.Body, want)
			}
		}
	}
}

// countTasks answers how many tasks the caller sees.
func countTasks(app *plinth.App) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		tasks := store.For[task](app.DB()).As(store.ScopeFrom(r.Context()))
		n, err := tasks.Count(r.Context(), store.Cond{})
		if err != nil {
			api.WriteError(w, r, err)
			return
		}
		_, _ = io.WriteString(w, strconv.FormatInt(n, 10))
	}
}
