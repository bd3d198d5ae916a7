package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
)

const (
	csvBody  = "Content-Type: text/csv"
	formBody = "Content-Type: application/x-www-form-urlencoded"
	returned = "Prefer: return=representation"
)

// TestTextBodies inserts rows of CSV and of forms. What is stored is compared with
// the answer of a read.
func TestTextBodies(t *testing.T) {
	t.Parallel()
	const stored = "GET /labels?id=gte.x&order=id"
	tests := []struct{ name, target, media, body, want string }{
		{"rows", "", csvBody, "id,text\nx1,One\nx2,Two\n", `[{"id":"x1","text":"One"},{"id":"x2","text":"Two"}]`},
		{"order of the columns", "", csvBody, "text,id\r\nOne,x1\r\nTwo,x2", `[{"id":"x1","text":"One"},{"id":"x2","text":"Two"}]`},
		{"quotes", "", csvBody, "\"id\",text\nx1,\"a \"\"b\"\", c\nd\"\n", `[{"id":"x1","text":"a \"b\", c\nd"}]`},
		{"CR LF in quotes", "", csvBody, "id,text\r\nx1,\"a\r\nb\r\r\nc\nd\re\"\r\n", `[{"id":"x1","text":"a\r\nb\r\r\nc\nd\re"}]`},
		{"empty text", "", csvBody, "id,text\nx1,\nx2,\"\"", `[{"id":"x1","text":""},{"id":"x2","text":""}]`},
		{"byte order mark", "", csvBody, "\ufeffid,text\nx1,\ufeffOne", `[{"id":"x1","text":"` + "\ufeff" + `One"}]`},
		{"blank lines", "", csvBody, "id,text\n\nx1,One\n\n", `[{"id":"x1","text":"One"}]`},
		{"spaces", "", csvBody, "id,text\nx1, One ", `[{"id":"x1","text":" One "}]`},
		{"a header alone", "", csvBody, "id,text\n", `[]`},
		{"other columns are passed over", "?columns=id,text", csvBody, "nope,id,text,token\n1,x1,One,2", `[{"id":"x1","text":"One"}]`},
		{"charset and header", "", csvBody + `; charset="UTF-8"; header=present`, "id,text\nx1,One", `[{"id":"x1","text":"One"}]`},
		{"no null but the word", "", csvBody, "id,text\nx1,null\nx2,NULL \nx3,\\N", `[{"id":"x1","text":"null"},{"id":"x2","text":"NULL "},{"id":"x3","text":"\\N"}]`},
		{"form", "", formBody, "id=x1&text=a+b%26%3d%2B&", `[{"id":"x1","text":"a b&=+"}]`},
		{"form of a browser", "", formBody + ";charset=UTF-8", "text=%C3%A9&id=x1", `[{"id":"x1","text":"é"}]`},
		{"empty field", "", formBody, "id=x1&text", `[{"id":"x1","text":""}]`},
		{"the word is text in a form", "", formBody, "id=x1&text=NULL", `[{"id":"x1","text":"NULL"}]`},
		{"other fields are passed over", "?columns=id,text", formBody, "id=x1&text=One&submit=Send", `[{"id":"x1","text":"One"}]`},
	}
	engines(t, func(t *testing.T, db *store.DB) {
		h := fixtureServer(t, db, api.Config{})
		for _, tt := range tests {
			must(t, h, http.StatusCreated, request{caller: "ann", line: "POST /labels" + tt.target, body: tt.body, header: []string{tt.media}})
			if got := must(t, h, 200, request{caller: "ann", line: stored}).body; got != tt.want {
				t.Errorf("%s: stored %s, want %s", tt.name, got, tt.want)
			}
			must(t, h, http.StatusNoContent, request{caller: "ann", line: "DELETE /labels?id=gte.x"})
		}
	})
}

// TestTextKinds reads texts in the kinds of their columns, with NULL, defaults,
// presets and upserts as JSON has them.
func TestTextKinds(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		h := fixtureServer(t, db, api.Config{})
		for _, s := range []struct {
			line, media, body string
			prefer            string
			status            int
			want              string
		}{
			{"POST /tasks?select=title,points,done&order=title", csvBody, "project_id,title,points,done\n" + pAlpha + ",n1,7,true\n" + pAlpha + ",n2,NULL,f\n", "", 201, `[{"title":"n1","points":7,"done":true},{"title":"n2","points":null,"done":false}]`},
			{"POST /tasks?select=title,points,done", formBody, "project_id=" + pAlpha + "&title=n3&points=-1&done=on", "", 201, `[{"title":"n3","points":-1,"done":true}]`},
			{"POST /tasks?columns=project_id,title,points&select=points", csvBody, "project_id,title\n" + pAlpha + ",n4", "", 201, `[{"points":null}]`},
			{"POST /labels?select=id,text", csvBody, "id,text\nhot,Hotter\nnew,New", ", resolution=merge-duplicates", 201, `[{"id":"hot","text":"Hotter"},{"id":"new","text":"New"}]`},
			{"POST /labels?select=id,text", formBody, "id=hot&text=Hot", ", resolution=merge-duplicates", 200, `[{"id":"hot","text":"Hot"}]`},
			{"POST /labels?select=id", csvBody, "id,text\nhot,Cold\nother,Other", ", resolution=ignore-duplicates", 201, `[{"id":"other"}]`},
			{"POST /tasks", csvBody, "project_id,title,points\n" + pAlpha + ",n5,x", "", 400, "22P02"},
			{"POST /tasks", csvBody, "project_id,title,points\n" + pAlpha + ",n5,", "", 400, "22P02"},
			{"POST /tasks", formBody, "project_id=x&title=n5", "", 400, "22P02"},
			{"POST /labels", csvBody, "id,text\nx1,NULL", "", 400, "23502"},
			{"POST /labels", csvBody, "id,text\nx1,a\x00b", "", 400, "22021"},
			{"POST /projects", csvBody, "title,code,token\nx,x,x", "", 400, "PGRST204"},
			{"POST /projects", csvBody, "title,code,owner_id\nx,x," + bob.String(), "", 403, "42501"},
			{"POST /projects", formBody, "title=x&code=x&internal=x", "", 400, "PGRST204"},
			{"POST /labels", csvBody, "id,text\nhot,Hot", "", 409, "23505"},
		} {
			res := must(t, h, s.status, request{caller: "ann", line: s.line, body: s.body, header: []string{s.media, returned + s.prefer}})
			if s.status < 300 && res.body != s.want || !strings.Contains(res.body, s.want) {
				t.Errorf("%s %q: %s, want %s", s.line, s.body, res.body, s.want)
			}
		}
	})
}

