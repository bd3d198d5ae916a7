package application_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
)

// unrouted returns an application with routes of its own, one of them mounted.
func unrouted(t *testing.T, more func(app *plinth.App)) func(method, path string) *httptest.ResponseRecorder {
	t.Helper()
	config := apptest.Config(t)
	config.DatabaseURL = ":memory:"
	app := apptest.New(t, config)
	t.Cleanup(func() { _ = app.DB().Close() })
	serve := func(http.ResponseWriter, *http.Request) {}
	app.Router().Get("/one", serve)
	app.Router().Put("/one", serve)
	app.Router().Route("/things", func(r chi.Router) {
		r.Get("/", serve)
		r.Delete("/{id}", serve)
	})
	if more != nil {
		more(app)
	}
	handler, err := app.Handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return func(method, path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, "http://localhost"+path, http.NoBody))
		return w
	}
}

// What no route takes is refused as everything else is, also below a mounted router, with
// the methods that there are.
func TestUnrouted(t *testing.T) {
	t.Parallel()
	ask := unrouted(t, nil)
	for _, tt := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{"GET", "/one", 200, ""},
		{"GET", "/two", 404, ""},
		{"GET", "/things/a/b", 404, ""},
		{"POST", "/one", 405, "GET, HEAD, PUT"},
		{"POST", "/things", 405, "GET, HEAD"},
		{"POST", "/things/", 405, "GET, HEAD"},
		{"GET", "/things/a", 405, "DELETE"},
		{"HEAD", "/things", 200, ""},
	} {
		w := ask(tt.method, tt.path)
		if w.Code != tt.status || w.Header().Get("Allow") != tt.allow {
			t.Errorf("%s %s: %d, Allow %q, want %d, %q", tt.method, tt.path, w.Code, w.Header().Get("Allow"), tt.status, tt.allow)
		}
		if code := map[int]string{404: `"code":"PGRST125"`, 405: `"code":"PGRST117"`}[tt.status]; !strings.Contains(w.Body.String(), code) {
			t.Errorf("%s %s: %s", tt.method, tt.path, w.Body)
		}
	}
}

// An application's own answers stand, also below routers that were mounted before.
func TestUnroutedOfOnesOwn(t *testing.T) {
	t.Parallel()
	ask := unrouted(t, func(app *plinth.App) {
		app.Router().NotFound(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, "a page")
		})
		app.Router().MethodNotAllowed(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusMethodNotAllowed)
			_, _ = io.WriteString(w, "another page")
		})
	})
	for line, want := range map[string]string{
		"GET /two": "a page", "GET /things/a/b": "a page", "POST /one": "another page", "GET /things/a": "another page",
	} {
		method, path, _ := strings.Cut(line, " ")
		if w := ask(method, path); w.Body.String() != want {
			t.Errorf("%s: %d %s", line, w.Code, w.Body)
		}
	}
}

// Why a credential does not hold is told for the application's own routes as for the REST
// API: by the log at level debug, and by the answer in development.
func TestRefusedCredentialOfOwnRoute(t *testing.T) {
	t.Parallel()
	config := apptest.Config(t)
	config.DatabaseURL = ":memory:"
	var log bytes.Buffer
	config.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	app := apptest.New(t, config)
	t.Cleanup(func() { _ = app.DB().Close() })
	app.Router().With(app.Authenticate).Get("/mine", func(http.ResponseWriter, *http.Request) {})
	handler, err := app.Handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/mine", http.NoBody)
	r.Header.Set("Authorization", "Bearer no.such.token")
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	if w.Code != http.StatusUnauthorized || !strings.Contains(w.Body.String(), `"hint":"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if !strings.Contains(log.String(), "credential refused") || strings.Contains(log.String(), "no.such.token") {
		t.Errorf("the log:\n%s", &log)
	}
}
