package faults_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/api/apitest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

// write is a request that changes rows, in one way the library has of doing so.
type write struct {
	name, method, path string
	header             [2]string
	body               string
}

var writes = []write{
	{"insert", http.MethodPost, "/authors", [2]string{}, `{"id":"n1","name":"New"}`},
	{
		"insert many", http.MethodPost, "/authors",
		[2]string{"Prefer", "return=representation"},
		`[{"id":"n1","name":"New"},{"id":"n2","name":"Newer"}]`,
	},
	{
		"insert and embed", http.MethodPost, "/books?select=title,author(name)",
		[2]string{"Prefer", "return=representation"},
		`{"id":"n1","author_id":"a1","title":"New"}`,
	},
	{"insert with hook", http.MethodPost, "/stocks", [2]string{}, `[{"id":"n1","amount":1},{"id":"n2","amount":2}]`},
	{
		"upsert", http.MethodPost, "/authors",
		[2]string{"Prefer", "resolution=merge-duplicates"},
		`[{"id":"a1","name":"Ada L."},{"id":"n1","name":"New"}]`,
	},
	{"patch by filter", http.MethodPatch, "/authors?name=lt.C", [2]string{}, `{"name":"Same"}`},
	{"patch with hook", http.MethodPatch, "/stocks?amount=gte.0", [2]string{"Prefer", "return=representation"}, `{"amount":7}`},
	{"patch row", http.MethodPatch, "/drafts/" + draftA, [2]string{"If-Match", `"1"`}, `{"text":"changed"}`},
	{"soft delete", http.MethodDelete, "/drafts?text=in.(a,b)", [2]string{}, ""},
	{"delete row", http.MethodDelete, "/books/b1", [2]string{}, ""},
	{"delete and cascade", http.MethodDelete, "/authors?id=in.(a1,a2)", [2]string{}, ""},
	{"delete row with hook", http.MethodDelete, "/stocks/s2", [2]string{}, ""},
	{"function", http.MethodPost, "/rpc/move", [2]string{}, `{"from":"s1","to":"s2","amount":3}`},
	{"put a new row", http.MethodPut, "/drafts/" + draftD, [2]string{"If-None-Match", "*"}, `{"text":"new"}`},
	{"put an old row", http.MethodPut, "/drafts/" + draftA, [2]string{"Prefer", "return=representation"}, `{"text":"put"}`},
	{"put by filter", http.MethodPut, "/authors?id=eq.a1", [2]string{}, `{"id":"a1","name":"Put"}`},
	{"restore", http.MethodPatch, "/drafts/" + draftC, [2]string{}, `{"deleted_at":null}`},
	{
		"batch", http.MethodPost, "/-/batch",
		[2]string{},
		`[{"method":"POST","path":"/authors","body":{"id":"n1","name":"New"}},` +
			`{"method":"POST","path":"/books","body":{"id":"n1","author_id":"n1","title":"New"}},` +
			`{"method":"PATCH","path":"/stocks?id=eq.s1","body":{"amount":9}}]`,
	},
	{"idempotent insert", http.MethodPost, "/authors", idempotent, `{"id":"n1","name":"New"}`},
	{"idempotent patch", http.MethodPatch, "/stocks?amount=gte.0", idempotent, `{"amount":7}`},
	{"idempotent function", http.MethodPost, "/rpc/move", idempotent, `{"from":"s1","to":"s2","amount":3}`},
	{"idempotent batch", http.MethodPost, "/-/batch", idempotent, `[{"method":"POST","path":"/rpc/move","body":{"from":"s1","to":"s2","amount":3}}]`},
}

// idempotent makes a request one that is repeated after a fault: then it has happened once.
var idempotent = [2]string{"Idempotency-Key", "k"}

func (w write) send(tb testing.TB, f *fixture) *apitest.Response {
	client := apitest.New(tb, f.handler)
	if w.header[0] != "" {
		client = client.With(w.header[0], w.header[1])
	}
	var body any
	if w.body != "" {
		body = []byte(w.body)
	}
	return client.Do(w.method, w.path, body)
}

