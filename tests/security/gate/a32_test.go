package gate_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestA32MalformedIDs: ids that are none, and values of another type, are refused;
// ids from the path alone, without the database.
func TestA32MalformedIDs(t *testing.T) {
	t.Parallel()
	ids := map[string][]string{
		"notes": {
			"1", "1%20OR%201=1", "..%2F1", "%2e%2e", "x", "null", "*", "'", "%22", "%00", "%FF", "%0A", strings.Repeat("a", 5<<10), anaDraft + "x", anaDraft[:35], "{" + anaDraft + "}",
			anaDraft + "%20", "%20" + anaDraft, anaDraft + "%00", anaDraft + ",", "eq." + anaDraft, "in.(" + anaDraft + ")", "urn:uuid:" + anaDraft,
		},
		"tags": {"1%20OR%201=1", "x", "1.5", "1e0", "0x1", "9223372036854775808", "-9223372036854775809", "NaN", "null", "1;", "1--", "%D9%A1", "1%00", "true", strings.Repeat("1", 5000), "1,2"},
	}
	engines(t, func(t *testing.T, f *fixture) {
		if err := f.db.Close(); err != nil {
			t.Fatal(err)
		}
		for table, list := range ids {
			for _, id := range list {
				for _, a := range rowWays(table, id) {
					got := f.do(t, asAdmin, a)
					if a.method == http.MethodPut {
						continue
					}
					if got.Status != http.StatusBadRequest && got.Status != http.StatusNotFound && got.Status != http.StatusRequestURITooLong {
						t.Errorf("%s: status %d, want a refusal without the database: %s", a, got.Status, got.Body)
					}
				}
			}
		}
	})
}

// TestA32WrongTypes: values of another type than the column's are refused, and
// text is never anything but text.
func TestA32WrongTypes(t *testing.T) {
	t.Parallel()
	values := []string{`{"$ne":""}`, `["x"]`, `[]`, `{}`, `null`, `true`, `0`, `1.5`, `"x"`, `""`, `"1"`, `1e400`}
	// What a column takes besides these; nothing else is accepted.
	takes := map[string][]string{
		"title": {`"x"`, `"1"`}, "body": {`"x"`, `""`, `"1"`, `null`}, "amount": {`0`, `"1"`}, "rate": {`0`, `1.5`, `null`},
		"due": {`null`}, "project_id": {`null`}, "status": {`"x"`, `""`, `"1"`},
	}
	engines(t, func(t *testing.T, f *fixture) {
		for column, accepted := range takes {
			for _, v := range values {
				ok := strings.Contains(" "+strings.Join(accepted, " ")+" ", " "+v+" ")
				for _, a := range []ask{
					{method: http.MethodPatch, target: "/notes/" + anaDraft, body: `{"` + column + `":` + v + `}`},
					{method: http.MethodPost, target: "/notes?columns=slug,title,status," + column, body: fmt.Sprintf(`[{"slug":"fresh","title":"x","status":"draft"},{"slug":"other",%q:%s}]`, column, v), prefer: "missing=default"},
				} {
					if a.method == http.MethodPost && column != "title" && column != "status" {
						a.body = strings.Replace(a.body, `"other"`, `"other","title":"x","status":"draft"`, 1)
					}
					before := f.dump(t)
					got := f.do(t, asAna, a)
					if (got.Status < 300) != ok && (a.method == http.MethodPatch || !ok) {
						t.Errorf("%s: status %d: %s", a, got.Status, got.Body)
					}
					if got.Status >= 300 && f.dump(t) != before {
						t.Errorf("%s was refused and has changed something", a)
					}
					if got.Status < 300 {
						f.reset(t)
					}
				}
			}
		}
		for _, v := range values {
			if v != `"x"` && v != `"1"` {
				f.do(t, asAna, ask{method: http.MethodPost, target: "/rpc/first_note", body: `{"slug":` + v + `}`}).Want(http.StatusBadRequest)
			}
		}
		for _, filter := range []string{"id=eq.", "amount=eq.", "rate=eq.", "due=eq.", "amount=is.", "id=in.", "amount=in.(,)", "amount=in.(1,)", "amount=", "amount=eq", "amount=1", "id=eq.%7B%7D", "amount[$ne]=1", "amount[]=eq.1"} {
			got := f.do(t, asAna, ask{method: http.MethodGet, target: "/notes?" + filter})
			if got.Status != http.StatusBadRequest && filter != "amount=" {
				t.Errorf("/notes?%s: status %d, want 400: %s", filter, got.Status, got.Body)
			}
		}
	})
}

// bodyWays are the requests that read a body of a note.
func bodyWays(body string) []ask {
	return []ask{
		{method: http.MethodPost, target: "/notes", body: body},
		{method: http.MethodPost, target: "/notes", body: "[" + body + "]", prefer: represented},
		{method: http.MethodPost, target: "/notes?columns=title", body: "[" + body + "]"},
		{method: http.MethodPost, target: "/notes", body: body, prefer: merging},
		{method: http.MethodPatch, target: "/notes?id=eq." + anaDraft, body: body},
		{method: http.MethodPatch, target: "/notes/" + anaDraft, body: body},
		{method: http.MethodPost, target: "/rpc/first_note", body: body},
	}
}

