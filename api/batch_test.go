package api_test

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/postgres"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

func TestBatch(t *testing.T) {
	t.Parallel()
	const rep = `"headers":{"Prefer":"return=representation"}`
	key := []string{"Idempotency-Key: b1"}
	made := `[{"id":"team","method":"POST","path":"/teams?select=id,name",` + rep + `,"body":{"name":"Green"}},` +
		`{"id":"project","method":"POST","path":"/projects?select=title,team(name)",` + rep + `,"body":{"title":"New","code":"n","team_id":0},"bind":{"/team_id":"team#/0/id"}},` +
		`{"id":"read","method":"GET","path":"/projects?select=title&title=eq.New"},` +
		`{"id":"fn","method":"POST","path":"/rpc/rename","body":{"from":"Hot","to":"Warm"}}]`
	const answered = `[{"id":"team","status":201,"headers":{"Content-Range":"*/*","Preference-Applied":"return=representation"},"body":[{"id":3,"name":"Green"}]},` +
		`{"id":"project","status":201,"headers":{"Content-Range":"*/*","Preference-Applied":"return=representation"},"body":[{"title":"New","team":{"name":"Green"}}]},` +
		`{"id":"read","status":200,"headers":{"Content-Range":"0-0/*"},"body":[{"title":"New"}]},` +
		`{"id":"fn","status":200,"headers":{"Content-Range":"0-0/*"},"body":[{"id":"hot","text":"Warm"}]}]`
	one := func(step string) string { return "[" + step + "]" }
	const post = "POST /-/batch"
	steps := []step{
		{name: "everything", line: post, header: key, body: made, status: 200, want: answered},
		{name: "replayed", line: post, header: key, body: made, status: 200, want: answered, has: []string{"Idempotent-Replayed: true"}},
		{name: "one team", line: "GET /teams?select=name&name=eq.Green", status: 200, want: `[{"name":"Green"}]`},
		{name: "a step fails", line: post, body: `[{"method":"POST","path":"/labels","body":{"id":"a","text":"A"}},{"id":"dup","method":"POST","path":"/labels","body":{"id":"a","text":"A"}}]`, status: 409, want: `{"code":"23505","message":"step \"dup\": duplicate key value violates a unique constraint","details":"Key (id) already exists.","hint":null}`},
		{name: "nothing is left", line: "GET /labels?select=id&id=eq.a", status: 200, want: `[]`},
		{name: "no steps", line: post, body: `[]`, status: 200, want: `[]`},
		{name: "void step", line: post, body: one(`{"method":"PATCH","path":"/labels/old","body":{"text":"Older"}}`), status: 200, want: `[{"id":"0","status":204,"headers":{},"body":null}]`},
		{name: "batch in batch", line: post, body: one(`{"method":"POST","path":"/-/batch","body":[]}`), status: 400},
		{name: "function without a transaction", line: post, body: one(`{"method":"POST","path":"/rpc/number"}`), status: 400},
		{name: "no object", line: post, body: `{}`, status: 400},
		{name: "unknown member", line: post, body: one(`{"method":"GET","path":"/labels","Body":1}`), status: 400},
		{name: "method", line: post, body: one(`{"method":"TRACE","path":"/labels"}`), status: 400},
		{name: "address of another host", line: post, body: one(`{"method":"GET","path":"//example.org/labels"}`), status: 400},
		{name: "identity of another", line: post, body: one(`{"method":"GET","path":"/labels","headers":{"Authorization":"Bearer x"}}`), status: 400},
		{name: "key in a step", line: post, body: one(`{"method":"GET","path":"/labels","headers":{"Idempotency-Key":"x"}}`), status: 400},
		{name: "one id twice", line: post, body: `[{"id":"a","method":"GET","path":"/labels"},{"id":"a","method":"GET","path":"/labels"}]`, status: 400},
		{name: "bind to a later step", line: post, body: `[{"method":"POST","path":"/labels","body":{},"bind":{"/id":"b#/0"}},{"id":"b","method":"GET","path":"/labels"}]`, status: 400},
		{name: "bind to no place", line: post, body: `[{"id":"b","method":"GET","path":"/labels"},{"method":"POST","path":"/labels","body":{},"bind":{"/id":"b#/99/id"}}]`, status: 400},
		{name: "too many", line: post, body: "[" + strings.TrimSuffix(strings.Repeat(`{"method":"GET","path":"/labels"},`, 51), ",") + "]", status: 400, want: `{"code":"PL001","message":"batch: at most 50 steps","details":null,"hint":null}`},
		{name: "stale", line: post, body: `[{"method":"POST","path":"/labels","body":{"id":"z","text":"Z"}},{"method":"PATCH","path":"/projects/` + pAlpha + `","headers":{"If-Match":"\"99.x\""},"body":{"title":"x"}}]`, status: 412},
		{name: "a gate", caller: "bob", line: post, body: one(`{"method":"POST","path":"/labels","body":{"id":"q","text":"Q"}}`), status: 403},
		{name: "GET", line: "GET /-/batch", status: 405, has: []string{"Allow: POST, OPTIONS"}},
	}
	engines(t, func(t *testing.T, db *store.DB) {
		h := fixtureServer(t, db, api.Config{}, functions(db)...)
		for _, s := range steps {
			s.run(t, h)
		}
	})
}

