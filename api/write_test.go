package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
)

// step is a request of a story and what it has to answer.
type step struct {
	name   string
	caller string // default ann, "-" nobody
	line   string
	body   string
	header []string
	status int
	want   string   // body; "" does not look
	has    []string // "Name: value"
}

// story runs requests that build on each other, on a fresh fixture each.
func story(t *testing.T, steps ...step) {
	t.Helper()
	engines(t, func(t *testing.T, db *store.DB) {
		h := fixtureServer(t, db, api.Config{})
		for _, s := range steps {
			s.run(t, h)
		}
	})
}

func (s step) run(t *testing.T, h http.Handler) {
	t.Helper()
	caller := s.caller
	switch caller {
	case "":
		caller = "ann"
	case "-":
		caller = ""
	}
	res := do(t, h, request{caller: caller, line: s.line, body: s.body, header: s.header})
	if res.status != s.status {
		t.Errorf("%s: %s: status %d, want %d: %s", s.name, s.line, res.status, s.status, res.body)
		return
	}
	if s.want != "" && res.body != s.want {
		t.Errorf("%s: %s: %s, want %s", s.name, s.line, res.body, s.want)
	}
	for _, line := range s.has {
		name, value, _ := strings.Cut(line, ": ")
		if got := res.header.Get(name); got != value {
			t.Errorf("%s: %s: %s is %q, want %q", s.name, s.line, name, got, value)
		}
	}
}

const (
	representation = "Prefer: return=representation"
	objectOnly     = "Accept: application/vnd.pgrst.object+json"
)

func TestInsert(t *testing.T) {
	t.Parallel()
	story(
		t,
		step{name: "one", line: "POST /labels", body: `{"id":"a","text":"A"}`, status: 201, has: []string{"Content-Range: */*", "Content-Length: 0"}},
		step{name: "minimal", line: "POST /labels", body: `{"id":"b","text":"B"}`, header: []string{"Prefer: return=minimal, count=exact"}, status: 201, has: []string{"Content-Range: */1", "Preference-Applied: return=minimal, count=exact"}},
		step{name: "headers", line: "POST /labels", body: `{"id":"c d","text":"C"}`, header: []string{"Prefer: return=headers-only"}, status: 201, has: []string{"Location: /labels?id=eq.c%20d"}},
		step{name: "bulk", line: `POST /labels?columns="id","text"&select=id`, body: `[{"id":"x","text":"X"},{"id":"y","text":"Y","more":1}]`, header: []string{representation}, status: 201, want: `[{"id":"x"},{"id":"y"}]`, has: []string{"Content-Range: */*"}},
		step{name: "none", line: "POST /labels", body: `[]`, status: 201},
		step{name: "none returned", line: "POST /labels", body: `[]`, header: []string{representation}, status: 201, want: `[]`},
		step{name: "other keys", line: "POST /labels", body: `[{"id":"p","text":"P"},{"id":"q"}]`, status: 400},
		step{name: "nothing was stored", line: "GET /labels?id=in.(p,q)", status: 200, want: `[]`},
		step{name: "taken", line: "POST /labels", body: `{"id":"a","text":"A"}`, status: 409},
		step{name: "embed", line: "POST /tasks?select=title,project(title)", body: `{"title":"new","project_id":"` + pAlpha + `"}`, header: []string{representation}, status: 201, want: `[{"title":"new","project":{"title":"Alpha"}}]`},
		step{name: "object", line: "POST /labels?select=text&limit=1", body: `{"id":"o","text":"O"}`, header: []string{representation, objectOnly}, status: 201, want: `{"text":"O"}`, has: []string{"Content-Type: application/vnd.pgrst.object+json; charset=utf-8"}},
		step{name: "object of two", line: "POST /labels", body: `[{"id":"m","text":"M"},{"id":"n","text":"N"}]`, header: []string{representation, objectOnly}, status: 406},
		step{name: "it was undone", line: "GET /labels?id=in.(m,n)", status: 200, want: `[]`},
		step{name: "limit that cuts", line: "POST /labels?limit=1", body: `[{"id":"m","text":"M"},{"id":"n","text":"N"}]`, status: 400},
		step{name: "gate", caller: "bob", line: "POST /labels", body: `{"id":"z","text":"Z"}`, status: 403},
		step{name: "nobody", caller: "-", line: "POST /labels", body: `{"id":"z","text":"Z"}`, status: 401},
		step{name: "someone else's project", caller: "ann", line: "POST /tasks", body: `{"title":"x","project_id":"` + pGamma + `"}`, status: 409},
		step{name: "target that is not seen", line: "POST /project_labels", body: `{"project_id":"` + pBeta + `","label_id":"none"}`, status: 409},
		step{name: "preset", line: "POST /projects?select=owner_id,state", body: `{"title":"P","code":"p","owner_id":"` + ann.String() + `"}`, header: []string{representation}, status: 201, want: `[{"owner_id":"` + ann.String() + `","state":"open"}]`},
		step{name: "preset of another", line: "POST /projects", body: `{"title":"P","code":"p2","owner_id":"` + bob.String() + `"}`, status: 403},
		step{name: "narrowed", caller: "bob", line: "POST /projects", body: `{"title":"P","code":"p3","budget":1}`, status: 400},
		step{name: "read-only", line: "POST /projects", body: `{"title":"P","code":"p3","state":"done"}`, status: 400},
		step{name: "hidden", line: "POST /projects", body: `{"title":"P","code":"p3","internal":"x"}`, status: 400},
		step{name: "tenant", line: "POST /projects", body: `{"title":"P","code":"p3","tenant_id":"other"}`, status: 400},
		step{name: "validation", line: "POST /projects", body: `{"title":"","code":"p3"}`, status: 400},
		step{name: "service", caller: "service", line: "POST /teams", body: `{"name":"svc"}`, status: 201},
		step{name: "service without bypass", caller: "service", line: "POST /labels", body: `{"id":"z","text":"Z"}`, status: 403},
	)
}

