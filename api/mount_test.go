package api_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/seed-7694ebf6/plinth/api"
)

// TestMount serves the same rows under every kind of router. A key with a slash
// tells whether the escaped path survives.
func TestMount(t *testing.T) {
	t.Parallel()
	const base = "/rest/v1"
	tests := []struct {
		name   string
		prefix string // of requests
		config api.Config
		links  string // what links begin with
		mount  func(http.Handler) http.Handler
	}{
		{"bare", "", api.Config{}, "", func(h http.Handler) http.Handler { return h }},
		{"bare with base", base, api.Config{BasePath: base + "/"}, base, func(h http.Handler) http.Handler { return h }},
		{"chi.Mount", base, api.Config{BasePath: base}, base, func(h http.Handler) http.Handler {
			r := chi.NewRouter()
			r.Mount(base, h)
			return r
		}},
		{"chi.Route", base, api.Config{BasePath: base}, base, func(h http.Handler) http.Handler {
			r := chi.NewRouter()
			r.Route("/rest", func(r chi.Router) { r.Mount("/v1", h) })
			return r
		}},
		{"ServeMux", base, api.Config{BasePath: base}, base, func(h http.Handler) http.Handler {
			mux := http.NewServeMux()
			mux.Handle(base+"/", h)
			return mux
		}},
		{"StripPrefix", base, api.Config{PublicURL: "https://example.org" + base}, "https://example.org" + base, func(h http.Handler) http.Handler {
			return http.StripPrefix(base, h)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			db := memory(t)
			h := tt.mount(serve(t, db, tt.config, api.Resource[label]{Policy: api.Policy{Read: api.Anyone(), Create: api.Anyone()}}, nothing("f")))
			put(t, db, "", &label{ID: "a/b", Text: "slash"}, &label{ID: "a b%", Text: "space"})

			res := must(t, h, 200, request{line: "GET " + tt.prefix + "/labels?select=text&limit=1"})
			if got, want := res.header.Get("Content-Location"), tt.links+"/labels?limit=1&select=text"; got != want {
				t.Errorf("Content-Location %s, want %s", got, want)
			}
			if link := res.header.Get("Link"); !strings.HasPrefix(link, "<"+tt.links+"/labels?after=") {
				t.Errorf("Link %s", link)
			}
			for path, want := range map[string]string{"a%2Fb": "slash", "a%20b%25": "space"} {
				row := must(t, h, 200, request{line: "GET " + tt.prefix + "/labels/" + path + "?select=text"})
				if row.body != `{"text":"`+want+`"}` {
					t.Errorf("%s: %s", path, row.body)
				}
				if got, want := row.header.Get("Content-Location"), tt.links+"/labels/"+path+"?select=text"; got != want {
					t.Errorf("Content-Location %s, want %s", got, want)
				}
			}
			made := must(t, h, 201, request{line: "POST " + tt.prefix + "/labels", body: `{"id":"n/m","text":"new"}`, header: []string{"Prefer: return=headers-only"}})
			if got, want := made.header.Get("Location"), tt.links+"/labels?id=eq.n%2Fm"; got != want {
				t.Errorf("Location %s, want %s", got, want)
			}
			must(t, h, 204, request{line: "POST " + tt.prefix + "/rpc/f"})
			must(t, h, 404, request{line: "GET " + tt.prefix + "/labels/a/b"})
			must(t, h, 404, request{line: "GET " + tt.prefix + "/-/nothing"})
			checkServer(t, h, tt.prefix, tt.links)
			if tt.config.BasePath != "" {
				must(t, h, 404, request{line: "GET /labels"})
				must(t, h, 404, request{line: "GET " + base + "x/labels"})
			}
		})
	}
}

// checkServer resolves the server of both addresses of the document, which has to
// lead back to where the resources are.
func checkServer(t *testing.T, h http.Handler, prefix, links string) {
	t.Helper()
	for _, path := range []string{prefix + "/", prefix + "/-/openapi.json"} {
		res := must(t, h, 200, request{line: "GET " + path})
		document := decode[struct {
			Servers []struct{ URL string }
		}](t, res.body)
		at, err := url.Parse("http://localhost" + path)
		if err != nil {
			t.Fatal(err)
		}
		server, err := at.Parse(document.Servers[0].URL)
		if err != nil {
			t.Fatal(err)
		}
		want := "http://localhost" + prefix
		if strings.HasPrefix(links, "https:") {
			want = links
		}
		if got := strings.TrimSuffix(server.String(), "/"); got != want {
			t.Errorf("%s: the server is %s, want %s", path, got, want)
		}
	}
}

// TestDispatch walks the dispatch table: every entry answers, and every method
// that is not in it is refused with those that are.
func TestDispatch(t *testing.T) {
	t.Parallel()
	paths := map[string]string{
		"/": "/", "/{table}": "/labels", "/{table}/{id}": "/labels/x", "/rpc/{function}": "/rpc/f",
	}
	db := memory(t)
	h := serve(t, db, api.Config{}, api.Resource[label]{Policy: api.Policy{Read: api.Anyone()}}, api.Resource[viewed]{}, nothing("f"))
	if _, err := db.Bun().ExecContext(t.Context(), "create view viewed as select 'x' as title"); err != nil {
		t.Fatal(err)
	}
	offered := map[string]bool{}
	for _, e := range api.Entries() {
		path, ok := paths[e.Shape]
		if strings.HasPrefix(e.Shape, "/-/") {
			path, ok = e.Shape, true
		}
		if !ok {
			t.Fatalf("the shape %s has no path in this test", e.Shape)
		}
		offered[e.Method+" "+path] = true
	}
	allow := map[string]string{
		"/": "GET, HEAD, OPTIONS", "/labels": "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
		"/-/openapi.json": "GET, HEAD, OPTIONS", "/-/types.ts": "GET, HEAD, OPTIONS", "/-/docs": "GET, HEAD, OPTIONS", "/-/docs/start.js": "GET, HEAD, OPTIONS",
		"/labels/x": "GET, HEAD, PUT, PATCH, DELETE, OPTIONS", "/rpc/f": "POST, OPTIONS", "/viewed": "GET, HEAD, OPTIONS",
	}
	delete(offered, "GET /rpc/f") // only of functions that read
	delete(offered, "HEAD /rpc/f")
	offered["GET /viewed"], offered["HEAD /viewed"] = true, true
	for path, methods := range allow {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"} {
			line := method + " " + path
			if line == "PUT /labels" {
				line += "?id=eq.x" // else 405 for another reason
			}
			res := do(t, h, request{line: line})
			switch {
			case method == http.MethodOptions:
				if res.status != 200 || res.header.Get("Allow") != methods {
					t.Errorf("OPTIONS %s: %d, Allow %s", path, res.status, res.header.Get("Allow"))
				}
			case offered[method+" "+path] == (res.status == http.StatusMethodNotAllowed):
				t.Errorf("%s %s: status %d, offered: %t", method, path, res.status, offered[method+" "+path])
			case res.status == http.StatusMethodNotAllowed && res.header.Get("Allow") != methods:
				t.Errorf("%s %s: Allow %s", method, path, res.header.Get("Allow"))
			case res.status >= 500:
				t.Errorf("%s %s: status %d", method, path, res.status)
			}
		}
	}
}
