package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/api"
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
