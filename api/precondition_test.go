package api_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
)

// writeWay is a request that writes a row which is there, or one that is not, if
// nothing speaks against it.
type writeWay struct {
	shape, line, body string
	prefer            string
}

func writeWays() []writeWay {
	const merge, ignore = "Prefer: resolution=merge-duplicates", "Prefer: resolution=ignore-duplicates"
	return []writeWay{
		{"/{table}", "POST /labels", `{"id":"new","text":"x"}`, ""},
		{"/{table}", "POST /labels", `{"id":"hot","text":"x"}`, merge},
		{"/{table}", "POST /labels", `{"id":"new","text":"x"}`, merge},
		{"/{table}", "POST /labels", `{"id":"new","text":"x"}`, ignore},
		{"/{table}", "PUT /labels?id=eq.hot", `{"id":"hot","text":"x"}`, ""},
		{"/{table}", "PATCH /labels?id=eq.hot", `{"text":"x"}`, ""},
		{"/{table}", "PATCH /projects?id=eq." + pAlpha, `{"title":"x"}`, ""},
		{"/{table}", "DELETE /labels?id=eq.hot", "", ""},
		{"/{table}/{id}", "PUT /labels/hot", `{"text":"x"}`, ""},
		{"/{table}/{id}", "PUT /projects/" + pAlpha, `{"title":"x","code":"a"}`, ""},
		{"/{table}/{id}", "PATCH /labels/hot", `{"text":"x"}`, ""},
		{"/{table}/{id}", "PATCH /projects/" + pAlpha, `{"title":"x"}`, ""},
		{"/{table}/{id}", "PATCH /projects/" + pAlpha, `{}`, ""},
		{"/{table}/{id}", "DELETE /labels/hot", "", ""},
		{"/{table}/{id}", "DELETE /projects/" + pBeta, "", ""},
		{"/rpc/{function}", "POST /rpc/rename", `{"from":"Hot","to":"Warm"}`, ""},
		{"/-/batch", "POST /-/batch", `[{"method":"PATCH","path":"/labels/hot","body":{"text":"x"}}]`, ""},
	}
}

// wantedStatus is what a write of a way is answered with a precondition that does not
// hold for the row, or 400 where it cannot be honoured.
func (w writeWay) wantedStatus(header string) int {
	name, value, _ := strings.Cut(header, ": ")
	put := strings.HasPrefix(w.line, http.MethodPut)
	switch {
	case name == "If-Match" && w.shape == "/{table}/{id}", name == "If-None-Match" && put && value == "*":
		return http.StatusPreconditionFailed
	}
	return http.StatusBadRequest
}

// TestPreconditions: every way to write honours If-Match and If-None-Match or
// refuses them, alone and as the step of a batch (RFC 9110 sections 13.1.1 and 13.1.2).
func TestPreconditions(t *testing.T) {
	t.Parallel()
	covered := map[string]bool{}
	for _, w := range writeWays() {
		method, _, _ := strings.Cut(w.line, " ")
		covered[w.shape+" "+method] = true
	}
	for _, entry := range api.Entries() {
		if route := entry.Shape + " " + entry.Method; entry.Method != http.MethodGet && entry.Method != http.MethodHead && !covered[route] {
			t.Errorf("no way to write is %s", route)
		}
	}
	headers := []string{
		`If-Match: "9.x"`, `If-Match: W/"1.x"`, "If-Match: ,", "If-None-Match: *", `If-None-Match: "1.x"`, `If-None-Match: W/"x", *`, "If-None-Match: ,",
	}
	state := []string{"GET /labels?order=id", "GET /projects?select=id,title,version&order=id"}
	engines(t, func(t *testing.T, db *store.DB) {
		h := fixtureServer(t, db, api.Config{}, functions(db)...)
		read := func() (text string) {
			for _, line := range state {
				text += must(t, h, http.StatusOK, request{caller: "ann", line: line}).body
			}
			return text
		}
		before := read()
		for _, w := range writeWays() {
			for _, header := range headers {
				with := []string{header}
				if w.prefer != "" {
					with = append(with, w.prefer)
				}
				asked := []request{{caller: "ann", line: w.line, body: w.body, header: with}}
				asked = append(asked, request{caller: "ann", line: w.line, body: w.body, header: append(slices.Clone(with), "Idempotency-Key: "+fmt.Sprintf("%x", w.line+header))})
				if w.shape != "/-/batch" {
					asked = append(asked, request{caller: "ann", line: "POST /-/batch", body: w.step(with)})
				}
				for _, r := range asked {
					if got := do(t, h, r); got.status != w.wantedStatus(header) {
						t.Errorf("%s %s with %q as %s: status %d, want %d: %s", w.line, w.prefer, header, r.line, got.status, w.wantedStatus(header), got.body)
					}
					if after := read(); after != before {
						t.Errorf("%s %s with %q as %s has written:\n%s\n%s", w.line, w.prefer, header, r.line, before, after)
					}
				}
			}
		}
	})
}

// step returns the write as the only step of a batch.
func (w writeWay) step(headers []string) string {
	method, path, _ := strings.Cut(w.line, " ")
	var members []string
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		members = append(members, fmt.Sprintf("%q:%q", name, value))
	}
	body := ""
	if w.body != "" {
		body = `,"body":` + w.body
	}
	return fmt.Sprintf(`[{"method":%q,"path":%q,"headers":{%s}%s}]`, method, path, strings.Join(members, ","), body)
}