// TestTextBodiesRefused sends bodies that are ambiguous or expensive to read.
func TestTextBodiesRefused(t *testing.T) {
	t.Parallel()
	h := fixtureServer(t, memory(t), api.Config{})
	for _, tt := range []struct{ name, media, body, code string }{
		{"empty", csvBody, "", "PGRST102"},
		{"blank", csvBody, "\n\n", "PGRST102"},
		{"a byte order mark", csvBody, "\ufeff", "PGRST102"},
		{"a field more", csvBody, "id,text\nx1,One,\n", "PGRST102"},
		{"a field less", csvBody, "id,text\nx1\n", "PGRST102"},
		{"a column twice", csvBody, "id,text,id\nx1,One,x2", "PGRST102"},
		{"a column twice, passed over", csvBody, "id,text,no,no\nx1,One,1,2", "PGRST102"},
		{"an open quote", csvBody, "id,text\nx1,\"One", "PGRST102"},
		{"a quote within", csvBody, "id,text\nx1,O\"ne", "PGRST102"},
		{"text behind a quote", csvBody, "id,text\nx1,\"On\"e", "PGRST102"},
		{"not UTF-8", csvBody, "id,text\nx1,\xff", "PGRST102"},
		{"UTF-16", csvBody, "\xff\xfei\x00d\x00", "PGRST102"},
		{"another name", csvBody, "id, text\nx1,One", "PGRST204"},
		{"JSON", csvBody, `{"id":"x1","text":"One"}`, "PGRST"},
		{"header absent", csvBody + "; header=absent", "id,text\nx1,One", "PL415"},
		{"latin1", csvBody + "; charset=latin1", "id,text\nx1,One", "PL415"},
		{"rows", csvBody, "id,text\n" + strings.Repeat("x,y\n", 1001), "PL001"},
		{"fields", csvBody, strings.Repeat(",", 1600), "PL001"},
		{"empty", formBody, "", "PGRST102"},
		{"a field twice", formBody, "id=x1&text=a&text=b", "PGRST102"},
		{"half an escape", formBody, "id=x1&text=%4", "PGRST102"},
		{"not UTF-8", formBody, "id=x1&text=%FF", "PGRST102"},
		{"NUL", formBody, "id=x1&text=%00", "PGRST102"},
		{"fields", formBody, strings.Repeat("a&", 1601), "PL001"},
		{"latin1", formBody + "; charset=latin1", "id=x1&text=a", "PL415"},
	} {
		target := "POST /labels"
		if strings.Contains(tt.name, "passed over") {
			target += "?columns=id,text"
		}
		res := do(t, h, request{caller: "ann", line: target, body: tt.body, header: []string{tt.media}})
		if (res.status != 400 && res.status != 415) || !strings.Contains(res.body, tt.code) {
			t.Errorf("%s %q: %d %s, want %s", tt.name, tt.body[:min(len(tt.body), 40)], res.status, res.body, tt.code)
		}
	}
	for _, line := range []string{"PATCH /labels?id=eq.hot", "PATCH /labels/hot", "PUT /labels?id=eq.hot", "PUT /labels/hot", "POST /-/batch"} {
		for _, media := range []string{csvBody, formBody} {
			must(t, h, 415, request{caller: "ann", line: line, body: "id,text\nhot,x", header: []string{media}})
		}
	}
}

// TestFormOfAnotherOrigin sends a form as pages of this and of other origins do.
func TestFormOfAnotherOrigin(t *testing.T) {
	t.Parallel()
	h := fixtureServer(t, memory(t), api.Config{})
	send := func(status int, header ...string) {
		must(t, h, status, request{caller: "ann", line: "POST /labels", body: "id=x1&text=a", header: append(header, formBody, "Prefer: resolution=ignore-duplicates")})
	}
	send(415, "Sec-Fetch-Site: cross-site")
	send(415, "Sec-Fetch-Site: same-site")
	send(415, "Origin: https://evil.example")
	send(415, "Origin: null")
	stored := func(want string) {
		if got := must(t, h, 200, request{caller: "ann", line: "GET /labels?id=eq.x1&select=id"}).body; got != want {
			t.Errorf("stored %s, want %s", got, want)
		}
	}
	stored(`[]`)
	send(201, "Sec-Fetch-Site: same-origin")
	stored(`[{"id":"x1"}]`)
	send(201)
}
