package api_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"

	"github.com/seed-7694ebf6/plinth/api"
)

func TestContentType(t *testing.T) {
	t.Parallel()
	h := fixtureServer(t, memory(t), api.Config{})
	for value, status := range map[string]int{
		"application/json":                  201,
		"Application/JSON; charset=UTF-8":   201,
		`application/json; charset="utf-8"`: 201,
		"application/json; charset=latin1":  415,
		"application/problem+json":          415,
		"text/plain":                        415,
		"text/json":                         415,
		"application/json, text/plain":      415,
		"application/json;":                 201,
		"multipart/form-data; boundary=x":   415,
		"application/xml":                   415,
		"":                                  415,
		";":                                 415,
	} {
		body := `{"id":"` + strings.Map(letters, value) + `","text":""}`
		if res := do(t, h, request{caller: "ann", line: "POST /labels", body: body, header: []string{"Content-Type: " + value}}); res.status != status {
			t.Errorf("%q: status %d, want %d: %s", value, res.status, status, res.body)
		}
	}
	must(t, h, 415, request{caller: "ann", line: "POST /labels", body: `{}`, header: []string{"Content-Encoding: gzip"}})
	must(t, h, 400, request{caller: "ann", line: "POST /labels"})
}

func letters(r rune) rune {
	if r == '"' || r == '\\' {
		return -1
	}
	return r
}

// TestBodyLimit sends bodies of a known and of an unknown length.
func TestBodyLimit(t *testing.T) {
	t.Parallel()
	h := serve(t, memory(t), api.Config{Limits: api.Limits{Body: 64}}, fixtureLabels())
	send := func(body io.Reader, length int64) int {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/labels", body)
		r.ContentLength = length
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code
	}
	fits := `{"id":"a","text":"` + strings.Repeat("x", 44) + `"}`
	if len(fits) != 64 {
		t.Fatalf("%d bytes", len(fits))
	}
	if got := send(strings.NewReader(fits), int64(len(fits))); got != 201 {
		t.Errorf("64 bytes: %d", got)
	}
	if got := send(strings.NewReader(fits+" "), 65); got != 413 {
		t.Errorf("65 bytes: %d", got)
	}
	if got := send(strings.NewReader(fits+" "), -1); got != 413 {
		t.Errorf("65 bytes of unknown length: %d", got)
	}
}

// TestBodyCut: a body that ends early or cannot be read is an error of the client.
func TestBodyCut(t *testing.T) {
	t.Parallel()
	h := serve(t, memory(t), api.Config{}, fixtureLabels())
	for what, err := range map[string]error{"gone": io.ErrUnexpectedEOF, "slow": os.ErrDeadlineExceeded, "reset": syscall.ECONNRESET} {
		for _, length := range []int64{100, -1} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/labels", io.MultiReader(strings.NewReader(`{"id":`), iotest.ErrReader(err)))
			r.ContentLength = length
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "did not arrive") || strings.Contains(w.Body.String(), err.Error()) {
				t.Errorf("%s, length %d: %d %s", what, length, w.Code, w.Body)
			}
		}
	}
}

// TestLimits exceeds each limit by one and looks for its name.
func TestLimits(t *testing.T) {
	t.Parallel()
	limits := api.Limits{Answer: 600, EmbedDepth: 1, Embeds: 2, GroupDepth: 1, In: 2, Offset: 3, Predicates: 2, Query: 120, Rows: 3}
	h := fixtureServer(t, memory(t), api.Config{Limits: limits})
	for _, tt := range []struct{ name, within, beyond string }{
		{"limit", "/teams?limit=3", "/teams?limit=4"},
		{"offset", "/teams?offset=3", "/teams?offset=4"},
		{"in", "/teams?id=in.(1,2)", "/teams?id=in.(1,2,3)"},
		{"predicates", "/teams?id=gt.0&id=lt.9", "/teams?id=gt.0&id=lt.9&id=neq.5"},
		{"group", "/teams?or=(id.eq.1,id.eq.2)", "/teams?or=(id.eq.1,and(id.eq.2))"},
		{"embeds", "/projects?select=title,team(name)", "/projects?select=title,team(name),tasks(title),labels(id)"},
		{"levels", "/projects?select=title,team(name)", "/projects?select=title,team(name,projects(title))"},
		{"query", "/teams?name=eq." + strings.Repeat("x", 110), "/teams?name=eq." + strings.Repeat("x", 113)},
		{"answer", "/teams", "/projects?select=*,a:title,b:title,c:title,d:title,tasks(*)"},
	} {
		must(t, h, 200, request{caller: "ann", line: "GET " + tt.within})
		status, code := 400, `"PL001"`
		if tt.name == "query" {
			status, code = 414, `"PL414"`
		}
		res := must(t, h, status, request{caller: "ann", line: "GET " + tt.beyond})
		if !strings.Contains(res.body, code) || !strings.Contains(res.body, tt.name) {
			t.Errorf("%s: %s", tt.beyond, res.body)
		}
	}
	res := must(t, h, 400, request{caller: "ann", line: "POST /labels", body: `[{"id":"1","text":""},{"id":"2","text":""},{"id":"3","text":""},{"id":"4","text":""}]`})
	if !strings.Contains(res.body, `"PL001"`) {
		t.Errorf("rows: %s", res.body)
	}
}

func fixtureLabels() api.Exposed {
	return api.Resource[label]{Policy: api.Policy{Read: api.Anyone(), Create: api.Anyone()}}
}
