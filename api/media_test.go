package api_test

import (
	stdcsv "encoding/csv"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
)

// TestCSV reads the answers with encoding/csv.
func TestCSV(t *testing.T) {
	t.Parallel()
	const csv = "Accept: text/csv"
	texts := []string{"plain", "", `"quoted", and more`, "two\nlines", "a\r\nb", ",", " space ", "=1+1", "é\u2028"}
	engines(t, func(t *testing.T, db *store.DB) {
		h := fixtureServer(t, db, api.Config{})
		for i, text := range texts {
			must(t, h, 201, request{caller: "ann", line: "POST /labels", body: `{"id":"t` + string(rune('0'+i)) + `","text":` + quoted(text) + `}`})
		}
		res := must(t, h, 200, request{caller: "ann", line: "GET /labels?select=text,id&id=like.t*&order=id", header: []string{csv}})
		got, err := stdcsv.NewReader(strings.NewReader(strings.ReplaceAll(res.body, "\r\n", "\r\r\n"))).ReadAll() // the reader drops a CR before a LF
		if err != nil {
			t.Fatal(err)
		}
		want := [][]string{{"text", "id"}}
		for i, text := range texts {
			want = append(want, []string{text, "t" + string(rune('0'+i))})
		}
		if !slices.EqualFunc(got, want, slices.Equal[[]string]) {
			t.Errorf("got %q\nwant %q", got, want)
		}
		for _, s := range []step{
			{name: "null and embed", line: "GET /tasks?select=points,done,project(title)&order=title", status: 200, want: "points,done,project\n3,false,\"{\"\"title\"\":\"\"Alpha\"\"}\"\n,true,\"{\"\"title\"\":\"\"Alpha\"\"}\""},
			{name: "row", line: "GET /labels/hot?select=text", status: 200, want: "text\nHot", has: []string{"Content-Type: text/csv; charset=utf-8"}},
			{name: "hidden column", line: "GET /projects?select=token", status: 400},
			{name: "head", line: "HEAD /labels?select=text&id=eq.hot", status: 200, has: []string{"Content-Length: 8", "Content-Type: text/csv; charset=utf-8"}},
			{name: "empty select", line: "GET /labels?select=&id=in.(hot,old)", status: 200},
			{name: "delete", line: "DELETE /labels?id=eq.t0&select=id", header: []string{representation}, status: 200, want: "id\nt0"},
		} {
			s.header = append(s.header, csv)
			s.run(t, h)
		}
	})
}

func quoted(text string) string {
	return `"` + strings.NewReplacer(`"`, `\"`, "\n", `\n`, "\r", `\r`).Replace(text) + `"`
}

// TestNullsStripped: nulls are stripped from the answers of one row, of writes and of HEAD
// too.
func TestNullsStripped(t *testing.T) {
	t.Parallel()
	const object, array = "Accept: application/vnd.pgrst.object+json;nulls=stripped", "Accept: application/vnd.pgrst.array+json;nulls=stripped"
	story(
		t,
		step{name: "list", line: "GET /tasks?select=title,points,project(title,team_id)&order=title", header: []string{array}, status: 200, want: `[{"title":"one","points":3,"project":{"title":"Alpha","team_id":1}},{"title":"two","project":{"title":"Alpha","team_id":1}}]`},
		step{name: "row", line: "GET /tasks/" + tTwo + "?select=title,points", header: []string{array}, status: 200, want: `{"title":"two"}`},
		step{name: "one", line: "GET /tasks?select=points&title=eq.two", header: []string{object}, status: 200, want: `{}`},
		step{name: "two", line: "GET /tasks", header: []string{object}, status: http.StatusNotAcceptable},
		step{name: "head", line: "HEAD /tasks?select=points&title=eq.two", header: []string{array}, status: 200, has: []string{"Content-Length: 4"}},
		step{name: "write", line: "PATCH /tasks?title=eq.one&select=points", body: `{"points":null}`, header: []string{array, representation}, status: 200, want: `[{}]`},
		step{name: "write of none", line: "PATCH /tasks?title=eq.none&select=points", body: `{"points":null}`, header: []string{array, representation}, status: 200, want: `[]`},
	)
}
