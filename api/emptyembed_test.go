package api_test

import (
	"strings"
	"testing"
)

// TestUnknownEmptyEmbed: an embed with empty brackets adds no member to the answer, and its
// names are still checked, in reads and writes.
func TestUnknownEmptyEmbed(t *testing.T) {
	t.Parallel()
	const filter, row = "id=eq." + pAlpha, "/projects/" + pAlpha
	var steps []step
	for _, embed := range []string{"nosuch()", "nosuch!inner()", "tasks(nosuch())", "team()&team.nosuch=eq.1"} {
		query := "select=id," + embed
		read := step{name: "read", line: "GET " + row + "?" + query, status: 400}
		if strings.Contains(embed, "team") {
			read.want = `{"code":"42703","message":"column teams.nosuch does not exist","details":null,"hint":null}`
		}
		steps = append(steps, read)
		for _, w := range []step{
			{line: "POST /projects?", body: `{"title":"New","code":"n"}`},
			{line: "POST /projects?", body: `[{"title":"New","code":"n"},{"title":"New","code":"m"}]`},
			{line: "POST /projects?", body: `{"id":"` + pAlpha + `","title":"New","code":"n"}`, header: []string{"Prefer: return=representation,resolution=merge-duplicates"}},
			{line: "PUT /projects?" + filter + "&", body: `{"id":"` + pAlpha + `","title":"New","code":"a"}`},
			{line: "PATCH /projects?" + filter + "&", body: `{"title":"New"}`},
			{line: "DELETE /projects?id=eq." + pBeta + "&"},
			{line: "PUT " + row + "?", body: `{"title":"New","code":"a"}`},
			{line: "PATCH " + row + "?", body: `{"title":"New"}`},
			{line: "DELETE /projects/" + pBeta + "?"},
		} {
			w.name, w.line, w.status, w.want = "write", w.line+query, read.status, read.want
			if w.header == nil {
				w.header = []string{representation}
			}
			steps = append(steps, w)
		}
	}
	// Of a table without a change log, which SQLite writes by one statement too.
	steps = append(
		steps,
		step{name: "insert", line: "POST /labels?select=id,nosuch()", body: `{"id":"new","text":"x"}`, header: []string{representation}, status: 400},
		step{name: "update", line: "PATCH /labels?select=id,nosuch()&id=eq.hot", body: `{"text":"x"}`, header: []string{representation}, status: 400},
		step{name: "delete", line: "DELETE /labels/old?select=id,nosuch()", header: []string{representation}, status: 400},
		step{name: "nothing was written", line: "GET /labels?order=id", status: 200, want: `[{"id":"hot","text":"Hot"},{"id":"old","text":"Old"}]`},
		step{name: "nor there", line: "GET /projects?select=title,version&order=title", status: 200, want: `[{"title":"Alpha","version":1},{"title":"Beta","version":1}]`},
		step{name: "a right name", line: "PATCH /projects?select=title,team()&" + filter, body: `{"title":"New"}`, header: []string{representation}, status: 200, want: `[{"title":"New"}]`},
		step{name: "new rows", line: "POST /projects?select=title,team()", body: `{"title":"Newer","code":"n"}`, header: []string{representation}, status: 201, want: `[{"title":"Newer"}]`},
	)
	story(t, steps...)
}
