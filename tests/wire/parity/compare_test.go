package parity_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/api/apitest"
)

// request is one request and what of the grammar it shows.
type request struct {
	as     string // of callers
	method string
	target string
	header []string // "Prefer: count=exact"
	body   string
	shows  []string // parts of the grammar: "filter eq", "order nullslast"
}

func (r *request) String() string {
	text := fmt.Sprintf("%s %s as %s", r.method, r.target, r.as)
	for _, line := range r.header {
		text += "\n  " + line
	}
	if r.body != "" {
		text += "\n  " + r.body
	}
	return text
}

// compared are the headers whose values have to be equal. All others are constant
// or say nothing of rows: Vary, Cache-Control, Content-Length and their like, of
// which only the last depends on the body, which is compared itself.
var compared = []string{
	"Content-Range", "Etag", "Content-Type", "Location", "Content-Location", "Link", "Preference-Applied", "Allow", "Proxy-Status",
	"Content-Profile", "Content-Length", "Idempotent-Replayed", "Retry-After", "Cache-Control", "Www-Authenticate",
}

// excluded says which answers are not compared, and why.
var excluded = []struct {
	why   string
	holds func(*request) bool
}{
	{
		"the document tells of fts, plfts, phfts and wfts, which SQLite refuses: they are PostgreSQL's own search",
		func(r *request) bool { return r.method == http.MethodGet && r.target == "/" },
	},
}

// otherKey reports whether two answers differ in which of two taken keys they name, and in
// nothing else. A row of shelves can take both at a time. The engines ask one index after
// the other and name the first: PostgreSQL begins with the oldest, which is the primary
// key's, SQLite with the youngest. Who wants to know whether there is another one has to
// ask for each, once the statement has failed.
func otherKey(sqlite, postgres *answer) bool {
	same := answer{status: sqlite.status, body: strings.Replace(sqlite.body, "Key (place) already", "Key (code) already", 1)}
	for _, h := range sqlite.header {
		if h[0] == "Content-Length" {
			h[1] = postgres.get(h[0])
		}
		same.header = append(same.header, h)
	}
	return sqlite.status == http.StatusConflict && same.String() == postgres.String()
}

// answer is what is compared of an answer.
type answer struct {
	status int
	header [][2]string
	body   string
}

func (a *answer) get(name string) string {
	for _, h := range a.header {
		if h[0] == name {
			return h[1]
		}
	}
	return ""
}

func (a *answer) String() string {
	text := fmt.Sprint(a.status)
	for _, h := range a.header {
		text += "\n  " + h[0] + ": " + h[1]
	}
	return text + "\n  " + a.body
}

// send sends a request to one engine.
func (a *application) send(t *testing.T, r *request) *answer {
	t.Helper()
	client := apitest.New(t, a.handler)
	if p, ok := callers[r.as]; !ok {
		t.Fatalf("there is no caller %q", r.as)
	} else if r.as != "nobody" {
		client = client.As(p)
	}
	for _, line := range r.header {
		name, value, _ := strings.Cut(line, ": ")
		client = client.With(name, value)
	}
	var body any
	if r.body != "" {
		body = r.body
	}
	got := client.Do(r.method, r.target, body)
	out := &answer{status: got.Status, body: got.Body}
	for _, name := range compared {
		if values := got.Header.Values(name); len(values) > 0 {
			out.header = append(out.header, [2]string{name, strings.Join(values, ", ")})
		}
	}
	return out
}

// ask sends a request to both engines and compares the answers, of which it
// returns one.
func (p *pair) ask(t *testing.T, r *request) (a *answer, equal bool) {
	t.Helper()
	p.clock.Add(1)
	a, b := p.sqlite.send(t, r), p.postgres.send(t, r)
	if r.method != http.MethodGet && r.method != http.MethodHead {
		p.alignKeys(t)
	}
	for _, x := range excluded {
		if x.holds(r) {
			return a, true
		}
	}
	if a.String() != b.String() && !otherKey(a, b) {
		t.Errorf("%s\nsqlite:   %s\npostgres: %s", r, a, b)
		return a, false
	}
	if a.status >= 500 {
		t.Errorf("%s\nboth: %s", r, a)
		return a, false
	}
	return a, true
}

// alignKeys makes PostgreSQL go on with the key that SQLite goes on with: a failed
// insert uses one up on PostgreSQL only, as sequences do not take part in
// transactions.
func (p *pair) alignKeys(t *testing.T) {
	t.Helper()
	var last int64
	if err := p.sqlite.db.Bun().QueryRowContext(t.Context(), "select seq from sqlite_sequence where name = 'tickets'").Scan(&last); err != nil {
		t.Fatal(err)
	}
	if _, err := p.postgres.db.Bun().ExecContext(t.Context(), "select setval(pg_get_serial_sequence('tickets', 'id'), ?)", last); err != nil {
		t.Fatal(err)
	}
}