// TestEveryStatementFails is case R17: for each way to write, each step fails in
// each way, until a request has no more steps.
func TestEveryStatementFails(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, f *fixture) {
		faults := 0
		for _, w := range writes {
			n, wrong := f.loop(t, w)
			for _, text := range wrong {
				t.Error(text)
			}
			faults += n
		}
		t.Logf("%d faults", faults)
	})
}

// TestHalfAWriteIsFound runs the loop over a function that writes twice without
// a transaction: the loop must find that it can end half done.
func TestHalfAWriteIsFound(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, f *fixture) {
		w := write{"halves", http.MethodPost, "/rpc/halves", [2]string{}, "{}"}
		if _, wrong := f.loop(t, w); len(wrong) == 0 {
			t.Error("half a write was not found")
		}
	})
}

// loop lets each step of a write fail in each way. It returns how many faults
// there were and what went wrong.
func (f *fixture) loop(t *testing.T, w write) (faults int, wrong []string) {
	t.Helper()
	f.reset(t)
	before := f.state(t)
	if res := w.send(t, f); res.Status >= 300 {
		t.Fatalf("%s without a fault: %d %s", w.name, res.Status, res.Body)
	}
	after := f.state(t)
	if before == after {
		t.Fatalf("%s changes nothing", w.name)
	}
	for _, k := range []kind{refused, cut, unknown} {
		n := 1
		for ; ; n++ {
			happened, text := f.attempt(t, w, k, n, before, after)
			if text != "" {
				wrong = append(wrong, fmt.Sprintf("%s: step %d %s: %s", w.name, n, k, text))
			}
			if !happened {
				break
			}
			faults++
		}
		if n == 1 {
			t.Errorf("%s: no step was %s", w.name, k)
		}
	}
	return faults, wrong
}

// settle waits until PostgreSQL has noticed that the connections of earlier faults are gone: until then their
// transactions hold the advisory lock of an idempotency key.
func (f *fixture) settle(t *testing.T) {
	t.Helper()
	if f.db.Capabilities().Engine != "postgres" {
		return
	}
	const held = "select count(*) from pg_locks l join pg_database d on d.oid = l.database and d.datname = current_database() where l.locktype = 'advisory'"
	programtest.Until(t, time.Minute, "advisory locks are released", func() bool {
		var n int
		if err := f.db.Bun().QueryRowContext(t.Context(), held).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n == 0
	})
}

// waits reports whether an answer says that the key is in use. After a lost connection the library repeats a transaction,
// and the server may still hold the key's lock for the connection that was lost.
func (w write) waits(k kind, res *apitest.Response) bool {
	return w.header == idempotent && k != refused && res.Status == http.StatusConflict && strings.Contains(string(res.Body), "PL409")
}

// attempt lets the n-th step of a write fail. It reports whether the write has
// as many, and what is wrong with its outcome, if anything.
func (f *fixture) attempt(t *testing.T, w write, k kind, n int, before, after string) (happened bool, wrong string) {
	t.Helper()
	faults := f.steps
	if f.wire != nil && k != refused {
		faults = f.wire
	}
	f.settle(t)
	f.reset(t)
	faults.arm(k, n)
	res := w.send(t, f)
	happened = faults.disarm()
	state := f.state(t)
	if next := apitest.New(t, f.handler).Get("/authors?limit=1"); next.Status != http.StatusOK {
		t.Errorf("%s: after step %d %s the next request: %d %s", w.name, n, k, next.Status, next.Body)
	}
	switch {
	case !happened || res.Status < 300:
		// Without a fault, or after one that was repeated, all has happened.
		if state != after || res.Status >= 300 {
			return happened, fmt.Sprintf("%d %s\n%s", res.Status, res.Body, state)
		}
	case res.Status < 500 && !w.waits(k, res):
		return happened, fmt.Sprintf("%d %s, want 500 or more", res.Status, res.Body)
	case state != before && (k != unknown || state != after):
		return happened, fmt.Sprintf("%d, and half of it has happened:\n%s", res.Status, state)
	case w.header == idempotent:
		f.settle(t)
		if res, state := w.send(t, f), f.state(t); res.Status >= 300 || state != after {
			return happened, fmt.Sprintf("repeated: %d %s\n%s", res.Status, res.Body, state)
		}
	}
	return happened, ""
}
