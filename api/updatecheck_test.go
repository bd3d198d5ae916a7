package api_test

import (
	"testing"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
)

// TestUpdateToClosed: an UpdateCheck rule that is closed for a caller leaves no row that an update may make. It does not
// fall back to Update, as a policy without UpdateCheck does.
func TestUpdateToClosed(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		h := serve(t, db, api.Config{}, api.Resource[label]{Policy: api.Policy{
			Read: api.Anyone(), Create: api.SignedIn(), Update: api.SignedIn(), UpdateCheck: api.Role("editor"),
		}})
		must(t, h, 201, request{caller: "ann", line: "POST /labels", body: `{"id":"a","text":"first"}`})
		for _, q := range []request{
			{line: "PATCH /labels/a", body: `{"text":"bob's"}`},
			{line: "PATCH /labels?id=eq.a", body: `{"text":"bob's"}`},
			{line: "PUT /labels/a", body: `{"text":"bob's"}`},
			{line: "POST /labels", header: []string{"Prefer: resolution=merge-duplicates"}, body: `{"id":"a","text":"bob's"}`},
		} {
			q.caller = "bob"
			must(t, h, 403, q)
			if got := must(t, h, 200, request{line: "GET /labels?select=text"}).body; got != `[{"text":"first"}]` {
				t.Errorf("%s: %s", q.line, got)
			}
			q.caller = "ann" // an editor
			if got := do(t, h, q); got.status >= 300 {
				t.Errorf("%s of an editor: %d %s", q.line, got.status, got.body)
			}
			must(t, h, 204, request{caller: "ann", line: "PATCH /labels/a", body: `{"text":"first"}`})
		}
	})
}
