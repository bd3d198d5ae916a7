package application_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/authtest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
	"github.com/seed-7694ebf6/plinth/store"
)

// TestShareLinks: the claims of a proof open rows to anonymous and signed-in callers, and
// those of an authenticator that knows no caller are kept.
func TestShareLinks(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, url string) {
		config := apptest.Config(t)
		config.DatabaseURL = url
		ann, bob := store.NewID(), store.NewID()
		config.Authenticator = auth.AuthenticatorFunc(func(r *http.Request) (auth.Principal, error) {
			if id := r.Header.Get("X-User"); id != "" {
				return authtest.User(id), nil
			}
			if id := r.Header.Get("X-Gateway-Share"); id != "" {
				return auth.Principal{Claims: map[string]any{"share": id}}, nil
			}
			return auth.Principal{}, nil
		})
		config.Proofs = []auth.Proof{func(r *http.Request) (map[string]any, error) {
			switch share := r.Header.Get("X-Share"); share {
			case "":
				return nil, nil
			case "forged":
				return nil, auth.ErrInvalid
			default:
				return map[string]any{"share": share}, nil
			}
		}}
		app := apptest.New(t, config)
		t.Cleanup(func() { _ = app.DB().Close() })
		policy := api.Policy{Read: api.AnyOf(api.Owner("owner_id"), api.Where(store.Eq("title", store.Var("principal.claims.share"))))}
		app.Add(api.Resource[apptest.Task]{Policy: policy})
		handler, err := app.Handler(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for owner, title := range map[store.ID]string{ann: "hers", bob: "shared"} {
			if err := store.For[apptest.Task](app.DB()).Insert(t.Context(), &apptest.Task{OwnerID: owner, Title: title}); err != nil {
				t.Fatal(err)
			}
		}
		for _, tt := range []struct {
			headers []string
			want    string
		}{
			{nil, `[]`},
			{[]string{"X-Share", "shared"}, `[{"title":"shared"}]`},
			{[]string{"X-Gateway-Share", "shared"}, `[{"title":"shared"}]`},
			{[]string{"X-User", ann.String()}, `[{"title":"hers"}]`},
			{[]string{"X-User", ann.String(), "X-Share", "shared"}, `[{"title":"hers"},{"title":"shared"}]`},
			{[]string{"X-User", ann.String(), "X-Share", "forged"}, ``},
		} {
			w := httptest.NewRecorder()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1/rest/v1/tasks?select=title&order=title", http.NoBody)
			for i := 0; i < len(tt.headers); i += 2 {
				r.Header.Set(tt.headers[i], tt.headers[i+1])
			}
			handler.ServeHTTP(w, r)
			if tt.want == "" && w.Code != http.StatusUnauthorized || tt.want != "" && w.Body.String() != tt.want {
				t.Errorf("%q: %d %s, want %s", tt.headers, w.Code, w.Body, tt.want)
			}
		}
	})
}

// TestProofsOfRepeatedRequests: a function reads the claim of a proof in Go. Under another
// claim the caller does not get the kept answer.
func TestProofsOfRepeatedRequests(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, url string) {
		config := apptest.Config(t)
		config.DatabaseURL = url
		ann := authtest.User(store.NewID().String())
		config.Authenticator = auth.AuthenticatorFunc(func(*http.Request) (auth.Principal, error) { return ann, nil })
		config.Proofs = []auth.Proof{func(r *http.Request) (map[string]any, error) {
			return map[string]any{"share": r.Header.Get("X-Share")}, nil
		}}
		app := apptest.New(t, config)
		t.Cleanup(func() { _ = app.DB().Close() })
		app.Add(api.TxFunc("shared", api.SignedIn(), func(ctx context.Context, _ *store.Tx, _ struct{}) (string, error) {
			share, _ := auth.FromContext(ctx).Claims["share"].(string)
			return share, nil
		}))
		handler, err := app.Handler(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			share string
			code  int
			body  string
		}{
			{"red", 200, `"red"`}, {"red", 200, `"red"`}, {"blue", 422, ""}, {"", 422, ""},
		} {
			w := httptest.NewRecorder()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1/rest/v1/rpc/shared", strings.NewReader(`{}`))
			for name, value := range map[string]string{"Content-Type": "application/json", "Idempotency-Key": "k1", "X-Share": tt.share} {
				r.Header.Set(name, value)
			}
			handler.ServeHTTP(w, r)
			if w.Code != tt.code || tt.body != "" && w.Body.String() != tt.body {
				t.Errorf("%q: %d %s, want %d %s", tt.share, w.Code, w.Body, tt.code, tt.body)
			}
		}
	})
}

// TestOneAuthentication: a request is authenticated once, whatever it is for.
func TestOneAuthentication(t *testing.T) {
	t.Parallel()
	config := apptest.Config(t)
	var asked atomic.Int64
	config.Authenticator = auth.AuthenticatorFunc(func(r *http.Request) (auth.Principal, error) {
		asked.Add(1)
		switch id := r.Header.Get("X-User"); id {
		case "", "nobody":
			return auth.Principal{}, nil
		case "forged":
			return auth.Principal{}, auth.ErrInvalid
		default:
			return authtest.User(id), nil
		}
	})
	app := apptest.New(t, config)
	t.Cleanup(func() { _ = app.DB().Close() })
	app.Add(api.Resource[apptest.Task]{Policy: api.OwnedBy("owner_id")})
	app.Router().Get("/own", countTasks(app))
	app.Router().With(app.Authenticate).Get("/asked", countTasks(app))
	handler, err := app.Handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		path, user string
		status     int
	}{
		{"/rest/v1/tasks", store.NewID().String(), 200},
		{"/rest/v1/tasks", "forged", 401},
		{"/own", store.NewID().String(), 200},
		{"/own", "forged", 200},
		{"/asked", store.NewID().String(), 200},
		{"/asked", "forged", 401},
		{"/auth/v1/user", "nobody", 401},
	} {
		asked.Store(0)
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1"+tt.path, http.NoBody)
		r.Header.Set("X-User", tt.user)
		handler.ServeHTTP(w, r)
		if n := asked.Load(); n != 1 || w.Code != tt.status {
			t.Errorf("%s as %q: %d, asked %d times", tt.path, tt.user, w.Code, n)
		}
	}
}

// TestDevelopmentLogsRejectedHeaders: a page that sends a header of the application's own
// fails in the browser without a reason, so the log names the header.
func TestDevelopmentLogsRejectedHeaders(t *testing.T) {
	t.Parallel()
	config := apptest.Config(t)
	var log bytes.Buffer
	config.Logger = slog.New(slog.NewTextHandler(io.MultiWriter(&log), nil))
	app := apptest.New(t, config)
	t.Cleanup(func() { _ = app.DB().Close() })
	handler, err := app.Handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	preflight := func(origin, headers string) string {
		log.Reset()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodOptions, "http://127.0.0.1/own", http.NoBody)
		r.Header.Set("Origin", origin)
		r.Header.Set("Access-Control-Request-Method", "GET")
		r.Header.Set("Access-Control-Request-Headers", headers)
		handler.ServeHTTP(httptest.NewRecorder(), r)
		return log.String()
	}
	const page = "http://localhost:5173"
	if got := preflight(page, "apikey,x-own"); !strings.Contains(got, "header=x-own") || !strings.Contains(got, "RequestHeaders") {
		t.Errorf("the log says %q", got)
	}
	for _, got := range []string{preflight(page, "apikey"), preflight("https://evil.example", "x-own")} {
		if strings.Contains(got, "cors:") {
			t.Errorf("the log says %q", got)
		}
	}
}
