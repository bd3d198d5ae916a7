package gatetest_test

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestA32: ids that are none, and values of another type, are refused;
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

// TestA32Types: values of another type than the column's are refused, and
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

// TestA33: a body that two readers could read in two ways is refused.
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

// TestA34: a body made to cost much costs little. It does not run beside
// others, whose memory it would count.
func TestA34ExpensiveBodies(t *testing.T) {
	f := openSQLite(t)
	keys := make([]string, 100_000)
	for i := range keys {
		keys[i] = fmt.Sprintf(`"k%d":1`, i)
	}
	bodies := map[string]string{
		"nested arrays":   strings.Repeat("[", 100_000),
		"closed arrays":   strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000),
		"nested objects":  strings.Repeat(`{"title":`, 100_000),
		"nested in value": `{"title":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`,
		"long key":        `{"` + strings.Repeat("k", 1<<20) + `":1}`,
		"long key, fits":  `{"` + strings.Repeat("k", 1<<20-100) + `":1}`,
		"many keys":       "{" + strings.Join(keys, ",") + "}",
		"same key":        "{" + strings.TrimSuffix(strings.Repeat(`"title":"a",`, 80_000), ",") + "}",
		"long number":     `{"amount":` + strings.Repeat("9", 1_000_000) + `}`,
		"long fraction":   `{"rate":0.` + strings.Repeat("9", 1_000_000) + `}`,
		"large exponent":  `{"rate":1e999999}`,
		"small exponent":  `{"amount":1e-999999999}`,
		"many rows":       "[" + strings.TrimSuffix(strings.Repeat(`{},`, 300_000), ",") + "]",
		"escapes":         `{"title":"` + strings.Repeat(`\u0000`, 100_000) + `"}`,
	}
	for name, body := range bodies {
		t.Run(name, func(t *testing.T) {
			for _, a := range bodyWays(body) {
				if a.body != body {
					continue
				}
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				began := time.Now()
				got := f.do(t, asAna, a)
				took := time.Since(began)
				runtime.ReadMemStats(&after)
				unknown := strings.HasPrefix(a.target, "/rpc/") && got.Code() == "PGRST202" // no function has such arguments
				if got.Status != http.StatusBadRequest && got.Status != http.StatusRequestEntityTooLarge && !unknown {
					t.Errorf("%s: status %d, want 400 or 413: %s", a.method, got.Status, shortened(got.Body))
				}
				if took > 500*time.Millisecond { // ten times the aim: the machine may be busy
					t.Errorf("%s %s took %v", a.method, a.target, took)
				}
				// All that was allocated, not what stayed: a body is read and its answer written.
				if grown := after.TotalAlloc - before.TotalAlloc; grown > uint64(4*len(body)+1<<20) {
					t.Errorf("%s %s took %d bytes of memory for %d of body", a.method, a.target, grown, len(body))
				}
			}
		})
	}
}

// TestA34: so does CSV, and a form.
func TestA34ExpensiveTexts(t *testing.T) {
	f := openSQLite(t)
	fields := make([]string, 100_000)
	for i := range fields {
		fields[i] = fmt.Sprintf("k%d", i)
	}
	for _, tt := range []struct{ name, media, body string }{
		{"commas", mediaCSV, strings.Repeat(",", 1_000_000)},
		{"commas in a row", mediaCSV, "title\n" + strings.Repeat(",", 1_000_000)},
		{"names", mediaCSV, strings.Join(fields, ",")},
		{"rows", mediaCSV, "title\n" + strings.Repeat("x\n", 500_000)},
		{"blank lines", mediaCSV, strings.Repeat("\n", 1_000_000)},
		{"quotes", mediaCSV, strings.Repeat(`"`, 1_000_000)},
		{"line ends in quotes", mediaCSV, "title\n\"" + strings.Repeat("\r\n", 500_000)},
		{"long number", mediaCSV, "amount\n" + strings.Repeat("9", 1_000_000)},
		{"form", mediaForm, strings.Repeat("a&", 500_000)},
		{"fields", mediaForm, strings.Join(fields, "&")},
		{"escapes", mediaForm, "title=" + strings.Repeat("%00", 300_000)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			began := time.Now()
			got := f.as(t, asAna).With("Accept", "application/json").With("Content-Type", tt.media).Post("/notes", tt.body)
			took := time.Since(began)
			runtime.ReadMemStats(&after)
			if got.Status != http.StatusBadRequest {
				t.Errorf("status %d, want 400: %s", got.Status, shortened(got.Body))
			}
			if took > 500*time.Millisecond {
				t.Errorf("took %v", took)
			}
			if grown := after.TotalAlloc - before.TotalAlloc; grown > uint64(20*len(tt.body)+1<<20) { // encoding/csv grows its buffers with a line
				t.Errorf("took %d bytes of memory for %d of body", grown, len(tt.body))
			}
		})
	}
}

// TestA34: so does a step of a batch that takes more from the steps before it than
// a body can hold, or has deeper places for it than a document has.
func TestA34ExpensiveBinds(t *testing.T) {
	f := openSQLite(t)
	var rows []string
	for i := range 9 {
		rows = append(rows, fmt.Sprintf(`{"slug":"long-%d","title":"long","status":"draft","body":"%s"}`, i, strings.Repeat("x", 100_000)))
	}
	f.do(t, asAna, ask{method: http.MethodPost, target: "/notes", body: "[" + strings.Join(rows, ",") + "]"}).Want(http.StatusCreated)
	batch := func(binds string) string {
		return `[{"id":"long","method":"GET","path":"/notes?slug=like.long-*"},{"method":"POST","path":"/notes","body":{},"bind":{` + binds + `}}]`
	}
	var whole []string
	for i := range 32 {
		whole = append(whole, fmt.Sprintf(`"/m%d":"long#"`, i))
	}
	deep := strings.Repeat("/a", 200_000)
	cost := func(body string, status int, limit string) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		got := f.do(t, asAna, ask{method: http.MethodPost, target: "/-/batch", body: body})
		runtime.ReadMemStats(&after)
		if got.Status != status || !strings.Contains(got.Body, limit) {
			t.Errorf("status %d, want %d by the limit %s: %s", got.Status, status, limit, shortened(got.Body))
		}
		return after.TotalAlloc - before.TotalAlloc
	}
	usual := cost(batch(`"/m":"long#/0/nothing"`), http.StatusBadRequest, "no such place")
	for _, tt := range []struct {
		name, body, limit string
		status            int
	}{
		{"the answer again and again", batch(strings.Join(whole, ",")), "1048576 bytes", http.StatusRequestEntityTooLarge},
		{"a deep place", batch(`"` + deep + `":"long#/0/slug"`), "bind: at most", http.StatusBadRequest},
		{"a deep value", batch(`"/m":"long#` + deep + `"`), "bind: at most", http.StatusBadRequest},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if grown := cost(tt.body, tt.status, tt.limit); grown > usual+uint64(16*len(tt.body))+4<<20 {
				t.Errorf("took %d bytes of memory, and %d without", grown, usual)
			}
		})
	}
}

// TestA35: a body is read as what it says it is, in UTF-8, or not at all:
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
