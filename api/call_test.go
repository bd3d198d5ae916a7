package api_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
)

// everyKind has an argument of each form.
type everyKind struct {
	Text   string            `json:"text"`
	N      *int64            `json:"n"`
	F      float64           `json:"f"`
	Yes    bool              `json:"yes"`
	Words  []string          `json:"words"`
	Counts []*int            `json:"counts"`
	ID     store.ID          `json:"id"`
	Price  store.Decimal     `json:"price"`
	Doc    map[string]string `json:"doc"`
}

// readers are functions that only read.
func readers() []api.Exposed {
	return []api.Exposed{
		api.ReadFunc("echo", api.Anyone(), func(_ context.Context, _ *store.Tx, in everyKind) (everyKind, error) { return in, nil }),
		api.ReadFunc("twice", api.SignedIn(), func(_ context.Context, _ *store.Tx, in struct {
			N int `json:"n" validate:"required"`
		},
		) (int, error) {
			return 2 * in.N, nil
		}),
		api.ReadFunc("nothing_read", api.Anyone(), func(context.Context, *store.Tx, none) (none, error) { return none{}, nil }),
		api.ReadFunc("by_title", api.SignedIn(), byTitle),
		api.ReadFunc("one_project", api.SignedIn(), func(ctx context.Context, tx *store.Tx, in struct {
			Title string `json:"title"`
		},
		) (*project, error) {
			return store.For[project](tx).First(store.WithTenant(ctx, "acme"), store.Query{Where: store.Eq("title", in.Title)})
		}),
		api.ReadFunc("writes", api.SignedIn(), func(ctx context.Context, tx *store.Tx, _ none) (none, error) {
			_, err := store.For[label](tx).PatchWhere(ctx, store.True(), store.SetTo("text", "x"))
			return none{}, err
		}),
	}
}

// byTitle returns projects of whoever in the order of their titles, each twice.
func byTitle(ctx context.Context, tx *store.Tx, in struct {
	Titles []string `json:"titles"`
},
) (found []project, err error) {
	for _, title := range append(in.Titles, in.Titles...) {
		p, err := store.For[project](tx).First(store.WithTenant(ctx, "acme"), store.Query{Where: store.Eq("title", title)})
		if err != nil {
			return nil, err
		}
		found = append(found, *p)
	}
	return found, nil
}

