package api_test

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/changelog"
	"github.com/seed-7694ebf6/plinth/store/postgres"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// instances opens one database as several processes would.
func instances(t *testing.T, n int, test func(t *testing.T, dbs []*store.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "test.db")
		test(t, openAll(t, n, func() (*store.DB, error) {
			return sqlite.Open(t.Context(), path, &sqlite.Options{Synchronous: sqlite.SynchronousOff})
		}))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		url := pgtest.URL(t)
		test(t, openAll(t, n, func() (*store.DB, error) { return postgres.Open(t.Context(), url, nil) }))
	})
}

func openAll(t *testing.T, n int, open func() (*store.DB, error)) []*store.DB {
	t.Helper()
	dbs := make([]*store.DB, n)
	for i := range dbs {
		db, err := open()
		dbs[i] = opened(t, db, err)
	}
	return dbs
}

// handlers serves the fixture from each instance.
func handlers(t *testing.T, dbs []*store.DB) []http.Handler {
	t.Helper()
	list := []http.Handler{fixtureServer(t, dbs[0], api.Config{})}
	for _, db := range dbs[1:] {
		if err := db.Register(projectUser{}); err != nil {
			t.Fatal(err)
		}
		list = append(list, serve(t, db, api.Config{}, fixture()...))
	}
	return list
}

// openTx is a transaction that a test holds open and steps through.
type openTx struct {
	steps chan func(context.Context, *store.Tx) error
	acks  chan error
	end   chan error
}

var errRollback = errors.New("roll back")

func beginTx(ctx context.Context, db *store.DB) *openTx {
	o := &openTx{make(chan func(context.Context, *store.Tx) error), make(chan error), make(chan error, 1)}
	go func() {
		o.end <- db.TxWith(ctx, store.TxOptions{Isolation: sql.LevelReadCommitted}, func(ctx context.Context, tx *store.Tx) error {
			for step := range o.steps {
				err := step(ctx, tx)
				o.acks <- err
				if err != nil {
					return err
				}
			}
			return nil
		})
	}()
	return o
}

func (o *openTx) do(t *testing.T, step func(context.Context, *store.Tx) error) {
	t.Helper()
	o.steps <- step
	if err := <-o.acks; err != nil && !errors.Is(err, errRollback) {
		t.Fatal(err)
	}
}

// finish commits, or rolls back.
func (o *openTx) finish(t *testing.T, commit bool) {
	t.Helper()
	if !commit {
		o.do(t, func(context.Context, *store.Tx) error { return errRollback })
	}
	close(o.steps)
	if err := <-o.end; err != nil && !errors.Is(err, errRollback) {
		t.Fatal(err)
	}
}

// randomWrite writes what the transaction of a slot may: open transactions must
// not wait for each other.
func randomWrite(r *rand.Rand, slot int) func(context.Context, *store.Tx) error {
	return func(ctx context.Context, tx *store.Tx) error {
		ctx = store.WithTenant(ctx, "acme")
		value := string(rune('A' + r.IntN(3))) // few, so that a list comes back to what it was
		var err error
		switch slot*10 + r.IntN(2) {
		case 0:
			_, err = store.For[team](tx).PatchWhere(ctx, store.Eq("id", 1), store.SetTo("name", "red "+value))
		case 1:
			_, err = store.For[project](tx).PatchWhere(ctx, store.Eq("code", "b"), store.SetTo("title", value))
		case 10:
			_, err = store.For[task](tx).PatchWhere(ctx, store.Eq("id", store.Text(tTwo)), store.SetTo("title", value))
		case 11:
			err = toggleMember(ctx, tx, pAlpha, bob)
		case 20:
			_, err = store.For[task](tx).PatchWhere(ctx, store.Eq("id", store.Text(tThree)), store.SetTo("done", r.IntN(2) == 0))
		default:
			err = toggleMember(ctx, tx, pGamma, ann)
		}
		return err
	}
}

func toggleMember(ctx context.Context, tx *store.Tx, project string, user store.ID) error {
	key, err := store.ParseID(project)
	if err != nil {
		return err
	}
	members := store.For[projectUser](tx)
	n, err := members.DeleteWhere(ctx, store.And(store.Eq("project_id", key), store.Eq("user_id", user)))
	if err == nil && n == 0 {
		err = members.Insert(ctx, &projectUser{ProjectID: key, UserID: user})
	}
	return err
}