// TestBatchOnCommit: functions that steps register with OnCommit run after the whole batch
// has committed, and not if a step fails.
func TestBatchOnCommit(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		ran := 0
		tell := api.TxFunc("tell", api.SignedIn(), func(_ context.Context, tx *store.Tx, _ none) (none, error) {
			tx.OnCommit(func(context.Context) { ran++ })
			return none{}, nil
		})
		h := fixtureServer(t, db, api.Config{}, tell)
		const call = `{"method":"POST","path":"/rpc/tell"}`
		do(t, h, request{caller: "ann", line: "POST /-/batch", body: "[" + call + `,{"method":"GET","path":"/nope"}]`})
		if ran != 0 {
			t.Errorf("%d ran after a rollback", ran)
		}
		must(t, h, http.StatusOK, request{caller: "ann", line: "POST /-/batch", body: "[" + call + "," + call + "]"})
		if ran != 2 {
			t.Errorf("%d ran after the commit, want 2", ran)
		}
	})
}

// TestBatchOfTakenValues: the values that steps bind from earlier answers count toward the
// limit of a body. Otherwise a few bytes could write any amount.
func TestBatchOfTakenValues(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		h := fixtureServer(t, db, api.Config{Limits: api.Limits{Body: 2000}})
		must(t, h, http.StatusCreated, request{caller: "ann", line: "POST /labels", body: `{"id":"long","text":"` + strings.Repeat("x", 600) + `"}`})
		batch := func(steps int) string {
			out := `[{"id":"a","method":"GET","path":"/labels?id=eq.long"}`
			for i := range steps {
				out += fmt.Sprintf(`,{"method":"POST","path":"/labels","body":{"id":"%d"},"bind":{"/text":"a#/0/text"}}`, i)
			}
			return out + "]"
		}
		res := must(t, h, http.StatusRequestEntityTooLarge, request{caller: "ann", line: "POST /-/batch", body: batch(4)})
		if !strings.Contains(res.body, "step") {
			t.Errorf("answer %s", res.body)
		}
		if got := do(t, h, request{caller: "ann", line: "GET /labels?select=count()"}).body; got != `[{"count":3}]` {
			t.Errorf("labels %s", got)
		}
		must(t, h, http.StatusOK, request{caller: "ann", line: "POST /-/batch", body: batch(3)})
	})
}

// waiting is a driver in which the reads of requests that bring themselves to it wait
// within their transaction.
type waiting struct{ driver.Driver }

type waitKey struct{}

// waits are reads that wait.
type waits struct {
	begun chan struct{} // one for each
	let   chan struct{}
}

// wait waits for the first of them.
func (w *waits) wait(t *testing.T) {
	t.Helper()
	select {
	case <-w.begun:
	case <-time.After(30 * time.Second):
		t.Error("nothing is read")
	}
}

func (d waiting) Query(ctx context.Context, conn driver.Conn, st *driver.Statement, r *driver.Result) error {
	if w, ok := ctx.Value(waitKey{}).(*waits); ok && conn != nil && !st.Write {
		w.begun <- struct{}{}
		select {
		case <-w.let:
		case <-ctx.Done():
		}
	}
	return d.Driver.Query(ctx, conn, st, r)
}