func TestReadFunctions(t *testing.T) {
	t.Parallel()
	const zero = `{"text":"","n":null,"f":0,"yes":false,"words":null,"counts":null,"id":"00000000-0000-0000-0000-000000000000","price":0,"doc":null}`
	with := func(old, replaced string) string { return strings.Replace(zero, old, replaced, 1) }
	steps := []step{
		{name: "no arguments", line: "GET /rpc/echo", status: 200, want: zero, has: []string{"Cache-Control: no-store"}},
		{name: "POST", line: "POST /rpc/echo", body: `{"text":"x"}`, status: 200, want: with(`""`, `"x"`)},
		{name: "text", line: "GET /rpc/echo?text=5", status: 200, want: with(`""`, `"5"`)},
		{name: "text like a filter", line: "GET /rpc/echo?text=eq.x", status: 200, want: with(`""`, `"eq.x"`)},
		{name: "empty text", line: "GET /rpc/echo?text=", status: 200, want: zero},
		{name: "number", line: "GET /rpc/echo?n=-5&f=1.5e2", status: 200, want: strings.Replace(with(`"n":null`, `"n":-5`), `"f":0`, `"f":150`, 1)},
		{name: "no number", line: "GET /rpc/echo?n=five", status: 400, want: `{"code":"22P02","message":"n: invalid input syntax for a number: \"five\"","details":null,"hint":null}`},
		{name: "a quoted number", line: "GET /rpc/echo?n=%225%22", status: 400},
		{name: "a fraction", line: "GET /rpc/echo?n=1.5", status: 400},
		{name: "yes", line: "GET /rpc/echo?yes=true", status: 200, want: with("false", "true")},
		{name: "not yes", line: "GET /rpc/echo?yes=1", status: 400},
		{name: "words", line: "GET /rpc/echo?words={a,%22b,%20c%22,1}", status: 200, want: with(`"words":null`, `"words":["a","b, c","1"]`)},
		{name: "words as JSON", line: `GET /rpc/echo?words=["a"]`, status: 200, want: with(`"words":null`, `"words":["a"]`)},
		{name: "no words", line: "GET /rpc/echo?words={}", status: 200, want: with(`"words":null`, `"words":[]`)},
		{name: "broken words", line: "GET /rpc/echo?words=a,b", status: 400},
		{name: "counts", line: "GET /rpc/echo?counts={1,NULL}", status: 200, want: with(`"counts":null`, `"counts":[1,null]`)},
		{name: "broken counts", line: "GET /rpc/echo?counts={1,x}", status: 400},
		{name: "id", line: "GET /rpc/echo?id=" + pAlpha, status: 200, want: with(`00000000-0000-0000-0000-000000000000`, pAlpha)},
		{name: "price", line: "GET /rpc/echo?price=12.50", status: 200, want: with(`"price":0`, `"price":12.50`)},
		{name: "document", line: `GET /rpc/echo?doc={"a":"b"}`, status: 200, want: with(`"doc":null`, `"doc":{"a":"b"}`)},
		{name: "twice given", line: "GET /rpc/echo?n=1&n=2", status: 400},
		{name: "unknown", line: "GET /rpc/echo?x=1&n=2", status: 404, want: `{"code":"PGRST202","message":"Could not find the function public.echo(n, x) in the schema cache","details":null,"hint":"Perhaps you meant to call the function public.echo(counts, doc, f, id, n, price, text, words, yes)"}`},
		{name: "missing", line: "GET /rpc/twice", status: 400, want: `{"code":"PL002","message":"the arguments do not pass validation","details":"n: is required","hint":null}`},
		{name: "validated", line: "GET /rpc/twice?n=4", status: 200, want: "8"},
		{name: "HEAD", line: "HEAD /rpc/twice?n=4", status: 200, has: []string{"Content-Length: 1", "Content-Type: application/json; charset=utf-8"}},
		{name: "gate", caller: "-", line: "GET /rpc/twice?n=4", status: 401},
		{name: "gate of HEAD", caller: "-", line: "HEAD /rpc/twice?n=4", status: 401},
		{name: "void", line: "GET /rpc/nothing_read", status: 204},
		{name: "minimal has no meaning", line: "GET /rpc/twice?n=4", header: []string{"Prefer: return=minimal"}, status: 200, want: "8"},
		{name: "single-object", line: "POST /rpc/twice", body: `{"n":4}`, header: []string{"Prefer: params=single-object"}, status: 200, want: "8"},
		{name: "single-object, strictly", line: "POST /rpc/twice", body: `{"n":4}`, header: []string{"Prefer: params=single-object, handling=strict"}, status: 400},
		{name: "OPTIONS", line: "OPTIONS /rpc/twice", status: 200, has: []string{"Allow: GET, HEAD, POST, OPTIONS"}},
		{name: "another verb", line: "PATCH /rpc/twice", body: `{}`, status: 405, has: []string{"Allow: GET, HEAD, POST, OPTIONS"}},
		{name: "select on a number", line: "GET /rpc/twice?n=4&select=n", status: 400},
		{name: "a writing reader", line: "POST /rpc/writes", status: 500},
		{name: "a writing reader by GET", line: "GET /rpc/writes", status: 500},
		{name: "nothing written", line: "GET /labels?select=text&order=id", status: 200, want: `[{"text":"Hot"},{"text":"Old"}]`},
	}
	engines(t, func(t *testing.T, db *store.DB) {
		h := fixtureServer(t, db, api.Config{}, readers()...)
		for _, s := range steps {
			s.run(t, h)
		}
	})
}

