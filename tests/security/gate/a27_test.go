package gate_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

// TestA27CorpusAsStoredText: every string of the corpus is stored as it is, read back
// as it is, and found by what equals it.
func TestA27CorpusAsStoredText(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, f *fixture) {
		for i, s := range corpus() {
			id := fmt.Sprintf("00000000-0000-7000-8000-%012x", 0x900000+i)
			body, err := json.Marshal(map[string]any{"id": id, "slug": id, "title": "t" + s, "body": s, "status": "draft"})
			if err != nil {
				t.Fatal(err)
			}
			a := ask{method: http.MethodPost, target: "/notes?select=title,body", body: string(body), prefer: represented}
			written := f.do(t, asAna, a)
			if !storable(s) {
				continue
			}
			if got := texts(t, written.Want(http.StatusCreated).Body); len(got) != 1 || got[0] != [2]string{"t" + s, s} {
				t.Errorf("%q comes back from a write as %q", shortened(s), shortened(fmt.Sprint(got)))
			}
			read := f.do(t, asAna, ask{method: http.MethodGet, target: "/notes/" + id + "?select=title,body"})
			if got := texts(t, "["+read.Want(http.StatusOK).Body+"]"); len(got) != 1 || got[0] != [2]string{"t" + s, s} {
				t.Errorf("%q is read as %q", shortened(s), shortened(fmt.Sprint(got)))
			}
			if len(s) > 2000 {
				continue // longer than a URL may be
			}
			for _, op := range []string{"eq." + inQuery(s), "in.(" + inQuery(quotedValue(s)) + ")"} {
				found := f.do(t, asAna, ask{method: http.MethodGet, target: "/notes?select=title,body&id=eq." + id + "&body=" + op})
				if got := texts(t, found.Want(http.StatusOK).Body); len(got) != 1 {
					t.Errorf("body=%s does not find %q: %q", op, shortened(s), got)
				}
			}
		}
	})
}

func texts(t *testing.T, body string) [][2]string {
	t.Helper()
	var rows []struct{ Title, Body string }
	if err := json.Unmarshal([]byte(body), &rows); err != nil {
		t.Fatalf("%v: %s", err, shortened(body))
	}
	var list [][2]string
	for _, r := range rows {
		list = append(list, [2]string{r.Title, r.Body})
	}
	return list
}

// valueOps are the operators that take a value, and the plain ones that the
// corpus must not make anything else of.
var valueOps = []string{"eq", "neq", "gt", "gte", "lt", "lte", "like", "ilike", "match", "imatch", "in", "is", "not.eq", "not.like", "cs", "fts"}

// TestA27CorpusAsFilterValue: as value of any operator, of a column of any kind, a
// string is a value: never a 5xx, never another's row, and nothing changes.
func TestA27CorpusAsFilterValue(t *testing.T) {
	t.Parallel()
	columns := []string{"title", "amount", "rate", "due", "id"}
	engines(t, func(t *testing.T, f *fixture) {
		f.untouched(t, "the corpus as filter", func() {
			for i, s := range corpus() {
				if len(s) > 2000 {
					s = s[:2000]
				}
				for j, op := range valueOps {
					if !programtest.Long() && (i+j)%5 != 0 {
						continue
					}
					column := columns[(i+j)%len(columns)]
					f.checkValue(t, "/notes?select=slug&"+column+"="+op+"."+inQuery(s))
					f.checkValue(t, "/notes?select=slug&or=("+column+"."+op+"."+inQuery(s)+",amount.lt.0)")
				}
			}
		})
	})
}

func (f *fixture) checkValue(t *testing.T, target string) {
	t.Helper()
	got := f.do(t, asAna, ask{method: http.MethodGet, target: target})
	if got.Status != http.StatusOK && got.Status != http.StatusBadRequest && got.Status != http.StatusRequestURITooLong {
		t.Errorf("GET %s: status %d: %s", shortened(target), got.Status, shortened(got.Body))
	}
	for _, r := range rowsOf("notes") {
		if !sees(asAna, "notes", r) && strings.Contains(got.Body, fmt.Sprintf(`"slug":%q`, r["slug"])) {
			t.Errorf("GET %s shows %v", target, r["slug"])
		}
	}
}