func TestUpsert(t *testing.T) {
	t.Parallel()
	const merge, ignore = "Prefer: resolution=merge-duplicates, return=representation", "Prefer: resolution=ignore-duplicates, return=representation"
	story(
		t,
		step{name: "merge", line: "POST /labels", body: `[{"id":"hot","text":"Hotter"},{"id":"new","text":"New"}]`, header: []string{merge}, status: 201, want: `[{"id":"hot","text":"Hotter"},{"id":"new","text":"New"}]`},
		step{name: "merge only", line: "POST /labels", body: `{"id":"hot","text":"Hottest"}`, header: []string{merge}, status: 200},
		step{name: "ignore", line: "POST /labels", body: `[{"id":"hot","text":"x"},{"id":"newer","text":"Newer"}]`, header: []string{ignore}, status: 201, want: `[{"id":"newer","text":"Newer"}]`},
		step{name: "conflict column", line: "POST /teams?on_conflict=name&select=id,name", body: `{"name":"red"}`, header: []string{merge}, status: 200, want: `[{"id":1,"name":"red"}]`},
		step{name: "no key", line: "POST /labels?on_conflict=text", body: `{"id":"hot","text":"x"}`, header: []string{merge}, status: 400},
		step{name: "someone else's row", caller: "bob", line: "POST /projects?on_conflict=code", body: `{"title":"Mine","code":"b"}`, header: []string{merge}, status: 409},
		step{name: "seen but not changed", caller: "bob", line: "POST /projects?on_conflict=code", body: `{"title":"Mine","code":"a"}`, header: []string{merge}, status: 409},
		step{name: "unchanged", line: "GET /projects?select=title&code=in.(a,b)", status: 200, want: `[{"title":"Alpha"},{"title":"Beta"}]`},
	)
}

