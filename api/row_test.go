package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
)

func TestRow(t *testing.T) {
	t.Parallel()
	const other = "/projects/01900000-0000-7000-8000-0000000000ff"
	engines(t, func(t *testing.T, db *store.DB) {
		h := fixtureServer(t, db, api.Config{})
		tests := []step{
			{name: "one", line: "GET /projects/" + pAlpha + "?select=title", status: 200, want: `{"title":"Alpha"}`, has: []string{"Cache-Control: private, no-cache", "Content-Location: /projects/" + pAlpha + "?select=title"}},
			{name: "other spelling", line: "GET /projects/" + strings.ToUpper(pAlpha) + "?select=title", status: 200, want: `{"title":"Alpha"}`},
			{name: "embed", line: "GET /projects/" + pAlpha + "?select=title,tasks(title),team(name)&tasks.done=is.true", status: 200, want: `{"title":"Alpha","tasks":[{"title":"two"}],"team":{"name":"red"}}`},
			{name: "object", line: "GET /labels/hot?select=text", header: []string{objectOnly}, status: 200, want: `{"text":"Hot"}`, has: []string{"Content-Type: application/vnd.pgrst.object+json; charset=utf-8"}},
			{name: "integer key", line: "GET /teams/1?select=name", status: 200, want: `{"name":"red"}`},
			{name: "malformed", line: "GET /projects/7", status: 400},
			{name: "malformed integer", line: "GET /teams/x", status: 400},
			{name: "deleted", line: "GET /tasks/" + tGone, status: 404},
			{name: "composite key", line: "GET /project_labels/x", status: 404},
			{name: "filter", line: "GET /projects/" + pAlpha + "?title=eq.Alpha", status: 400},
			{name: "order", line: "GET /projects/" + pAlpha + "?order=title", status: 400},
			{name: "limit", line: "GET /projects/" + pAlpha + "?limit=1", status: 400},
			{name: "hidden column", line: "GET /projects/" + pAlpha + "?select=token", status: 400},
			{name: "seen, not owned", caller: "bob", line: "PATCH /projects/" + pAlpha, body: `{"title":"x"}`, status: 403},
			{name: "seen, not owned", caller: "bob", line: "DELETE /projects/" + pAlpha, status: 403},
			{name: "nothing set", line: "PATCH /projects/" + pAlpha + "?select=version", body: `{}`, header: []string{representation}, status: 200, want: `{"version":1}`},
			{name: "patched", line: "PATCH /projects/" + pAlpha + "?select=title,version", body: `{"title":"A"}`, header: []string{representation}, status: 200, want: `{"title":"A","version":2}`},
			{name: "deleted", line: "DELETE /projects/" + pBeta + "?select=title", header: []string{representation}, status: 200, want: `{"title":"Beta"}`},
			{name: "deleted twice", line: "DELETE /projects/" + pBeta, status: 404},
		}
		for _, s := range tests {
			s.run(t, h)
		}
		// A row the caller cannot see, one of another tenant and one that does
		// not exist are one and the same.
		for _, method := range []string{"GET", "HEAD", "PATCH", "DELETE"} {
			q := request{caller: "ann"}
			if method == "PATCH" {
				q.body = `{"title":"x"}`
			}
			q.line = method + " " + other
			unknown := must(t, h, 404, q)
			for _, path := range []string{"/projects/" + pGamma, "/projects/" + pOther} {
				q.line = method + " " + path
				if got := must(t, h, 404, q); got.body != unknown.body {
					t.Errorf("%s: %s, an unknown row %s", q.line, got.body, unknown.body)
				}
			}
		}
	})
}

