package rest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/api/apitest"
)

// section is one heading of docs/wire.md.
type section struct {
	title string
	intro string // Markdown in front of the table
	rows  []row
	notes string // Markdown behind it
}

// support says how a feature relates to PostgREST.
type support string

const (
	same    support = ""        // the word in the document is "same"
	differs support = "differs" // on purpose
	ours    support = "ours"    // PostgREST has no such thing
	missing support = "missing" // refused
)

// row is a feature with an example, which is a line of docs/wire.md and a test.
// In the answer "…" stands for anything.
type row struct {
	feature string  // Markdown
	support support //
	note    string  // Markdown: how it differs, what to know

	on      string   // the engine it is sent to; "" is both
	as      string   // a caller of callers; "" is ann
	request string   // "GET /books?select=title"
	header  []string // "Prefer: return=minimal"
	body    string   // JSON, unless header has a Content-Type

	status int
	has    []string // headers of the answer, "Content-Range: 0-1/*"; "Link: " where there must be none
	want   string   // the body, or of an error its code; "" for none
}

// run sends the example to the application, and puts back what it changed.
func (r row) run(t *testing.T, a *application) {
	t.Helper()
	if r.on != "" && r.on != a.db.Capabilities().Engine {
		return
	}
	method, target, _ := strings.Cut(r.request, " ")
	if method != http.MethodGet && method != http.MethodHead && method != http.MethodOptions {
		defer a.reset(t)
	}
	got := r.send(t, a, method, target)
	if got.Status != r.status {
		t.Fatalf("%s: status %d, want %d; body: %s", r.request, got.Status, r.status, got.Body)
	}
	for _, line := range r.has {
		name, value, _ := strings.Cut(line, ": ")
		if sent := strings.Join(got.Header.Values(name), ", "); !matches(sent, value) {
			t.Errorf("%s: %s is %q, want %q", r.request, name, sent, value)
		}
	}
	if body := r.answered(got); !matches(body, r.want) {
		t.Errorf("%s: answer\n got %s\nwant %s", r.request, body, r.want)
	}
}

func (r row) send(t *testing.T, a *application, method, target string) *apitest.Response {
	t.Helper()
	client := apitest.New(t, a.handler)
	if p, ok := callers()[r.as]; !ok {
		t.Fatalf("there is no caller %q", r.as)
	} else if r.as != nobody {
		client = client.As(p)
	}
	accepts := false
	for _, line := range r.header {
		name, value, _ := strings.Cut(line, ": ")
		client = client.With(name, value)
		accepts = accepts || name == "Accept"
	}
	if !accepts {
		client = client.With("Accept", "application/json")
	}
	var body any
	if r.body != "" {
		body = r.body
	}
	return client.Do(method, target, body)
}

// answered is the part of an answer that want is compared with.
func (r row) answered(got *apitest.Response) string {
	if code := got.Code(); got.Status >= 300 && code != "" && !strings.HasPrefix(r.want, "{") {
		return code
	}
	return got.Body
}

// matches compares a text with what it should be, where "…" is anything.
func matches(got, want string) bool {
	parts := strings.Split(want, "…")
	if len(parts) == 1 {
		return got == want
	}
	got, ok := strings.CutPrefix(got, parts[0])
	for _, part := range parts[1 : len(parts)-1] {
		if !ok {
			return false
		}
		_, got, ok = strings.Cut(got, part)
	}
	return ok && strings.HasSuffix(got, parts[len(parts)-1])
}

// check finds mistakes in a row itself.
func (r row) check() error {
	switch {
	case r.feature == "":
		return fmt.Errorf("%s has no feature", r.request)
	case r.support == missing && r.status < 400:
		return fmt.Errorf("%s is missing, so its example has to be refused", r.request)
	case r.support == differs && r.note == "":
		return fmt.Errorf("%s: say how it differs", r.request)
	}
	return nil
}
