package api_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/access"
)

// TestIdempotencyKey is the table of keys, valid and invalid, and of requests that take
// one.
func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	key := func(k string) []string { return []string{"Idempotency-Key: " + k} }
	represented := func(k string) []string { return append(key(k), "Prefer: return=representation") }
	steps := []step{
		{name: "insert", line: "POST /labels", header: represented("k1"), body: `{"id":"n","text":"New"}`, status: 201, want: `[{"id":"n","text":"New"}]`, has: []string{"Idempotent-Replayed: "}},
		{name: "again", line: "POST /labels", header: represented("k1"), body: `{"id":"n","text":"New"}`, status: 201, want: `[{"id":"n","text":"New"}]`, has: []string{"Idempotent-Replayed: true", "Content-Range: */*", "Preference-Applied: return=representation"}},
		{name: "again in quotes", line: "POST /labels", header: represented(`"k1"`), body: `{"id":"n","text":"New"}`, status: 201, has: []string{"Idempotent-Replayed: true"}, want: `[{"id":"n","text":"New"}]`},
		{name: "another body", line: "POST /labels", header: represented("k1"), body: `{"id":"o","text":"New"}`, status: 422, want: `{"code":"PL422","message":"the Idempotency-Key was given to another request","details":null,"hint":"Use a new key for a new request."}`},
		{name: "another preference", line: "POST /labels", header: key("k1"), body: `{"id":"n","text":"New"}`, status: 422},
		{name: "another path", line: "POST /teams", header: key("k1"), body: `{"name":"Green"}`, status: 201},
		{name: "headers only", line: "POST /labels", header: append(key("k2"), "Prefer: return=headers-only"), body: `{"id":"h","text":"H"}`, status: 201, has: []string{"Location: /labels?id=eq.h"}},
		{name: "headers again", line: "POST /labels", header: append(key("k2"), "Prefer: return=headers-only"), body: `{"id":"h","text":"H"}`, status: 201, has: []string{"Location: /labels?id=eq.h", "Idempotent-Replayed: true"}},
		{name: "an error", line: "POST /labels", header: key("k3"), body: `{"id":"n","text":"New"}`, status: 409},
		{name: "is not kept", line: "POST /labels", header: key("k3"), body: `{"id":"m","text":"New"}`, status: 201},
		{name: "update", line: "PATCH /labels?id=eq.n", header: key("k4"), body: `{"text":"Newer"}`, status: 204},
		{name: "update again", line: "PATCH /labels?id=eq.n", header: key("k4"), body: `{"text":"Newer"}`, status: 204, has: []string{"Idempotent-Replayed: true"}},
		{name: "delete", line: "DELETE /labels/n", header: key("k5"), status: 204},
		{name: "delete again", line: "DELETE /labels/n", header: key("k5"), status: 204, has: []string{"Idempotent-Replayed: true"}},
		{name: "a read", line: "GET /labels/old?select=id", header: key("k6"), status: 200, want: `{"id":"old"}`},
		{name: "function", line: "POST /rpc/rename", header: key("k7"), body: `{"from":"Hot","to":"Warm"}`, status: 200, want: `[{"id":"hot","text":"Warm"}]`},
		{name: "function again", line: "POST /rpc/rename", header: key("k7"), body: `{"from":"Hot","to":"Warm"}`, status: 200, want: `[{"id":"hot","text":"Warm"}]`, has: []string{"Idempotent-Replayed: true", "Content-Range: 0-0/*"}},
		{name: "function that fails", line: "POST /rpc/rename", header: key("k8"), body: `{"from":"Warm","to":"fail"}`, status: 400},
		{name: "function without a transaction", line: "POST /rpc/greet", header: key("k9"), body: `{"name":"x","age":1}`, status: 400},
		{name: "function of others", caller: "guest", line: "POST /rpc/rename", header: key("k7"), body: `{"from":"Hot","to":"Warm"}`, status: 403},
		{name: "nobody", caller: "-", line: "POST /labels", header: key("k1"), body: `{"id":"n","text":"New"}`, status: 400, want: `{"code":"PL005","message":"Idempotency-Key needs an authenticated caller","details":"Unauthenticated callers have no identity, and one must not get the answer of another.","hint":null}`},
		{name: "empty", line: "POST /labels", header: key(`""`), body: `{}`, status: 400},
		{name: "open quote", line: "POST /labels", header: key(`"a`), body: `{}`, status: 400},
		{name: "parameters", line: "POST /labels", header: key(`"a";b=1`), body: `{}`, status: 400},
		{name: "two", line: "POST /labels", header: key(`a, b`), body: `{}`, status: 400},
		{name: "two lines", line: "POST /labels", header: append(key("a"), key("b")...), body: `{}`, status: 400},
		{name: "not ASCII", line: "POST /labels", header: key("\u00e9"), body: `{}`, status: 400},
		{name: "the longest", line: "POST /labels", header: key(strings.Repeat("k", 255)), body: `{"id":"x","text":"X"}`, status: 201},
		{name: "longer", line: "POST /labels", header: key(strings.Repeat("k", 256)), body: `{"id":"y","text":"Y"}`, status: 400},
		{name: "what is there", line: "GET /labels?select=id,text&order=id", status: 200, want: `[{"id":"h","text":"H"},{"id":"hot","text":"Warm"},{"id":"m","text":"New"},{"id":"old","text":"Old"},{"id":"x","text":"X"}]`},
	}
	engines(t, func(t *testing.T, db *store.DB) {
		h := fixtureServer(t, db, api.Config{}, functions(db)...)
		for _, s := range steps {
			s.run(t, h)
		}
	})
}