func TestPatch(t *testing.T) {
	t.Parallel()
	story(
		t,
		step{name: "one", line: "PATCH /tasks?title=eq.one", body: `{"points":5}`, status: 204, has: []string{"Content-Range: 0-0/*"}},
		step{name: "returned", line: "PATCH /tasks?project_id=eq." + pAlpha + "&select=title,points&order=title.desc", body: `{"done":true}`, header: []string{"Prefer: return=representation, count=exact"}, status: 200, want: `[{"title":"two","points":null},{"title":"one","points":5}]`, has: []string{"Content-Range: 0-1/2"}},
		step{name: "none", line: "PATCH /tasks?title=eq.none", body: `{"done":true}`, status: 204, has: []string{"Content-Range: */*"}},
		step{name: "nothing", line: "PATCH /tasks?title=eq.one", body: `{}`, header: []string{representation}, status: 200, want: `[]`},
		step{name: "rows of others", caller: "bob", line: "PATCH /projects?title=eq.Beta&select=title", body: `{"title":"x"}`, header: []string{representation}, status: 200, want: `[]`},
		step{name: "seen but not owned", caller: "bob", line: "PATCH /projects?title=eq.Alpha&select=title", body: `{"title":"x"}`, header: []string{representation}, status: 200, want: `[]`},
		step{name: "into what is not allowed", line: "PATCH /tasks?title=eq.one", body: `{"project_id":"` + pGamma + `"}`, status: 409},
		step{name: "no filter", line: "PATCH /tasks", body: `{"done":true}`, status: 400},
		step{name: "filter on the embed only", line: "PATCH /tasks?select=title,project!inner(title)&project.title=eq.Alpha", body: `{"done":true}`, status: 400},
		step{name: "limit", line: "PATCH /tasks?title=eq.one&limit=1", body: `{"done":true}`, status: 400},
		step{name: "object", line: "PATCH /tasks?title=eq.one&select=title", body: `{"title":"uno"}`, header: []string{representation, objectOnly}, status: 200, want: `{"title":"uno"}`},
		step{name: "object of two", line: "PATCH /tasks?done=is.true", body: `{"title":"all"}`, header: []string{representation, objectOnly}, status: 406},
		step{name: "object of none", line: "PATCH /tasks?title=eq.none", body: `{"title":"all"}`, header: []string{representation, objectOnly}, status: 406},
		step{name: "they were undone", line: "GET /tasks?title=eq.all", status: 200, want: `[]`},
		step{name: "create-only", line: "PATCH /projects?code=eq.a", body: `{"code":"z"}`, status: 400},
		step{name: "read-only", line: "PATCH /projects?code=eq.a", body: `{"version":9}`, status: 400},
		step{name: "preset", line: "PATCH /projects?code=eq.a", body: `{"owner_id":"` + bob.String() + `"}`, status: 403},
		step{name: "narrowed column", caller: "bob", line: "PATCH /projects?title=eq.Gamma", body: `{"budget":1}`, status: 400},
		step{name: "hidden filter", line: "PATCH /projects?token=eq.t-alpha", body: `{"title":"z"}`, status: 400},
	)
}

func TestDelete(t *testing.T) {
	t.Parallel()
	story(
		t,
		step{name: "no filter", line: "DELETE /tasks", status: 400},
		step{name: "others'", caller: "bob", line: "DELETE /projects?title=in.(Alpha,Beta)", header: []string{"Prefer: count=exact"}, status: 204, has: []string{"Content-Range: */0"}},
		step{name: "soft", line: "DELETE /tasks?title=eq.one&select=title", header: []string{"Prefer: return=representation, count=exact"}, status: 200, want: `[{"title":"one"}]`, has: []string{"Content-Range: */1"}},
		step{name: "gone", line: "GET /tasks?title=eq.one", status: 200, want: `[]`},
		step{name: "referenced", line: "DELETE /labels?id=eq.old", status: 409},
		step{name: "junction", caller: "bob", line: "DELETE /project_labels?label_id=eq.old", status: 204},
		step{name: "free now", line: "DELETE /labels?id=eq.old", status: 204},
	)
}

