package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
)

// readCase is a read by ann, unless it names somebody else.
type readCase struct {
	name   string
	caller string
	line   string
	header []string
	status int
	body   string
	spread string // Content-Range
}

func TestRead(t *testing.T) {
	t.Parallel()
	const count = "Prefer: count=exact"
	const object = "Accept: application/vnd.pgrst.object+json"
	tests := []readCase{
		{name: "columns", line: "GET /projects?select=title,code", status: 200, body: `[{"title":"Alpha","code":"a"},{"title":"Beta","code":"b"}]`, spread: "0-1/*"},
		{name: "alias", line: "GET /projects?select=name:title&code=eq.a", status: 200, body: `[{"name":"Alpha"}]`, spread: "0-0/*"},
		{name: "cast", line: "GET /teams?select=id::text&id=eq.1", status: 200, body: `[{"id":"1"}]`, spread: "0-0/*"},
		{name: "none", line: "GET /projects?title=eq.None", status: 200, body: `[]`, spread: "*/*"},
		{name: "member sees", caller: "bob", line: "GET /projects?select=title", status: 200, body: `[{"title":"Alpha"},{"title":"Gamma"}]`, spread: "0-1/*"},
		{name: "stranger", caller: "-", line: "GET /projects?select=title", status: 200, body: `[]`, spread: "*/*"},
		{name: "no tenant", caller: "guest", line: "GET /projects?select=title", status: 200, body: `[]`, spread: "*/*"},
		{name: "service without bypass", caller: "service", line: "GET /tasks?select=title", status: 200, body: `[]`, spread: "*/*"},
		{name: "service with bypass", caller: "service", line: "GET /teams?select=name", status: 200, body: `[{"name":"red"},{"name":"blue"}]`, spread: "0-1/*"},

		{name: "count", line: "GET /projects?select=title&limit=1", header: []string{count}, status: 206, body: `[{"title":"Alpha"}]`, spread: "0-0/2"},
		{name: "count all", line: "GET /projects?select=title", header: []string{count}, status: 200, body: `[{"title":"Alpha"},{"title":"Beta"}]`, spread: "0-1/2"},
		{name: "count none", line: "GET /projects?select=title&code=eq.c", header: []string{count}, status: 200, body: `[]`, spread: "*/0"},
		{name: "offset", line: "GET /projects?select=title&offset=1", header: []string{count}, status: 206, body: `[{"title":"Beta"}]`, spread: "1-1/2"},
		{name: "beyond", line: "GET /projects?offset=5", header: []string{count}, status: 416, spread: ""},
		{name: "beyond unknown", line: "GET /projects?offset=5", status: 200, body: `[]`, spread: "*/*"},
		{name: "limit 0", line: "GET /projects?limit=0", header: []string{count}, status: 206, body: `[]`, spread: "*/2"},
		{name: "head", line: "HEAD /projects?select=title", header: []string{count}, status: 200, body: ``, spread: "0-1/2"},

		{name: "object", line: "GET /projects?select=title&code=eq.a", header: []string{object}, status: 200, body: `{"title":"Alpha"}`, spread: "0-0/*"},
		{name: "object of none", line: "GET /projects?code=eq.c", header: []string{object}, status: 406},
		{name: "object of two", line: "GET /projects", header: []string{object}, status: 406},

		{name: "to one", line: "GET /projects?select=title,team(name)", status: 200, body: `[{"title":"Alpha","team":{"name":"red"}},{"title":"Beta","team":null}]`, spread: "0-1/*"},
		{name: "to many", line: "GET /projects?select=title,tasks(title)&tasks.order=title.desc", status: 200, body: `[{"title":"Alpha","tasks":[{"title":"two"},{"title":"one"}]},{"title":"Beta","tasks":[]}]`, spread: "0-1/*"},
		{name: "many to many", line: "GET /projects?select=title,labels(text)&code=eq.a", status: 200, body: `[{"title":"Alpha","labels":[{"text":"Hot"}]}]`, spread: "0-0/*"},
		{name: "inner", line: "GET /projects?select=title,tasks!inner(title)&tasks.done=is.true", status: 200, body: `[{"title":"Alpha","tasks":[{"title":"two"}]}]`, spread: "0-0/*"},
		{name: "nested", line: "GET /teams?select=name,projects(title,tasks(title))&id=eq.1", status: 200, body: `[{"name":"red","projects":[{"title":"Alpha","tasks":[{"title":"one"},{"title":"two"}]}]}]`, spread: "0-0/*"},
		{name: "embed by guard", line: "GET /teams?select=name,projects(title)&id=eq.2", status: 200, body: `[{"name":"blue","projects":[]}]`, spread: "0-0/*"},
		{name: "membership is not exposed", line: "GET /projects?select=title,members(*)", status: 400},

		{name: "order by relation", line: "GET /projects?select=title&order=team(name).asc.nullsfirst", status: 200, body: `[{"title":"Beta"},{"title":"Alpha"}]`, spread: "0-1/*"},
		{name: "or", line: "GET /tasks?select=title&or=(points.gt.2,done.is.true)&order=title", status: 200, body: `[{"title":"one"},{"title":"two"}]`, spread: "0-1/*"},
		{name: "deleted", line: "GET /tasks?select=title&title=eq.gone", status: 200, body: `[]`, spread: "*/*"},

		{name: "editor reads", line: "GET /projects?select=budget&code=eq.a", status: 200, body: `[{"budget":100}]`, spread: "0-0/*"},
		{name: "narrowed column", caller: "bob", line: "GET /projects?select=budget", status: 400},
		{name: "narrowed filter", caller: "bob", line: "GET /projects?select=title&budget=gt.1", status: 400},
		{name: "narrowed order", caller: "bob", line: "GET /projects?select=title&order=budget", status: 400},
		{name: "hidden column", line: "GET /projects?select=internal", status: 400},
		{name: "secret filter", line: "GET /projects?select=title&token=eq.t-alpha", status: 400},
		{name: "unknown column", line: "GET /projects?select=nothing", status: 400},
		{name: "unknown table", line: "GET /nothing", status: 404},
		{name: "table that is not exposed", line: "GET /project_users", status: 404},
		{name: "bad value", line: "GET /teams?id=eq.x", status: 400},
		{name: "profile", line: "GET /teams?select=name&id=eq.1", header: []string{"Accept-Profile: public"}, status: 200, body: `[{"name":"red"}]`, spread: "0-0/*"},
		{name: "other profile", line: "GET /teams", header: []string{"Accept-Profile: auth"}, status: 406},
		{name: "accept", line: "GET /teams", header: []string{"Accept: text/html"}, status: 406},
		{name: "limit", line: "GET /teams?limit=1001", status: 400},
	}
	engines(t, func(t *testing.T, db *store.DB) {
		h := fixtureServer(t, db, api.Config{})
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) { tt.run(t, h) })
		}
	})
}

