package api_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
)

// openAPI is the part of a document that tests look at.
type openAPI struct {
	Info       struct{ Title, Version string }
	Paths      map[string]map[string]struct{ OperationID string }
	Components struct {
		Schemas map[string]struct {
			Properties map[string]json.RawMessage
			Required   []string
		}
	}
}

// operationIDs lists what a document offers.
func (d *openAPI) operationIDs() []string {
	var ids []string
	for _, path := range d.Paths {
		for _, op := range path {
			ids = append(ids, op.OperationID)
		}
	}
	slices.Sort(ids)
	return ids
}

// The document of each caller has what the policies of the fixture allow.
func TestDocumentPerCaller(t *testing.T) {
	t.Parallel()
	db := memory(t)
	h := fixtureServer(t, db, api.Config{}, functions(db)...)
	always := []string{"rpc.", "teams.list", "teams.count", "teams.get", "teams.head"}
	reads := func(tables ...string) []string {
		var ids []string
		for _, t := range tables {
			ids = append(ids, t+".list", t+".count", t+".get", t+".head")
		}
		return ids
	}
	writes := func(tables ...string) []string {
		var ids []string
		for _, t := range tables {
			ids = append(ids, t+".insert", t+".put", t+".putOne", t+".update", t+".delete", t+".updateOne", t+".deleteOne")
		}
		return ids
	}
	junction := []string{"project_labels.list", "project_labels.count", "project_labels.insert", "project_labels.delete"}
	member := slices.Concat(reads("teams", "labels", "projects", "tasks"), writes("projects", "tasks"), junction, []string{"batch"})
	for caller, want := range map[string][]string{
		"":        append(reads("teams"), "batch"),
		"guest":   slices.Concat(reads("teams", "tasks"), writes("tasks"), junction, []string{"batch"}), // of no tenant, but somebody with an id
		"bob":     member,
		"ann":     slices.Concat(member, writes("teams", "labels")),
		"service": slices.Concat(member, writes("teams", "labels")),
	} {
		document := decode[openAPI](t, must(t, h, 200, request{caller: caller, line: "GET /"}).body)
		got := slices.DeleteFunc(document.operationIDs(), func(id string) bool { return strings.HasPrefix(id, always[0]) })
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%q is told\n%q, want\n%q", caller, got, want)
		}
		_, budget := document.Components.Schemas["projects.Row"].Properties["budget"]
		if editor := caller == "ann" || caller == "service"; budget != editor {
			t.Errorf("%q is told of budget: %t", caller, budget)
		}
	}
	for caller := range callers() {
		for _, path := range []string{"/", "/-/openapi.json"} {
			body := must(t, h, 200, request{caller: caller, line: "GET " + path}).body
			for _, name := range []string{"internal", `"token"`, "tenant_id", "deleted_at", "project_users", "`members`"} {
				if strings.Contains(body, name) {
					t.Errorf("%s for %q has %s", path, caller, name)
				}
			}
		}
	}
}

// The whole document has every route of the dispatch table, and no other.
func TestDocumentCoversDispatch(t *testing.T) {
	t.Parallel()
	h := fixtureServer(t, memory(t), api.Config{}, api.ReadFunc("f", api.Anyone(), func(context.Context, *store.Tx, none) (none, error) { return none{}, nil }))
	document := decode[openAPI](t, must(t, h, 200, request{caller: "service", line: "GET /"}).body)
	want := map[string]bool{}
	for _, e := range api.Entries() {
		path := strings.NewReplacer("{table}", "teams", "{function}", "f").Replace(e.Shape)
		if path != "/" && !strings.HasPrefix(path, "/-/") {
			want[strings.ToLower(e.Method)+" "+path] = true
		}
	}
	got := map[string]bool{}
	for path, methods := range document.Paths {
		for method := range methods {
			if path == "/teams" || path == "/teams/{id}" || path == "/rpc/f" {
				got[method+" "+path] = true
			}
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("the document has %v, the dispatch table %v", got, want)
	}
}

// A document depends on nothing but what is exposed: not on the order of Add, the
// process or the engine.
func TestDocumentBytes(t *testing.T) {
	t.Parallel()
	exposed := append(fixture(), functions(nil)...)
	cfg := api.Config{Title: "Projects", Version: "1.2.3", PublicURL: "https://example.org/rest/v1"}
	h := fixtureServerOf(t, cfg, exposed)
	body := must(t, h, 200, request{caller: "service", line: "GET /"}).body
	slices.Reverse(exposed)
	if other := must(t, fixtureServerOf(t, cfg, exposed), 200, request{caller: "service", line: "GET /"}).body; other != body {
		t.Error("another order of Add makes another document")
	}
}

func fixtureServerOf(t *testing.T, cfg api.Config, exposed []api.Exposed) http.Handler {
	t.Helper()
	db := memory(t)
	if err := db.Register(projectUser{}); err != nil {
		t.Fatal(err)
	}
	return serve(t, db, cfg, exposed...)
}

// The document is negotiated, can be asked for again, and can be switched off.
func TestDocumentHTTP(t *testing.T) {
	t.Parallel()
	h := fixtureServer(t, memory(t), api.Config{})
	for accept, want := range map[string]string{
		"":                         "application/openapi+json; charset=utf-8",
		"*/*":                      "application/openapi+json; charset=utf-8",
		"application/json":         "application/json; charset=utf-8",
		"application/openapi+json": "application/openapi+json; charset=utf-8",
		"application/openapi+json;q=0.5, application/json": "application/json; charset=utf-8",
		"text/html, application/json;q=0":                  "",
		"text/csv":                                         "",
	} {
		status := 200
		if want == "" {
			status = 406
		}
		for _, path := range []string{"/", "/-/openapi.json"} {
			res := must(t, h, status, request{line: "GET " + path, header: []string{"Accept: " + accept}})
			if want != "" && res.header.Get("Content-Type") != want {
				t.Errorf("Accept %q: %s, want %s", accept, res.header.Get("Content-Type"), want)
			}
		}
	}
	first := must(t, h, 200, request{caller: "ann", line: "GET /"})
	tag := first.header.Get("Etag")
	must(t, h, 304, request{caller: "ann", line: "GET /", header: []string{"If-None-Match: " + tag}})
	must(t, h, 200, request{caller: "bob", line: "GET /", header: []string{"If-None-Match: " + tag}})
	if head := must(t, h, 200, request{caller: "ann", line: "HEAD /"}); head.body != "" || head.header.Get("Etag") != tag {
		t.Errorf("HEAD: %q, %s", head.body, head.header.Get("Etag"))
	}
	if got := first.header.Get("Cache-Control"); got != "private, no-cache" || !strings.Contains(first.header.Get("Vary"), "Authorization") {
		t.Errorf("Cache-Control %q, Vary %q", got, first.header.Get("Vary"))
	}
	off := fixtureServer(t, memory(t), api.Config{HideDocuments: true})
	for _, path := range []string{"/", "/-/openapi.json"} {
		must(t, off, 404, request{caller: "service", line: "GET " + path})
	}
}