// TestA33AmbiguousBodies: a body that two readers could read in two ways is refused.
func TestA33AmbiguousBodies(t *testing.T) {
	t.Parallel()
	bodies := []string{
		`{"title":"a","title":"b"}`, `{"title":"a","titl\u0065":"b"}`, `{"title":{"a":1,"a":2}}`, `{"title":"a"}{"x":1}`, `{"title":"a"}x`, `{"title":"a"},`, "{\"title\":\"a\"}\x00",
		"\ufeff" + `{"title":"a"}`, `{'title':'a'}`, `{title:"a"}`, `{"title":'a'}`, `{"title":"a",}`, `{,"title":"a"}`, `{"title":"a"/* x */}`, "{\"title\":\"a\"// x\n}", `{"title":"a"`, `"title":"a"}`, `{"title"}`, `{"title":}`,
		`{"title":"a` + "\n" + `"}`, `{"title":"\x41"}`, `{"title":"\u12"}`, `{"amount":01}`, `{"amount":+1}`, `{"amount":.5}`, `{"amount":1.}`, `{"amount":1e}`, `{"amount":NaN}`, `{"amount":Infinity}`, `{"title":undefined}`, `{"title":True}`,
		"", " ", "null", "true", "1", `"title"`, `[[]]`, `[1]`, `[null]`, `title=a`, `<title/>`, "---\ntitle: a", "{}{}", "[]]",
	}
	engines(t, func(t *testing.T, f *fixture) {
		f.untouched(t, "ambiguous bodies", func() {
			for _, body := range bodies {
				for _, a := range bodyWays(body) {
					if strings.Trim(a.body, "[ ]") == "" && body != "[]]" && body != "[[]]" {
						continue // no body, or an empty list of rows
					}
					if got := f.do(t, asAna, a); got.Status != http.StatusBadRequest {
						t.Errorf("%s: status %d, want 400: %s", a, got.Status, got.Body)
					}
				}
			}
		})
	})
}

// TestA35ContentTypes: a body is read as what it says it is, in UTF-8, or not at all:
// JSON everywhere, CSV and forms as new rows.
func TestA35ContentTypes(t *testing.T) {
	t.Parallel()
	types := map[string]bool{
		"application/json": true, "application/json; charset=utf-8": true, "application/json;charset=UTF-8": true, "Application/JSON": true,
		"text/plain": false, "": false, "application/json; charset=utf-7": false, "application/json; charset=utf-16": false, "application/json; charset=": false,
		"multipart/form-data; boundary=x": false, "application/x-www-form-urlencoded": false, "text/json": false, "application/jsonx": false, "application/problem+json": false,
		"application/json, text/plain": false, "*/*": false, "json": false, "application/json; charset=utf-8; charset=utf-7": false, "text/html": false, "application/xml": false, "text/csv": false,
	}
	engines(t, func(t *testing.T, f *fixture) {
		for contentType, ok := range types {
			for _, a := range bodyWays(`{"title":"new"}`)[4:6] {
				before := f.dump(t)
				got := f.as(t, asAna).With("Accept", "application/json").With("Content-Type", contentType).Do(a.method, a.target, a.body)
				switch {
				case ok && got.Status >= 300:
					t.Errorf("%q: status %d: %s", contentType, got.Status, got.Body)
				case !ok && (got.Status != http.StatusUnsupportedMediaType || f.dump(t) != before):
					t.Errorf("%q: status %d, want 415 and no change: %s", contentType, got.Status, got.Body)
				}
				if ok {
					f.reset(t)
				}
			}
		}
		for contentType, ok := range map[string]bool{
			"text/csv": true, "Text/CSV;charset=UTF-8": true, "text/csv; charset=utf-16": false, "text/csv; header=absent": false, "text/tab-separated-values": false,
			"application/csv": false, "text/csv, text/plain": false, "text/plain": false, "multipart/form-data; boundary=x": false, "": false,
		} {
			before := f.dump(t)
			got := f.as(t, asAna).With("Accept", "application/json").With("Content-Type", contentType).Post("/notes", "slug,title,status\nnew,new,draft")
			switch {
			case ok && got.Status != http.StatusCreated:
				t.Errorf("%q: status %d: %s", contentType, got.Status, got.Body)
			case !ok && (got.Status != http.StatusUnsupportedMediaType || f.dump(t) != before):
				t.Errorf("%q: status %d, want 415 and no change: %s", contentType, got.Status, got.Body)
			}
			f.reset(t)
		}
		f.untouched(t, "a form of another origin", func() {
			for header, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"} {
				f.as(t, asAna).With("Content-Type", mediaForm).With(header, value).Post("/notes", "slug=new&title=new&status=draft").Want(http.StatusUnsupportedMediaType)
			}
		})
		for _, encoding := range []string{"gzip", "deflate", "br", "identity, gzip"} {
			f.untouched(t, encoding, func() {
				f.as(t, asAna).With("Content-Encoding", encoding).Patch("/notes/"+anaDraft, `{"title":"new"}`).Want(http.StatusUnsupportedMediaType)
			})
		}
		f.untouched(t, "two content types", func() {
			f.as(t, asAna).With("Content-Type", "application/json").With("Content-Type", "text/plain").Patch("/notes/"+anaDraft, `{"title":"new"}`).Want(http.StatusUnsupportedMediaType)
		})
	})
}