// TestIdempotencyKeyOfCallers: keys of different callers are independent.
func TestIdempotencyKeyOfCallers(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		runs := 0
		count := api.TxFunc("count", api.SignedIn(), func(context.Context, *store.Tx, none) (int, error) {
			runs++
			return runs, nil
		})
		h := serve(t, db, api.Config{}, count)
		for _, call := range []struct{ caller, want string }{{"ann", "1"}, {"bob", "2"}, {"ann", "1"}, {"bob", "2"}} {
			got := must(t, h, http.StatusOK, request{caller: call.caller, line: "POST /rpc/count", header: []string{"Idempotency-Key: k"}})
			if got.body != call.want {
				t.Errorf("%s gets the answer of run %s, want %s", call.caller, got.body, call.want)
			}
		}
	})
}

// TestIdempotencyKeyExpires: an answer is replayed for its time and not longer.
func TestIdempotencyKeyExpires(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		runs := 0
		count := api.TxFunc("count", api.SignedIn(), func(context.Context, *store.Tx, none) (int, error) {
			runs++
			return runs, nil
		})
		h := serve(t, db, api.Config{KeepAnswers: time.Nanosecond}, count)
		call := request{caller: "ann", line: "POST /rpc/count", header: []string{"Idempotency-Key: k"}}
		for _, want := range []string{"1", "2"} {
			if got := must(t, h, http.StatusOK, call).body; got != want {
				t.Errorf("%s runs, want %s", got, want)
			}
		}
		if n, err := access.TrimReceipts(t.Context(), db); n != 1 || err != nil {
			t.Errorf("trimmed %d, %v", n, err)
		}
		kept := serve(t, db, api.Config{}, count)
		for range 2 {
			if got := must(t, kept, http.StatusOK, call).body; got != "3" {
				t.Errorf("%s runs, want 3", got)
			}
		}
		if n, err := access.TrimReceipts(t.Context(), db); n != 0 || err != nil {
			t.Errorf("trimmed %d that count, %v", n, err)
		}
	})
}