// TestBatchOfReadFunctions: a read-only function cannot write as a step of a batch that
// writes either.
func TestBatchOfReadFunctions(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		peek := api.ReadFunc("peek", api.Anyone(), func(ctx context.Context, tx *store.Tx, _ none) (none, error) {
			return none{}, store.For[note](tx).Insert(ctx, &note{OwnerID: ann, Title: "peeked", Key: "p"})
		})
		h := serve(t, db, api.Config{}, peek, api.Resource[note]{Policy: api.Policy{Read: api.Anyone(), Create: api.Anyone()}})
		create := `{"method":"POST","path":"/notes","body":{"title":"x","key":"k","owner_id":"` + ann.String() + `"}}`
		must(t, h, http.StatusOK, request{line: "POST /-/batch", body: "[" + create + "]"})
		for _, steps := range []string{`{"method":"POST","path":"/rpc/peek"}`, create + `,{"method":"POST","path":"/rpc/peek"}`} {
			if got := do(t, h, request{line: "POST /-/batch", body: "[" + steps + "]"}); got.status != http.StatusInternalServerError {
				t.Errorf("%s: %d %s", steps, got.status, got.body)
			}
		}
		if got := must(t, h, http.StatusOK, request{line: "GET /notes?select=key"}); got.body != `[{"key":"k"}]` {
			t.Errorf("notes %s", got.body)
		}
	})
}

// TestA46BatchOfReads: a batch of reads does not block writers, also with one
// connection for writes.
func TestA46BatchOfReads(t *testing.T) {
	t.Parallel()
	options := store.Options{Validator: lengths{}, Wrap: func(d driver.Driver) driver.Driver { return waiting{d} }}
	run := func(t *testing.T, db *store.DB) {
		h := fixtureServer(t, db, api.Config{}, readers()...)
		for i, steps := range []string{
			`[{"method":"HEAD","path":"/labels?text=like.*a*b*"},{"method":"GET","path":"/labels?select=text&order=id"}]`,
			`[{"method":"GET","path":"/labels?select=text"},{"method":"POST","path":"/rpc/twice","body":{"n":4}}]`,
		} {
			w := &waits{begun: make(chan struct{}, 10), let: make(chan struct{})}
			answered := make(chan response, 1)
			go func() {
				answered <- doIn(context.WithValue(t.Context(), waitKey{}, w), t, h, request{line: "POST /-/batch", caller: "ann", body: steps})
			}()
			w.wait(t)
			made := request{line: "POST /labels", caller: "ann", body: fmt.Sprintf(`{"id":"new-%d","text":"New"}`, i)}
			if got := doIn(t.Context(), t, h, made); got.status != 201 {
				t.Errorf("a write beside %s: %d %s", steps, got.status, got.body)
			}
			close(w.let)
			if got := <-answered; got.status != 200 || !strings.Contains(got.body, "Hot") {
				t.Errorf("%s: %d %s", steps, got.status, got.body)
			}
		}
	}
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "test.db"), &sqlite.Options{Store: options, AcquireTimeout: time.Second})
		run(t, opened(t, db, err))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		db, err := postgres.Open(t.Context(), pgtest.URL(t), &postgres.Options{Store: options})
		run(t, opened(t, db, err))
	})
}

// TestA46BatchAndWriter: a batch that writes holds SQLite's writer for a limited
// time. Then it is rolled back and others write, whatever its steps still read.
func TestA46BatchAndWriter(t *testing.T) {
	t.Parallel()
	const limit = 300 * time.Millisecond
	options := store.Options{Validator: lengths{}, Wrap: func(d driver.Driver) driver.Driver { return waiting{d} }}
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "test.db"), &sqlite.Options{Store: options, WriterTimeout: limit})
	h := fixtureServer(t, opened(t, db, err), api.Config{})
	w := &waits{begun: make(chan struct{}, 10), let: make(chan struct{})}
	answered := make(chan response, 1)
	const steps = `[{"method":"POST","path":"/labels","body":{"id":"long","text":"Long"}},{"method":"HEAD","path":"/labels"},{"method":"HEAD","path":"/labels?limit=1"}]`
	go func() {
		answered <- doIn(context.WithValue(t.Context(), waitKey{}, w), t, h, request{line: "POST /-/batch", caller: "ann", body: steps})
	}()
	w.wait(t)
	time.AfterFunc(2*limit, func() { close(w.let) })
	if got := <-answered; got.status != 400 || !strings.Contains(got.body, "57014") {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := doIn(t.Context(), t, h, request{line: "GET /labels?select=id&id=eq.long", caller: "ann"}); got.body != "[]" {
		t.Errorf("what is left: %s", got.body)
	}
}