// randomLists are lists over every kind of place a table can be read in.
var randomLists = []request{
	{caller: "ann", line: "GET /projects?select=title,team(name),tasks(title,done)&order=title,id"},
	{caller: "bob", line: "GET /projects?select=id,title"},
	{caller: "bob", line: "GET /tasks?select=title,done,project(title)"},
	{caller: "ann", line: "GET /tasks?select=title,project!inner(title)&project.title=gte.B"},
	{caller: "bob", line: "GET /projects?select=title&order=team(name),id"},
	{caller: "ann", line: "GET /tasks?select=id&limit=1", header: []string{"Prefer: count=exact"}},
	{line: "GET /teams?select=name&order=name"},
	{line: "GET /projects"},
	{caller: "bob", line: "GET /projects?select=title&order=team(name),id&limit=1"},
}

// TestConditionalListsAtRandom steps through transactions on several instances of one
// database: they stay open, roll back, undo savepoints and commit in any order. Before each
// step a plain read by an instance that serves no client is the truth: a client that has it
// must get 304, any other must get it.
func TestConditionalListsAtRandom(t *testing.T) {
	t.Parallel()
	steps := 600
	if programtest.Long() {
		steps = 20_000
	}
	instances(t, 3, func(t *testing.T, dbs []*store.DB) {
		servers := handlers(t, dbs)
		r := rand.New(rand.NewPCG(3, 4))
		world := &randomWorld{dbs: dbs, servers: servers, open: make([]*openTx, 3), held: make([]response, len(randomLists)), r: r}
		for range steps {
			if r.IntN(2) == 0 {
				world.revalidate(t)
			} else {
				world.write(t)
			}
			if t.Failed() {
				break
			}
		}
		for _, o := range world.open {
			if o != nil {
				o.finish(t, true)
			}
		}
		t.Logf("%d not modified, %d sent, %d commits, %d rollbacks", world.same, world.sent, world.commits, world.rollbacks)
		if world.same < steps/10 || world.sent < steps/20 || world.commits < steps/50 || world.rollbacks < steps/50 {
			t.Error("too little has happened to prove anything")
		}
	})
}

type randomWorld struct {
	dbs                            []*store.DB
	servers                        []http.Handler
	open                           []*openTx
	held                           []response
	r                              *rand.Rand
	same, sent, commits, rollbacks int
}

func (w *randomWorld) revalidate(t *testing.T) {
	t.Helper()
	i := w.r.IntN(len(randomLists))
	q, held := randomLists[i], w.held[i]
	truth := do(t, w.servers[2], q)
	if held.header == nil {
		w.held[i] = truth
		return
	}
	unchanged := held.body == truth.body
	for _, name := range []string{"Content-Range", "Link"} {
		unchanged = unchanged && held.header.Get(name) == truth.header.Get(name)
	}
	got := do(t, w.servers[w.r.IntN(2)], ifNoneMatch(q, held.header.Get("Etag")))
	switch {
	case got.status == http.StatusNotModified && !unchanged:
		t.Errorf("%s: 304 for %s, which is %s now", q.line, held.body, truth.body)
	case got.status == http.StatusNotModified:
		w.same++
	case unchanged:
		t.Errorf("%s: %d for what the client has: %s", q.line, got.status, got.body)
	case got.body != truth.body:
		t.Errorf("%s: sent %s, want %s", q.line, got.body, truth.body)
	default:
		w.sent++
		w.held[i] = got
	}
}

func (w *randomWorld) write(t *testing.T) {
	t.Helper()
	slot := w.r.IntN(len(w.open))
	if w.dbs[0].Capabilities().Engine == "sqlite" {
		slot = 0 // there is one writer
	}
	o, part := w.open[slot], slot
	if w.dbs[0].Capabilities().Engine == "sqlite" {
		part = w.r.IntN(3)
	}
	step := randomWrite(w.r, part)
	switch n := w.r.IntN(20); {
	case o == nil && n == 0:
		if _, err := changelog.Trim(t.Context(), w.dbs[w.r.IntN(2)], changelog.Retention{MaxRows: int64(1 + w.r.IntN(20))}); err != nil {
			t.Fatal(err)
		}
	case o == nil:
		w.open[slot] = beginTx(t.Context(), w.dbs[w.r.IntN(2)])
	case n < 9:
		o.do(t, step)
	case n < 13:
		undo := n < 11
		o.do(t, func(ctx context.Context, tx *store.Tx) error {
			err := tx.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
				if err := step(ctx, tx); err != nil {
					return err
				}
				if undo {
					return errRollback
				}
				return nil
			})
			if errors.Is(err, errRollback) {
				return nil
			}
			return err
		})
	default:
		commit := n < 17
		o.finish(t, commit)
		w.open[slot] = nil
		if commit {
			w.commits++
		} else {
			w.rollbacks++
		}
	}
}