// TestA27CorpusAsAlias: a name that a client chooses for a column is a name in the answer
// and nothing else.
func TestA27CorpusAsAlias(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, f *fixture) {
		for _, s := range corpus() {
			if len(s) > 500 || !storable(s) {
				continue
			}
			for _, selected := range []string{quotedValue(s) + ":slug", quotedValue(s) + ":owner(name)"} {
				a := ask{method: http.MethodGet, target: "/notes?id=eq." + anaDraft + "&select=" + inQuery(selected)}
				got := f.do(t, asAna, a)
				if got.Status == http.StatusBadRequest {
					continue
				}
				var rows []map[string]any
				if err := json.Unmarshal([]byte(got.Body), &rows); err != nil || len(rows) != 1 || len(rows[0]) != 1 {
					t.Errorf("select=%s: %v: %s", selected, err, got.Body)
					continue
				}
				if _, has := rows[0][s]; !has {
					t.Errorf("select=%s: the name is not %q: %s", selected, s, got.Body)
				}
			}
		}
	})
}

// TestA28Numbers: numbers at and beyond the limits are compared as numbers or
// refused, alike on both engines, and never a part of SQL.
func TestA28Numbers(t *testing.T) {
	t.Parallel()
	numbers := map[string]func(int) bool{ // what amount=gt.<number> selects; nil where it is refused
		"-1": func(int) bool { return true }, "-0": func(int) bool { return true }, "0": func(int) bool { return true }, "25": func(n int) bool { return n > 25 },
		"-9223372036854775808": func(int) bool { return true }, "9223372036854775807": func(int) bool { return false },
		"9223372036854775808": nil, "-9223372036854775809": nil, "18446744073709551615": nil, "1e309": nil, "NaN": nil, "Infinity": nil, "-Infinity": nil, "0x10": nil,
		"1e1": nil, "1.5": nil, "1_000": nil, "--1": nil, "1--": nil, "-1 or 1=1": nil, "-1)--": nil, "": nil, " 1": nil, "+1": nil, "٣": nil, "1\n": nil, "1;": nil,
	}
	engines(t, func(t *testing.T, f *fixture) {
		for n, selects := range numbers {
			for _, more := range []string{"", "&title=eq.x%0A%20OR%201=1--", "&title=neq.x%0A%20OR%201=1--", "&rate=gt.-1", "&amount=neq.-5"} {
				a := ask{method: http.MethodGet, target: "/notes?select=amount&amount=gt." + inQuery(n) + more}
				got := f.do(t, asAna, a)
				if selects == nil {
					if n != "+1" && n != " 1" && got.Status != http.StatusBadRequest {
						t.Errorf("%s: status %d, want 400: %s", a, got.Status, got.Body)
					}
					continue
				}
				want := "["
				for _, r := range readable(asAna, "notes") {
					hit := selects(r["amount"].(int)) && !strings.Contains(more, "=eq.x") && (!strings.Contains(more, "rate") || r["rate"] != nil)
					if hit {
						want += fmt.Sprintf(`{"amount":%d},`, r["amount"])
					}
				}
				if want = strings.TrimSuffix(want, ",") + "]"; got.Body != want {
					t.Errorf("%s: got %s, want %s", a, got.Body, want)
				}
			}
		}
		for _, n := range []string{"NaN", "Infinity", "-Infinity", "1e309", "-1e309", "nan", "inf", "0x1p4", "1e", ".", "1_0", ""} {
			f.do(t, asAna, ask{method: http.MethodGet, target: "/notes?rate=gt." + inQuery(n)}).Want(http.StatusBadRequest)
		}
		for _, n := range []string{"-0", "-0.0", "0e5", "1e308", "5e-324"} {
			f.do(t, asAna, ask{method: http.MethodGet, target: "/notes?rate=neq." + inQuery(n)}).Want(http.StatusOK)
		}
		for _, body := range []string{`{"amount":9223372036854775808}`, `{"amount":1.5}`, `{"amount":1e309}`, `{"amount":"0x10"}`, `{"amount":"1e1x"}`, `{"rate":1e309}`, `{"rate":"NaN"}`, `{"amount":true}`} {
			f.untouched(t, body, func() {
				f.do(t, asAna, ask{method: http.MethodPatch, target: "/notes/" + anaDraft, body: body}).Want(http.StatusBadRequest)
			})
		}
	})
}