// TestIdempotencyKeyOfLargeAnswers: an answer is recorded up to the limit of a body. A
// request with a larger one does nothing.
func TestIdempotencyKeyOfLargeAnswers(t *testing.T) {
	t.Parallel()
	header := []string{"Idempotency-Key: k", "Prefer: return=representation"}
	const tooLarge = `{"code":"PL001","message":"answer to an Idempotency-Key: at most 120 bytes","details":null,"hint":null}`
	all := `{"id":"a","method":"GET","path":"/labels"},{"id":"b","method":"GET","path":"/labels"}`
	engines(t, func(t *testing.T, db *store.DB) {
		h := fixtureServer(t, db, api.Config{Limits: api.Limits{Body: 120}})
		for _, s := range []step{
			{name: "rows", line: "PATCH /labels?id=not.is.null&select=id,text,again:text,more:text,most:text", header: header, body: `{"text":"Warm and long"}`, status: 400, want: tooLarge},
			{name: "a batch", line: "POST /-/batch", header: header[:1], body: "[" + all + "]", status: 400, want: tooLarge},
			{name: "nothing is done", line: "GET /labels?text=like.Warm*", status: 200, want: "[]"},
			{name: "without the rows", line: "PATCH /labels?id=not.is.null", header: header[:1], body: `{"text":"Warm and long"}`, status: 204},
			{name: "without a key", line: "POST /-/batch", body: "[" + all + "]", status: 200},
		} {
			s.run(t, h)
		}
	})
}

// TestIdempotencyKeyFingerprint: a key stands for one request of one session. Another header that decides what is
// done or answered, another session, assurance level, role or permission is refused, and nothing is done.
func TestIdempotencyKeyFingerprint(t *testing.T) {
	t.Parallel()
	base := auth.Principal{Kind: auth.User, ID: ann.String(), Tenant: "acme", Roles: []string{"editor", "author"}, Permissions: []string{"p", "q"}, Session: "s1", AAL: 1}
	type change struct {
		name   string
		who    func(*auth.Principal)
		header string
		status int
	}
	nobody := func(*auth.Principal) {}
	changes := []change{
		{"the same", nobody, "", 201},
		{"roles in another order", func(p *auth.Principal) { p.Roles = []string{"author", "editor"} }, "", 201},
		{"a refreshed token", func(p *auth.Principal) { p.Expires = time.Now().Add(time.Hour) }, "", 201},
		{"another session", func(p *auth.Principal) { p.Session = "s2" }, "", 422},
		{"another level", func(p *auth.Principal) { p.AAL = 2 }, "", 422},
		{"a role less", func(p *auth.Principal) { p.Roles = p.Roles[:1] }, "", 422},
		{"a permission less", func(p *auth.Principal) { p.Permissions = nil }, "", 422},
		{"Accept", nobody, "Accept: application/vnd.pgrst.object+json", 422},
		{"Content-Type", nobody, "Content-Type: application/json; charset=utf-8", 422},
		{"If-Match", nobody, "If-Match: *", 422},
		{"If-None-Match", nobody, "If-None-Match: *", 422},
		{"Prefer", nobody, "Prefer: return=minimal", 422},
		{"Content-Profile", nobody, "Content-Profile: public", 422},
	}
	engines(t, func(t *testing.T, db *store.DB) {
		var now auth.Principal
		who := auth.AuthenticatorFunc(func(*http.Request) (auth.Principal, error) { return now, nil })
		h := fixtureServer(t, db, api.Config{Authenticator: who})
		for i, c := range changes {
			id := fmt.Sprint("id", i)
			q := request{line: "POST /labels", body: `{"id":"` + id + `","text":"` + id + `"}`, header: []string{"Idempotency-Key: " + id, "Prefer: return=representation"}}
			switch c.name {
			case "If-Match", "If-None-Match":
				q.line = "PUT /labels/" + id
			}
			now = base
			must(t, h, 201, q)
			c.who(&now)
			if c.header != "" {
				q.header = append(q.header, c.header)
			}
			if got := do(t, h, q); got.status != c.status || (got.status == 201) != (got.header.Get("Idempotent-Replayed") == "true") {
				t.Errorf("%s: %d %s", c.name, got.status, got.body)
			}
			now = base
			if got := must(t, h, 200, request{line: "GET /labels?select=id&id=eq." + id}); got.body != `[{"id":"`+id+`"}]` {
				t.Errorf("%s: rows %s", c.name, got.body)
			}
		}
	})
}
