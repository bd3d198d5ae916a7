package api_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
)

// FuzzCSV sends a text in a field of CSV and reads it back, and the text itself as
// CSV and as a form: what is refused is refused for what the client did.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{"", "a", "NULL", "a\"b", "a,b", "a\r\nb", "\r", "\n\n", "\ufeff", "id,text\n\"x\",\"a\r\n\"\"b\"\n", "id,text\r\nx,\"", "id=x&text=%41+b", "id=x&&text", "\x00", "\xff"} {
		f.Add(s)
	}
	h := fixtureServer(f, memory(f), api.Config{})
	f.Fuzz(func(t *testing.T, text string) {
		for _, media := range []string{csvBody, formBody} {
			if res := do(t, h, request{caller: "ann", line: "POST /labels", body: text, header: []string{media, "Prefer: resolution=ignore-duplicates"}}); res.status >= 500 {
				t.Fatalf("%s %q: %d %s", media, text, res.status, res.body)
			}
		}
		field := `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
		res := do(t, h, request{caller: "ann", line: "POST /labels", body: "text,id\n" + field + ",fuzzed", header: []string{csvBody, "Prefer: resolution=merge-duplicates, return=representation", "Accept: application/vnd.pgrst.object+json"}})
		refused := text == pgrst.NullWord || !utf8.ValidString(text) || strings.Contains(text, "\x00")
		if refused != (res.status == http.StatusBadRequest) {
			t.Fatalf("%q: %d %s", text, res.status, res.body)
		}
		var row struct{ Text string }
		if err := json.Unmarshal([]byte(res.body), &row); !refused && (err != nil || row.Text != text) {
			t.Fatalf("%q was stored as %q, %v", text, row.Text, err)
		}
	})
}

// FuzzServe sends anything: an answer is never a 5xx, always what its headers
// say, and nothing secret is in it.
func FuzzServe(f *testing.F) {
	for _, line := range []string{
		"GET /projects?select=title,team(name),tasks!inner(title)&tasks.order=title.desc&order=team(name)&limit=1",
		"GET /projects?select=*,labels(text)&or=(title.ilike.*a*,and(budget.gt.1,not.code.is.null))",
		"GET /projects/" + pAlpha + "?select=title::text,tasks(*)",
		"GET /teams?id=in.(1,2)&name=match.^r&offset=1&after=AAAA",
		"HEAD /tasks?done=is.true&points=eq(any).{1,2}",
		"POST /labels?columns=id,text&on_conflict=id",
		"POST /rpc/greet",
		"PATCH /tasks?title=eq.one&select=title",
		"PATCH /labels/hot",
		"DELETE /project_labels?label_id=eq.hot",
	} {
		method, target, _ := strings.Cut(line, " ")
		f.Add(method, target, "return=representation, count=exact", `{"id":"a","text":"b"}`)
		f.Add(method, target, "resolution=merge-duplicates", `[{"title":"x","project_id":"`+pAlpha+`"}]`)
	}
	db := memory(f)
	h := fixtureServer(f, db, api.Config{}, functions(db)[0])
	f.Fuzz(func(t *testing.T, method, target, prefer, body string) {
		u, err := url.Parse(target)
		if err != nil || !strings.HasPrefix(target, "/") || u.Host != "" {
			t.Skip("no request has this target")
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", strings.NewReader(body))
		r.Method, r.URL = method, u
		r.Header = http.Header{"Content-Type": {"application/json"}, "Prefer": {prefer}, "X-Caller": {"ann"}}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Fatalf("%s %s %q: %d %s", method, target, body, w.Code, w.Body)
		}
		if strings.HasPrefix(w.Header().Get("Content-Type"), "application/") && method != http.MethodHead && !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s %s: not JSON: %s", method, target, w.Body)
		}
		if strings.Contains(w.Body.String(), "t-alpha") || strings.Contains(w.Body.String(), "i-alpha") {
			t.Errorf("%s %s: %s", method, target, w.Body)
		}
	})
}

// FuzzHeaders sends anything in the headers that are read: an answer is never a 5xx, and
// says of a header nothing that a text cannot hold.
func FuzzHeaders(f *testing.F) {
	names := []string{
		"Accept", "Accept-Profile", "Apikey", "Authorization", "Content-Profile", "Content-Type", "Idempotency-Key", "If-Match",
		"If-Modified-Since", "If-None-Match", "If-Unmodified-Since", "Prefer", "Range", "Range-Unit", "X-Client-Info",
	}
	for i, value := range []string{
		`application/json;q=0.5, text/csv`, "public", "x", "Bearer a.b.c", "private", "application/json; charset=\"utf-8\"", `"8e03978e-40d5"`, `W/"1", "2.abc"`,
		"Sat, 29 Oct 1994 19:43:31 GMT", "*", "", `return=representation, tx=rollback; a="b\"c", max-affected=1`, "items=0-9", "items", "\xff\x00, ;=",
	} {
		for method := range 4 {
			f.Add(uint8(i), uint8(method), value, value) // small
		}
	}
	db := memory(f)
	h := fixtureServer(f, db, api.Config{}, functions(db)[0])
	requests := []struct{ method, target, body string }{
		{http.MethodGet, "/projects?select=title&limit=2", ""},
		{http.MethodPost, "/labels", `{"id":"a","text":"b"}`},
		{http.MethodPatch, "/projects/" + pAlpha, `{"title":"x"}`},
		{http.MethodPost, "/rpc/greet", `{}`},
	}
	f.Fuzz(func(t *testing.T, name, request uint8, one, two string) {
		is, header := requests[int(request)%len(requests)], names[int(name)%len(names)]
		r := httptest.NewRequestWithContext(t.Context(), is.method, is.target, strings.NewReader(is.body))
		r.Header = http.Header{"Content-Type": {"application/json"}, "X-Caller": {"ann"}}
		r.Header[header] = []string{one, two}
		if one == two {
			r.Header[header] = []string{one}
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code >= 500 || !utf8.Valid(w.Body.Bytes()) {
			t.Errorf("%s %s, %s %q: %d %q", is.method, is.target, header, r.Header[header], w.Code, w.Body)
		}
		for name, values := range w.Header() {
			if strings.ContainsFunc(strings.Join(values, ""), func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }) {
				t.Errorf("%s %q answers %s: %q", header, r.Header[header], name, values)
			}
		}
	})
}
