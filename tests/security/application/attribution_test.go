package application_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/authtest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
	"github.com/seed-7694ebf6/plinth/store"
)

// TestActorOfTrustedWrites writes in functions, hooks and own routes without As: the
// change log names the caller of the request, or whom the code names.
func TestActorOfTrustedWrites(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, url string) {
		config := apptest.Config(t)
		config.DatabaseURL = url
		ann := store.NewID()
		config.Authenticator = auth.AuthenticatorFunc(func(*http.Request) (auth.Principal, error) {
			return authtest.User(ann.String()), nil
		})
		app := apptest.New(t, config)
		t.Cleanup(func() { _ = app.DB().Close() })
		type title struct {
			Title string `json:"title"`
		}
		add := func(ctx context.Context, s store.Session, text string) (struct{}, error) {
			return struct{}{}, store.For[apptest.Task](s).Insert(ctx, &apptest.Task{OwnerID: ann, Title: text})
		}
		app.Add(
			api.Resource[apptest.Task]{Policy: api.OwnedBy("owner_id")},
			api.TxFunc("tx", api.SignedIn(), func(ctx context.Context, tx *store.Tx, in title) (struct{}, error) { return add(ctx, tx, in.Title) }),
			api.Func("plain", api.SignedIn(), func(ctx context.Context, in title) (struct{}, error) { return add(ctx, app.DB(), in.Title) }),
		)
		store.Before(app.DB(), func(ctx context.Context, w *store.Write[apptest.Task]) error {
			if w.New == nil || w.New.Title != "twice" {
				return nil
			}
			_, err := add(store.WithActor(ctx, "the hook"), w.Tx, "by the hook")
			return err
		})
		app.Router().Post("/own", func(w http.ResponseWriter, r *http.Request) {
			if _, err := add(r.Context(), app.DB(), "own"); err != nil {
				api.WriteError(w, r, err)
			}
		})
		handler, err := app.Handler(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, call := range []struct{ path, body string }{
			{"/rest/v1/rpc/tx", `{"title":"tx"}`},
			{"/rest/v1/rpc/plain", `{"title":"plain"}`},
			{"/rest/v1/rpc/tx", `{"title":"twice"}`},
			{"/own", ``},
		} {
			w := httptest.NewRecorder()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1"+call.path, strings.NewReader(call.body))
			r.Header.Set("Content-Type", "application/json")
			if handler.ServeHTTP(w, r); w.Code >= 300 {
				t.Fatalf("%s %s: %d %s", call.path, call.body, w.Code, w.Body)
			}
		}
		var got []string
		err = app.DB().Bun().NewRaw("select actor from plinth_changes where tbl = 'tasks' order by seq").Scan(t.Context(), &got)
		if want := []string{ann.String(), ann.String(), "the hook", ann.String(), ann.String()}; err != nil || !slices.Equal(got, want) {
			t.Errorf("actors %q, %v, want %q", got, err, want)
		}
	})
}
