package application_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/authtest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
	"github.com/seed-7694ebf6/plinth/store"
)

// Deed has a history.
type Deed struct {
	bun.BaseModel `bun:"table:deeds"`
	store.Model
	store.History
	OwnerID string `bun:",notnull"`
	Title   string `bun:",notnull"`
}

// TestHistoryOrigins: the history of a row has the id and the IP address of the request that
// changed it, by the REST API and by trusted code, for callers whom the gates admit.
func TestHistoryOrigins(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, url string) {
		config := apptest.Config(t)
		config.DatabaseURL = url
		config.History.Actors, config.History.Origins = api.SignedIn(), api.Role("auditor")
		config.Authenticator = auth.AuthenticatorFunc(func(r *http.Request) (auth.Principal, error) {
			p := authtest.User("ann")
			if role := r.Header.Get("X-Role"); role != "" {
				p.Roles = []string{role}
			}
			return p, nil
		})
		app := apptest.New(t, config)
		t.Cleanup(func() { _ = app.DB().Close() })
		type change struct {
			ID    store.ID `json:"id"`
			Title string   `json:"title"`
		}
		app.Add(
			api.Resource[Deed]{Policy: api.OwnedBy("owner_id")},
			api.TxFunc("rename", api.SignedIn(), func(ctx context.Context, tx *store.Tx, in change) (struct{}, error) {
				_, err := store.For[Deed](tx).Patch(ctx, in.ID, store.SetTo("title", in.Title))
				return struct{}{}, err
			}),
		)
		handler, err := app.Handler(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		do := func(method, path, body string, header ...string) (answer, id string) {
			t.Helper()
			w := apptest.Do(t, handler, method, path, body, append(header, "Prefer", "return=representation")...)
			if w.Code >= 300 {
				t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
			}
			return w.Body.String(), w.Header().Get("X-Request-Id")
		}
		var made []Deed
		text, first := do(http.MethodPost, "/rest/v1/deeds", `{"title":"a"}`)
		if err := json.Unmarshal([]byte(text), &made); err != nil || len(made) != 1 {
			t.Fatal(made, err)
		}
		id := made[0].ID.String()
		_, second := do(http.MethodPost, "/rest/v1/rpc/rename", `{"id":"`+id+`","title":"b"}`)
		if first == "" || first == second {
			t.Errorf("request ids %q and %q", first, second)
		}
		path := "/rest/v1/-/history/deeds/" + id
		type row struct {
			Op, Actor, Address string
			RequestID          string `json:"request_id"`
		}
		for role, want := range map[string][]row{
			"":        {{"update", "ann", "", ""}, {"insert", "ann", "", ""}},
			"auditor": {{"update", "ann", "192.0.2.1", second}, {"insert", "ann", "192.0.2.1", first}},
		} {
			var page struct{ Changes []row }
			text, _ := do(http.MethodGet, path, "", "X-Role", role)
			if err := json.Unmarshal([]byte(text), &page); err != nil || len(page.Changes) != 2 || page.Changes[0] != want[0] || page.Changes[1] != want[1] {
				t.Errorf("role %q: %s, %v", role, text, err)
			}
		}
	})
}