// TestFunctionRows asks for parts of the rows a function returns.
func TestFunctionRows(t *testing.T) {
	t.Parallel()
	const get = "GET /rpc/by_title?titles={Gamma,Beta,Alpha}" // ann does not see Gamma
	const body = `{"titles":["Gamma","Beta","Alpha"]}`
	steps := []step{
		{name: "order of the function", line: get + "&select=title", status: 200, want: `[{"title":"Beta"},{"title":"Alpha"}]`, has: []string{"Content-Range: 0-1/*"}},
		{name: "the same by POST", line: "POST /rpc/by_title?select=title", body: body, status: 200, want: `[{"title":"Beta"},{"title":"Alpha"}]`},
		{name: "order of the client", line: get + "&select=title&order=title", status: 200, want: `[{"title":"Alpha"},{"title":"Beta"}]`},
		{name: "limit", line: get + "&select=title&limit=1", status: 200, want: `[{"title":"Beta"}]`, has: []string{"Content-Range: 0-0/*"}},
		{name: "offset", line: get + "&select=title&offset=1", status: 200, want: `[{"title":"Alpha"}]`, has: []string{"Content-Range: 1-1/*"}},
		{name: "count", line: get + "&select=title&limit=1&offset=1", header: []string{"Prefer: count=exact"}, status: 206, want: `[{"title":"Alpha"}]`, has: []string{"Content-Range: 1-1/2"}},
		{name: "count in an order", line: get + "&select=title&limit=1&order=title", header: []string{"Prefer: count=exact"}, status: 206, want: `[{"title":"Alpha"}]`, has: []string{"Content-Range: 0-0/2"}},
		{name: "offset beyond", line: get + "&offset=3", header: []string{"Prefer: count=exact"}, status: 416},
		{name: "filter", line: get + "&select=title&title=like.A*", status: 200, want: `[{"title":"Alpha"}]`},
		{name: "filter by POST", line: "POST /rpc/by_title?select=title&or=(title.eq.Beta,title.eq.Gamma)", body: body, status: 200, want: `[{"title":"Beta"}]`},
		{name: "filter on a row that is not returned", line: "GET /rpc/by_title?titles={Beta}&select=title&title=eq.Alpha", status: 200, want: `[]`},
		{name: "embed", line: get + "&select=title,team(name),tasks(title)&title=eq.Alpha", status: 200, want: `[{"title":"Alpha","team":{"name":"red"},"tasks":[{"title":"one"},{"title":"two"}]}]`},
		{name: "one", line: get + "&select=title&title=eq.Beta", header: []string{objectOnly}, status: 200, want: `{"title":"Beta"}`},
		{name: "not one", line: get + "&select=title", header: []string{objectOnly}, status: 406},
		{name: "hidden column", caller: "bob", line: get + "&select=title,budget", status: 400},
		{name: "filter on a hidden column", caller: "bob", line: get + "&select=title&budget=gt.0", status: 400},
		{name: "filter on a secret column", line: get + "&select=title&token=eq.t-alpha", status: 400},
		{name: "order by a hidden column", caller: "bob", line: get + "&select=title&order=budget", status: 400},
		{name: "nothing selected", line: get + "&select=", status: 200, want: `[{},{}]`},
		{name: "no rows", line: "GET /rpc/by_title?titles={}&select=title", status: 200, want: `[]`, has: []string{"Content-Range: */*"}},
		{name: "no rows, unknown column", line: "GET /rpc/by_title?titles={}&select=nope", status: 400},
		{name: "cursor", line: get + "&after=x", status: 400},
		{name: "columns", line: "POST /rpc/by_title?columns=titles", body: body, status: 400},
		{name: "the one row", line: "GET /rpc/one_project?title=Alpha&select=title,team(name)", status: 200, want: `{"title":"Alpha","team":{"name":"red"}}`},
		{name: "the one row, filtered", line: "GET /rpc/one_project?title=Alpha&select=title&id=eq." + pBeta, status: 200, want: `null`},
		{name: "the one row, hidden", line: "GET /rpc/one_project?title=Gamma&select=title", status: 200, want: `null`},
	}
	engines(t, func(t *testing.T, db *store.DB) {
		h := fixtureServer(t, db, api.Config{}, readers()...)
		for _, s := range steps {
			s.run(t, h)
		}
		get := must(t, h, http.StatusOK, request{caller: "ann", line: get})
		post := must(t, h, http.StatusOK, request{caller: "ann", line: "POST /rpc/by_title", body: body})
		if get.body != post.body || !strings.Contains(get.body, `"title":"Beta"`) {
			t.Errorf("GET says %s, POST %s", get.body, post.body)
		}
	})
}