// TestA29Names: names that are no names of columns, relations, tables or
// functions are refused in every place where a name stands.
func TestA29Names(t *testing.T) {
	t.Parallel()
	names := []string{
		`title"--`, `"title"--`, "notes.title", "public.notes", "(select 1)", "pg_sleep(5)", "sqlite_version()", "t0.title", "t0", "rowid", "oid", "ctid", "xmin", "tableoid", "_rowid_",
		"title--", "title;", "title'", "title/**/", "title)", "(title", "title,", "title title", "TITLE", "Title", "tіtle", "ｔitle", "title\u200b", "ti\u0301tle", "\u202etitle",
		"", " ", "*", `"*"`, "**", "*.*", "count(*)", "count()()", "sum(id)", "$1", "?", ":x", "@x", "%73", "--", "/*", "1", "-1", "null", "true", "plinth_changes", "plinth_settings", "sqlite_master", "pg_catalog.pg_user",
		strings.Repeat("a", 300), strings.Repeat("é", 300), "title\x00", "\x00", "\xff", "title\xff", "\n", "title\n", "__proto__", "constructor", "owner.name", "owner(name)", "name(owner)",
	}
	places := []ask{
		{method: http.MethodGet, target: "/notes?select=%s"},
		{method: http.MethodGet, target: "/notes?select=id,%s(id)"},
		{method: http.MethodGet, target: "/notes?select=owner(%s)"},
		{method: http.MethodGet, target: "/notes?select=id::%s"},
		{method: http.MethodGet, target: "/notes?%s=eq.1"},
		{method: http.MethodGet, target: "/notes?or=(%s.eq.1)"},
		{method: http.MethodGet, target: "/notes?select=owner(id)&owner.%s=eq.1"},
		{method: http.MethodGet, target: "/notes?order=%s"},
		{method: http.MethodGet, target: "/notes?order=owner(%s)"},
		{method: http.MethodGet, target: "/notes?order=%s(id)"},
		{method: http.MethodGet, target: "/notes?title=%s.x"},
		{method: http.MethodGet, target: "/notes?order=id.%s"},
		{method: http.MethodPost, target: "/notes?columns=%s", body: `[{"slug":"fresh"}]`},
		{method: http.MethodPost, target: "/notes?on_conflict=%s", body: wholeBody["notes"] + "}", prefer: merging},
		{method: http.MethodGet, target: "/%s"},
		{method: http.MethodGet, target: "/notes/%s"},
		{method: http.MethodPost, target: "/rpc/%s", body: "{}"},
		{method: http.MethodPatch, target: "/notes?%s=eq.1", body: `{"title":"x"}`},
		{method: http.MethodDelete, target: "/notes?%s=eq.1"},
	}
	engines(t, func(t *testing.T, f *fixture) {
		for _, place := range places {
			for _, name := range names {
				f.checkName(t, asAna, place, name)
			}
		}
	})
}

func (f *fixture) checkName(t *testing.T, p auth.Principal, place ask, name string) {
	t.Helper()
	a := place
	escaped := inQuery(name)
	if !strings.Contains(place.target, "?") && name == "" {
		return
	}
	a.target = strings.ReplaceAll(place.target, "%s", escaped)
	f.untouched(t, a.String(), func() {
		got := f.do(t, p, a)
		if got.Status < 400 && !legitimate(place.target, name) {
			t.Errorf("%s (%q): status %d: %s", a, name, got.Status, got.Body)
		}
		for _, leak := range []string{"sqlite", "SQLITE", "pgx", "postgres", "syntax error", "SELECT ", "goroutine", ".go:"} {
			if strings.Contains(strings.ReplaceAll(got.Body, name, ""), leak) && !strings.Contains(name, leak) {
				t.Errorf("%s (%q): the answer tells of %q: %s", a, name, leak, got.Body)
			}
		}
	})
}

// legitimate reports whether a text means something in a place, and is no attack
// there.
func legitimate(place, name string) bool {
	switch {
	case strings.HasSuffix(place, "?select=%s"), strings.HasSuffix(place, "owner(%s)") && strings.Contains(place, "select"):
		return name == "" || name == "*" || name == " " || strings.Contains("owner(name)", name) && strings.HasPrefix(name, "owner(")
	case strings.HasSuffix(place, "order=%s"), strings.HasSuffix(place, "columns=%s"), strings.HasSuffix(place, "on_conflict=%s"), strings.HasSuffix(place, "order=id.%s"):
		return name == "" || name == "owner(name)"
	case strings.HasSuffix(place, "?%s=eq.1"):
		return name == ""
	}
	return false
}