// TestMaxAffected undoes writes of too many rows in every way a write can run: as one
// statement, with an answer, with an embed in it, and with a row that the caller cannot see
// any more.
func TestMaxAffected(t *testing.T) {
	t.Parallel()
	prefer := func(more string) []string { return []string{"Prefer: handling=strict, max-affected=1" + more} }
	const two = "/tasks?title=in.(one,two)"
	var steps []step
	for _, s := range []step{
		{name: "plain", line: "PATCH " + two, body: `{"done":true}`, header: prefer("")},
		{name: "returned", line: "PATCH " + two + "&select=title", body: `{"done":true}`, header: prefer(", return=representation")},
		{name: "embed", line: "PATCH " + two + "&select=title,project(title)", body: `{"done":true}`, header: prefer(", return=representation")},
		{name: "delete", line: "DELETE " + two, header: prefer("")},
		{name: "delete embed", line: "DELETE " + two + "&select=project(title)", header: prefer(", return=representation")},
		{name: "untracked", line: "PATCH /labels?id=in.(hot,old)", body: `{"text":"x"}`, header: prefer("")},
		{name: "untracked returned", line: "PATCH /labels?id=in.(hot,old)&select=id", body: `{"text":"x"}`, header: prefer(", return=representation")},
	} {
		s.status = 400
		steps = append(steps, s,
			step{name: "after " + s.name, line: "GET /tasks?select=title,done&order=title&title=in.(one,two)", status: 200, want: `[{"title":"one","done":false},{"title":"two","done":true}]`},
			step{name: "after " + s.name, line: "GET /labels?select=text&order=id", status: 200, want: `[{"text":"Hot"},{"text":"Old"}]`})
	}
	steps = append(steps,
		step{name: "row", line: "PATCH /tasks/" + tOne, body: `{"points":4}`, header: []string{"Prefer: handling=strict, max-affected=0"}, status: 400},
		step{name: "within", line: "PATCH /tasks?title=eq.one", body: `{"points":4}`, header: prefer(""), status: 204},
		step{name: "insert", line: "POST /labels", body: `[{"id":"x","text":""},{"id":"y","text":""}]`, header: prefer(""), status: 201, has: []string{"Preference-Applied: handling=strict"}})
	story(t, steps...)
}

// An answer of a write that is larger than the limit leaves nothing written, by
// whichever way the write goes.
func TestWrittenAnswerLimit(t *testing.T) {
	t.Parallel()
	const all = "select=text,a:text,b:text,c:text,d:text,e:text,f:text,g:text"
	long := strings.Repeat("x", 150)
	engines(t, func(t *testing.T, db *store.DB) {
		h := fixtureServer(t, db, api.Config{Limits: api.Limits{Answer: 1000}})
		for i := range 8 {
			put(t, db, "acme", &label{ID: fmt.Sprint("l", i), Text: "unchanged"})
		}
		tasks := must(t, h, 200, request{caller: "ann", line: "GET /tasks?select=title&order=title"}).body
		for _, s := range []struct{ name, line, body string }{
			{"rows by a filter, without a log", "PATCH /labels?id=not.is.null", `{"text":"` + long + `"}`},
			{"a row by its key", "PATCH /labels?id=eq.hot&" + all, `{"text":"` + long + `"}`},
			{"a row by its path", "PATCH /labels/hot?" + all, `{"text":"` + long + `"}`},
			{"new rows", "POST /labels?" + all, `{"id":"new","text":"` + long + `"}`},
			{"an upsert", "PUT /labels?id=eq.hot&" + all, `{"id":"hot","text":"` + long + `"}`},
			{"deleted rows", "DELETE /labels?id=like.l*&" + all, ""},
			{"rows by a filter, with a log", "PATCH /projects?id=not.is.null&select=*,a:title,b:title,c:title,d:title", `{"title":"` + long + `"}`},
			{"embeds", "PATCH /projects?id=not.is.null&select=title,a:tasks(*),b:tasks(*),c:tasks(*)", `{"title":"written"}`},
			{"embeds in an order", "PATCH /projects?id=not.is.null&select=title,a:tasks(*),b:tasks(*),c:tasks(*)&order=title", `{"title":"written"}`},
			{"embeds of deleted rows", "DELETE /tasks?id=not.is.null&select=*,project(*,tasks(*))", ""},
		} {
			res := do(t, h, request{caller: "ann", line: s.line, body: s.body, header: []string{"Prefer: return=representation"}})
			if res.status != 400 || !strings.Contains(res.body, `"PL001"`) || !strings.Contains(res.body, "answer") {
				t.Errorf("%s: %d %.200s", s.name, res.status, res.body)
			}
		}
		if n, err := store.For[label](db).Count(t.Context(), store.In("text", []string{"unchanged", "Hot", "Old"})); n != 10 || err != nil {
			t.Errorf("%d labels are as they were, %v", n, err)
		}
		if res := must(t, h, 200, request{caller: "ann", line: "GET /projects?select=title&order=title"}); res.body != `[{"title":"Alpha"},{"title":"Beta"}]` {
			t.Errorf("projects: %s", res.body)
		}
		if res := must(t, h, 200, request{caller: "ann", line: "GET /tasks?select=title&order=title"}); res.body != tasks {
			t.Errorf("tasks: %s, not %s", res.body, tasks)
		}
	})
}