func TestEntityTags(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		h := fixtureServer(t, db, api.Config{})
		tag := func(line string, header ...string) string {
			t.Helper()
			return must(t, h, 200, request{caller: "ann", line: line, header: header}).header.Get("ETag")
		}
		path := "/projects/" + pAlpha
		full := tag("GET " + path)
		if full == "" || full != tag("GET "+path) || full != tag("HEAD "+path) {
			t.Errorf("tags of one answer differ: %s", full)
		}
		if full == tag("GET "+path+"?select=title") || full == tag("GET "+path, objectOnly) {
			t.Error("different answers have one tag")
		}
		embed := "GET " + path + "?select=title,tasks(title)"
		before := tag(embed)
		must(t, h, 204, request{caller: "ann", line: "PATCH /tasks/" + tOne, body: `{"title":"uno"}`})
		if before == tag(embed) {
			t.Error("a changed embed has the old tag")
		}

		steps := []step{
			{name: "unchanged", line: "GET " + path, header: []string{"If-None-Match: " + full}, status: 304, has: []string{"Etag: " + full, "Cache-Control: private, no-cache"}},
			{name: "unchanged in a list", line: "GET " + path, header: []string{`If-None-Match: "x,y", W/` + full}, status: 304},
			{name: "any", line: "GET " + path, header: []string{"If-None-Match: *"}, status: 304},
			{name: "other hash", line: "GET " + path, header: []string{`If-None-Match: "1.AAAAAAAAAAAAAAAA"`}, status: 200},
			{name: "precondition of a read", line: "GET " + path, header: []string{`If-Match: "7.x"`}, status: 412},
			{name: "stale", line: "PATCH " + path, body: `{"title":"x"}`, header: []string{`If-Match: "7.x"`}, status: 412},
			{name: "weak", line: "PATCH " + path, body: `{"title":"x"}`, header: []string{"If-Match: W/" + full}, status: 412},
			{name: "no tag", line: "PATCH " + path, body: `{"title":"x"}`, header: []string{"If-Match: 1"}, status: 412},
			{name: "stale and nothing set", line: "PATCH " + path, body: `{}`, header: []string{`If-Match: "7.x"`}, status: 412},
			{name: "stale delete", line: "DELETE " + path, header: []string{`If-Match: "7.x"`}, status: 412},
			{name: "stale and unknown", caller: "bob", line: "PATCH /projects/" + pBeta, body: `{"title":"x"}`, header: []string{`If-Match: "7.x"`}, status: 404},
			{name: "hash does not count", line: "PATCH " + path, body: `{"title":"y"}`, header: []string{`If-Match: "1.whatever"`}, status: 204},
			{name: "list", line: "PATCH " + path, body: `{"title":"z"}`, header: []string{`If-Match: "1.x", "2.x"`}, status: 204},
			{name: "star", line: "PATCH " + path, body: `{"title":"w"}`, header: []string{"If-Match: *"}, status: 204},
			{name: "no version", line: "PATCH /labels/hot", body: `{"text":"x"}`, header: []string{`If-Match: "1.x"`}, status: 412},
			{name: "no version, star", line: "PATCH /labels/hot", body: `{"text":"x"}`, header: []string{"If-Match: *"}, status: 204},
			{name: "no version, no row", line: "PATCH /labels/none", body: `{"text":"x"}`, header: []string{`If-Match: "1.x"`}, status: 404},
		}
		for _, s := range steps {
			s.run(t, h)
		}
		if weak := tag("GET /labels/hot"); !strings.HasPrefix(weak, `W/"`) {
			t.Errorf("tag of a row without version: %s", weak)
		}
		res := must(t, h, 200, request{caller: "ann", line: "PATCH " + path, body: `{"title":"last"}`, header: []string{representation}})
		if got := tag("GET " + path); got != res.header.Get("ETag") {
			t.Errorf("PATCH answered %s, GET %s", res.header.Get("ETag"), got)
		}
	})
}

// TestOnePatchOfMany races writers that all read the same version.
func TestOnePatchOfMany(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		h := fixtureServer(t, db, api.Config{})
		path := "/projects/" + pAlpha
		tag := must(t, h, 200, request{caller: "ann", line: "GET " + path}).header.Get("ETag")
		statuses := make(chan int)
		const writers = 16
		for range writers {
			go func() {
				res := do(t, h, request{caller: "ann", line: "PATCH " + path, body: `{"title":"mine"}`, header: []string{"If-Match: " + tag}})
				statuses <- res.status
			}()
		}
		counts := map[int]int{}
		for range writers {
			counts[<-statuses]++
		}
		if counts[http.StatusNoContent] != 1 || counts[http.StatusPreconditionFailed] != writers-1 {
			t.Errorf("statuses %v", counts)
		}
	})
}
