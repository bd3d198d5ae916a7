package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/store"
)

// TestOwnedNotes goes through the life of a row that belongs to its maker.
func TestOwnedNotes(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		h := serve(t, db, api.Config{}, api.Resource[note]{Policy: api.OwnedBy("owner_id")})

		res := must(t, h, http.StatusCreated, request{
			caller: "ann", line: "POST /notes?select=id,title,owner_id", body: `{"title":"first","key":"k1"}`,
			header: []string{"Prefer: return=representation"},
		})
		made := decode[[]map[string]any](t, res.body)
		if len(made) != 1 || made[0]["title"] != "first" || made[0]["owner_id"] != ann.String() {
			t.Fatalf("made %s", res.body)
		}
		path := "/notes/" + fmt.Sprint(made[0]["id"])

		if got := must(t, h, http.StatusOK, request{caller: "ann", line: "GET /notes?select=title"}); got.body != `[{"title":"first"}]` {
			t.Errorf("ann sees %s", got.body)
		}
		if got := must(t, h, http.StatusOK, request{caller: "bob", line: "GET /notes"}); got.body != `[]` {
			t.Errorf("bob sees %s", got.body)
		}
		must(t, h, http.StatusNotFound, request{caller: "bob", line: "GET " + path})
		must(t, h, http.StatusUnauthorized, request{line: "POST /notes", body: `{"title":"x","key":""}`})
		must(t, h, http.StatusForbidden, request{caller: "bob", line: "POST /notes", body: `{"title":"x","key":"","owner_id":"` + ann.String() + `"}`})

		one := must(t, h, http.StatusOK, request{caller: "ann", line: "GET " + path + "?select=title,version"})
		if one.body != `{"title":"first","version":1}` || !strings.HasPrefix(one.header.Get("ETag"), `"1.`) {
			t.Errorf("one row: %s %v", one.body, one.header)
		}
		must(t, h, http.StatusNoContent, request{
			caller: "ann", line: "PATCH " + path, body: `{"title":"second"}`, header: []string{"If-Match: " + one.header.Get("ETag")},
		})
		must(t, h, http.StatusPreconditionFailed, request{
			caller: "ann", line: "PATCH " + path, body: `{"title":"third"}`, header: []string{"If-Match: " + one.header.Get("ETag")},
		})
		must(t, h, http.StatusNotFound, request{caller: "bob", line: "DELETE " + path})
		must(t, h, http.StatusNoContent, request{caller: "ann", line: "DELETE /notes?title=eq.second"})
		must(t, h, http.StatusNotFound, request{caller: "ann", line: "GET " + path})
	})
}

// sharedPage belongs to a user of whatever issuer.
type sharedPage struct {
	bun.BaseModel `bun:"table:shared_pages"`
	store.Model
	OwnerID string `bun:",notnull"`
}

// TestOwnersOfOthers: users of another issuer with ids that are no UUIDs own rows with a
// text column, and none with another. A secret key owns none.
func TestOwnersOfOthers(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		who := auth.AuthenticatorFunc(func(r *http.Request) (auth.Principal, error) {
			if r.Header.Get("X-Caller") == "service" {
				return auth.Principal{Kind: auth.Service, ID: "key-1"}, nil
			}
			return auth.Principal{Kind: auth.User, ID: r.Header.Get("X-Caller")}, nil
		})
		h := serve(t, db, api.Config{Authenticator: who}, api.Resource[note]{Policy: api.OwnedBy("owner_id")}, api.Resource[sharedPage]{Policy: api.OwnedBy("owner_id")})
		for _, caller := range []string{"partner:bob", bob.String()} {
			must(t, h, http.StatusCreated, request{caller: caller, line: "POST /shared_pages", body: `{}`})
			want := `[{"owner_id":"` + caller + `"}]`
			if got := must(t, h, http.StatusOK, request{caller: caller, line: "GET /shared_pages?select=owner_id"}); got.body != want {
				t.Errorf("%s reads %s, want %s", caller, got.body, want)
			}
		}
		const body = `{"title":"x","key":"k"}`
		must(t, h, http.StatusCreated, request{caller: bob.String(), line: "POST /notes", body: body})
		for _, caller := range []string{"partner:bob", "service"} {
			must(t, h, http.StatusForbidden, request{caller: caller, line: "POST /notes", body: body})
			if got := must(t, h, http.StatusOK, request{caller: caller, line: "GET /notes"}); got.body != "[]" {
				t.Errorf("%s reads %s", caller, got.body)
			}
		}
	})
}