func (tt readCase) run(t *testing.T, h http.Handler) {
	t.Parallel()
	caller := tt.caller
	switch caller {
	case "":
		caller = "ann"
	case "-":
		caller = ""
	}
	res := do(t, h, request{caller: caller, line: tt.line, header: tt.header})
	if res.status != tt.status {
		t.Fatalf("status %d, want %d: %s", res.status, tt.status, res.body)
	}
	if tt.status >= 300 {
		return
	}
	if res.body != tt.body {
		t.Errorf("body %s, want %s", res.body, tt.body)
	}
	if got := res.header.Get("Content-Range"); got != tt.spread {
		t.Errorf("Content-Range %q, want %q", got, tt.spread)
	}
}

func TestReadHeaders(t *testing.T) {
	t.Parallel()
	h := fixtureServer(t, memory(t), api.Config{PublicURL: "https://example.org/rest/v1/"})
	res := must(t, h, 200, request{
		line:   "GET /teams?select=name&order=name&limit=1",
		header: []string{"Accept-Profile: public", "Prefer: handling=lenient"},
	})
	want := map[string]string{
		"Content-Type":           "application/json; charset=utf-8",
		"Content-Length":         "17",
		"Content-Location":       "https://example.org/rest/v1/teams?limit=1&order=name&select=name",
		"Content-Profile":        "public",
		"Preference-Applied":     "handling=lenient",
		"Cache-Control":          "private, no-cache",
		"Vary":                   "Accept, Accept-Encoding, Apikey, Authorization, Cookie, Origin",
		"X-Content-Type-Options": "nosniff",
	}
	for name, value := range want {
		if got := res.header.Get(name); got != value {
			t.Errorf("%s: %q, want %q", name, got, value)
		}
	}
	link := res.header.Get("Link")
	if !strings.HasPrefix(link, "<https://example.org/rest/v1/teams?after=") || !strings.HasSuffix(link, `&limit=1&order=name&select=name>; rel="next"`) {
		t.Errorf("Link %s", link)
	}
}

