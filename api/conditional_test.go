package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
)

// ifNoneMatch asks again for a list with the tag of an answer.
func ifNoneMatch(q request, tag string) request {
	q.header = append(q.header[:len(q.header):len(q.header)], "If-None-Match: "+tag)
	return q
}

// TestConditionalList: an unchanged list is 304 and a changed one is sent, for changes of
// every kind.
func TestConditionalList(t *testing.T) {
	t.Parallel()
	const projects = "GET /projects?select=title,team(name),tasks(title)&order=title"
	for _, tt := range []struct {
		name    string
		list    request
		change  request
		changed bool
	}{
		{"a row", request{caller: "ann", line: projects}, request{caller: "ann", line: "PATCH /projects/" + pAlpha, body: `{"title":"Aleph"}`}, true},
		{"a column that is not selected", request{caller: "ann", line: projects}, request{caller: "ann", line: "PATCH /projects/" + pAlpha, body: `{"budget":7}`}, false},
		{"a column that is the order", request{line: "GET /teams?select=id&order=name.desc"}, request{caller: "ann", line: "PATCH /teams/2", body: `{"name":"white"}`}, true},
		{"an embedded row", request{caller: "ann", line: projects}, request{caller: "ann", line: "PATCH /tasks/" + tOne, body: `{"title":"uno"}`}, true},
		{"a row of a relation to one", request{caller: "ann", line: projects}, request{caller: "ann", line: "PATCH /teams/1", body: `{"name":"crimson"}`}, true},
		{"a deleted row", request{caller: "ann", line: projects}, request{caller: "ann", line: "DELETE /tasks/" + tOne}, true},
		{"a row others see", request{caller: "ann", line: projects}, request{caller: "bob", line: "PATCH /tasks/" + tThree, body: `{"title":"tres"}`}, false},
		{"a table that is not read", request{line: "GET /teams"}, request{caller: "ann", line: "PATCH /tasks/" + tOne, body: `{"title":"uno"}`}, false},
		{"a related row in the filter", request{caller: "ann", line: "GET /tasks?select=title,project!inner()&project.title=eq.Alpha"}, request{caller: "ann", line: "PATCH /projects/" + pAlpha, body: `{"title":"Aleph"}`}, true},
		{"a related row in the order", request{caller: "ann", line: "GET /projects?select=title&order=team(name).desc.nullslast&team_id=not.is.null"}, request{caller: "bob", line: "PATCH /projects/" + pGamma, body: `{"title":"G"}`}, false},
		{"the total", request{line: "GET /teams?select=id&limit=1", header: []string{"Prefer: count=exact"}}, request{caller: "ann", line: "POST /teams", body: `{"name":"green"}`}, true},
		{"what lies behind the page", request{line: "GET /teams?select=id&order=id&limit=1"}, request{caller: "ann", line: "POST /teams", body: `{"name":"green"}`}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			engines(t, func(t *testing.T, db *store.DB) {
				h := fixtureServer(t, db, api.Config{})
				first := do(t, h, tt.list)
				tag := first.header.Get("Etag")
				if first.status >= 300 || tag == "" || first.header.Get("Cache-Control") != "private, no-cache" {
					t.Fatalf("%d, Etag %q, Cache-Control %q", first.status, tag, first.header.Get("Cache-Control"))
				}
				again := ifNoneMatch(tt.list, `"other", `+tag)
				for range 3 {
					same := must(t, h, http.StatusNotModified, again)
					if same.body != "" || same.header.Get("Etag") != tag || same.header.Get("Vary") != first.header.Get("Vary") || same.header.Get("Content-Length") != "" {
						t.Fatalf("304 with %q, %v", same.body, same.header)
					}
				}
				if res := do(t, h, tt.change); res.status >= 300 {
					t.Fatalf("%s: %d %s", tt.change.line, res.status, res.body)
				}
				want := http.StatusNotModified
				if tt.changed {
					want = first.status
				}
				for range 2 { // compared first, remembered then
					res := must(t, h, want, again)
					if changed := res.header.Get("Etag") != tag; changed != tt.changed {
						t.Errorf("the tag changed: %v", changed)
					}
				}
			})
		})
	}
}

// TestConditionalListSeesExternalWrites: a list changes also by a write that is not in the
// change log.
func TestConditionalListSeesExternalWrites(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		h := fixtureServer(t, db, api.Config{})
		list := request{line: "GET /teams?select=name&order=name"}
		tag := must(t, h, http.StatusOK, list).header.Get("Etag")
		must(t, h, http.StatusNotModified, ifNoneMatch(list, tag))
		bypass(t, db, "update teams set name = 'purple' where id = 1")
		if res := must(t, h, http.StatusOK, ifNoneMatch(list, tag)); !strings.Contains(res.body, "purple") || res.header.Get("Etag") == tag {
			t.Errorf("after a write past the library: %s", res.body)
		}
	})
}

// bypass writes past the library.
func bypass(t *testing.T, db *store.DB, text string) {
	t.Helper()
	if _, err := db.Bun().DB.ExecContext(t.Context(), text); err != nil {
		t.Fatal(err)
	}
}

// TestConditionalListForms: a tag is valid for one form of the answer, and for what one
// caller sees.
func TestConditionalListForms(t *testing.T) {
	t.Parallel()
	h := fixtureServer(t, memory(t), api.Config{})
	one := request{caller: "ann", line: "GET /projects?select=title&title=eq.Alpha"}
	tag := must(t, h, http.StatusOK, one).header.Get("Etag")
	for _, q := range []request{
		{caller: "ann", line: one.line, header: []string{objectOnly}},
		{caller: "ann", line: "GET /projects?select=name:title&title=eq.Alpha"},
		{caller: "ann", line: "GET /projects?select=title&title=eq.Beta"},
		{caller: "ann", line: one.line, header: []string{"Prefer: count=exact"}},
		{caller: "guest", line: one.line},
		{line: one.line},
	} {
		if res := must(t, h, http.StatusOK, ifNoneMatch(q, tag)); res.header.Get("Etag") == tag {
			t.Errorf("%s %s %v has the same tag", q.caller, q.line, q.header)
		}
	}
	// What two callers see alike is one answer, and HEAD speaks of that of GET.
	must(t, h, http.StatusNotModified, ifNoneMatch(request{caller: "bob", line: one.line}, tag))
	must(t, h, http.StatusNotModified, ifNoneMatch(request{caller: "ann", line: strings.Replace(one.line, "GET", "HEAD", 1)}, tag))
	must(t, h, http.StatusNotModified, ifNoneMatch(one, "*"))
	must(t, h, http.StatusNotModified, ifNoneMatch(one, strings.TrimPrefix(tag, "W/"))) // compared weakly
	must(t, h, http.StatusNotAcceptable, ifNoneMatch(request{caller: "ann", line: "GET /projects", header: []string{objectOnly}}, "*"))
	must(t, h, http.StatusRequestedRangeNotSatisfiable, ifNoneMatch(request{line: "GET /teams?offset=9", header: []string{"Prefer: count=exact"}}, "*"))
	// An untracked table anywhere in the statement leaves no tag.
	for _, line := range []string{"GET /labels", "GET /projects?select=title,labels(text)", "GET /projects?select=title,labels!inner()"} {
		if res := must(t, h, http.StatusOK, ifNoneMatch(request{caller: "ann", line: line}, "*")); res.header.Get("Etag") != "" || res.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", line, res.header)
		}
	}
}
