package accounts_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
)

// diary is a row of somebody.
type diary struct {
	bun.BaseModel `bun:"table:diaries"`
	store.Model
	OwnerID store.ID `bun:",notnull,type:uuid"`
	Title   string   `bun:",notnull"`
}

// report is for who has a permission, and memo for everybody with an account or a
// session.
type report struct {
	bun.BaseModel `bun:"table:reports"`
	store.Model
	Title string `bun:",notnull"`
}

type memo struct {
	bun.BaseModel `bun:"table:memos"`
	store.Model
	Title string `bun:",notnull"`
}

// TestAPIKeyRules: under the rules of an API a key can do what its scopes allow and nothing
// else, whatever its owner may do.
func TestAPIKeyRules(t *testing.T) {
	secret := auth.NewSecretKey()
	engines(t, func(c *accounts.Config) { c.Keys.Secret = []string{secret} }, func(t *testing.T, w *world) {
		server, err := api.New(w.db, api.Config{Authenticator: w.a.Authenticator()})
		if err != nil {
			t.Fatal(err)
		}
		may := api.Permission("reports")
		member := api.AnyOf(api.SignedIn(), api.Session(), api.Role("authenticated"), api.Role("staff"))
		server.Add(
			api.Resource[diary]{Policy: api.OwnedBy("owner_id")},
			api.Resource[report]{Policy: api.Policy{Read: may, Create: may, ServiceBypass: true}},
			api.Resource[memo]{Policy: api.Policy{Read: member, Create: member}},
		)
		h, err := server.Handler()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := migrate.Auto(t.Context(), w.db); err != nil {
			t.Fatal(err)
		}
		ask := func(line, key, body string) int {
			method, target, _ := strings.Cut(line, " ")
			r := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
			r.Header.Set("Authorization", "Bearer "+key)
			r.Header.Set("Content-Type", "application/json")
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, r)
			if method == http.MethodGet && rec.Code == http.StatusOK && !strings.Contains(rec.Body.String(), "title") {
				return http.StatusNotFound // a list of nothing
			}
			return rec.Code
		}
		id, _ := w.signUp()
		w.grant(id, "staff", "reports")
		session := w.login().str("access_token")
		for _, line := range []string{"POST /diaries", "POST /reports", "POST /memos"} {
			if got := ask(line, session, `{"title":"x"}`); got != http.StatusCreated {
				t.Fatalf("%s by the session: %d", line, got)
			}
		}
		self, named := w.key(session, selfScope).str("key"), w.key(session, `"reports"`).str("key")
		app := w.must(200, w.do("POST /admin/api-keys", secret, `{"name":"app","scopes":["reports"]}`)).str("key")
		other := w.must(200, w.do("POST /admin/api-keys", secret, `{"name":"other","scopes":["else"]}`)).str("key")
		tests := []struct {
			name, key               string
			diaries, reports, memos bool
		}{
			{"self", self, true, false, true},
			{"a permission of the owner", named, false, true, false},
			{"of the application", app, false, true, false},
			{"for something else", other, false, false, false},
		}
		for _, tt := range tests {
			for path, open := range map[string]bool{"/diaries": tt.diaries, "/reports": tt.reports, "/memos": tt.memos} {
				if got := ask("GET "+path, tt.key, ""); (got == http.StatusOK) != open {
					t.Errorf("key %s: GET %s: %d", tt.name, path, got)
				}
				if got := ask("POST "+path, tt.key, `{"title":"y"}`); (got == http.StatusCreated) != open {
					t.Errorf("key %s: POST %s: %d", tt.name, path, got)
				}
			}
		}
		if got := ask("GET /diaries", self+"0", ""); got != http.StatusUnauthorized {
			t.Errorf("a wrong key: %d", got)
		}
	})
}