// TestHead compares HEAD with GET: the same status and headers, as far as HEAD
// has them, and no body.
func TestHead(t *testing.T) {
	t.Parallel()
	h := fixtureServer(t, memory(t), api.Config{Limits: api.Limits{Rows: 2}})
	must(t, h, 201, request{caller: "ann", line: "POST /teams", body: `{"name":"green"}`})
	for _, target := range []string{
		"/teams", "/teams?limit=1", "/teams?offset=1", "/teams?offset=3", "/teams?offset=4", "/teams?id=eq.9", "/teams?limit=0", "/teams?limit=2&order=name",
		"/teams/1", "/teams/9", "/nothing", "/teams?select=nope", "/teams?id=eq.x",
	} {
		for _, header := range []string{"Prefer: count=exact", "Prefer: handling=lenient", objectOnly} {
			get := do(t, h, request{line: "GET " + target, header: []string{header}})
			head := do(t, h, request{line: "HEAD " + target, header: []string{header}})
			if head.status != get.status || head.body != "" {
				t.Errorf("%s, %s: HEAD %d %q, GET %d", target, header, head.status, head.body, get.status)
			}
			for name := range get.header {
				if got := head.header.Get(name); got != "" && got != get.header.Get(name) {
					t.Errorf("%s, %s: %s is %q for HEAD, %q for GET", target, header, name, got, get.header.Get(name))
				}
			}
			if got, want := head.header.Get("Content-Range"), get.header.Get("Content-Range"); got != want {
				t.Errorf("%s, %s: Content-Range %q for HEAD, %q for GET", target, header, got, want)
			}
		}
	}
}

// A cursor holds the values of the last row: one that no query has room for is
// not sent, since no client could follow it and many refuse such a header.
func TestNoLinkThatIsTooLong(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		h := fixtureServer(t, db, api.Config{})
		for _, n := range []int{5000, 100_000} {
			must(t, h, 201, request{caller: "ann", line: "POST /labels", body: `{"id":"long","text":"` + strings.Repeat("x", n) + `"}`})
			res := must(t, h, 200, request{caller: "ann", line: "GET /labels?order=text.desc&limit=1"})
			link := res.header.Get("Link")
			if target, _, linked := strings.Cut(strings.TrimPrefix(link, "<"), ">"); linked {
				must(t, h, 200, request{caller: "ann", line: "GET " + target})
			}
			if got, want := link != "", n == 5000; got != want {
				t.Errorf("a text of %d: Link of %d bytes, %.100s", n, len(link), res.body)
			}
			must(t, h, 204, request{caller: "ann", line: "DELETE /labels/long"})
		}
	})
}

// TestPaging follows Link until it ends, and compares with what one read says.
func TestPaging(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		h := fixtureServer(t, db, api.Config{Limits: api.Limits{Rows: 2}})
		for _, name := range []string{"green", "cyan", "pink"} {
			must(t, h, 201, request{caller: "ann", line: "POST /teams", body: `{"name":"` + name + `"}`})
		}
		first := must(t, h, 206, request{line: "GET /teams?select=name"})
		if got := first.header.Get("Content-Range"); got != "0-1/*" {
			t.Errorf("Content-Range %q", got)
		}
		var pages []string
		next := "/teams?select=name&order=name.desc&limit=2"
		for range 5 {
			res := must(t, h, 200, request{line: "GET " + next})
			pages = append(pages, res.body)
			link := res.header.Get("Link")
			if link == "" {
				break
			}
			target, ok := strings.CutSuffix(strings.TrimPrefix(link, "<"), `>; rel="next"`)
			if !ok {
				t.Fatalf("Link %s", link)
			}
			next = target
		}
		want := `[{"name":"red"},{"name":"pink"}] [{"name":"green"},{"name":"cyan"}] [{"name":"blue"}]`
		if got := strings.Join(pages, " "); got != want {
			t.Errorf("pages %s, want %s", got, want)
		}
		must(t, h, 400, request{line: "GET " + strings.Replace(next, "name.desc", "name.asc", 1)})
	})
}
