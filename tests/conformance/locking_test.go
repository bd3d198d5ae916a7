package conformance_test

import (
	"context"
	"database/sql"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/uptrace/bun"
)

// note has the usual head of a model.
type note struct {
	bun.BaseModel `bun:"table:notes"`
	store.Model
	Text string `bun:",notnull"`
	Hits int64  `bun:",notnull"`
}

// testLocking checks versions: a write to a row that was changed since it was read
// fails.
func testLocking(t *testing.T, db *store.DB) {
	ctx, notes := t.Context(), store.For[note](db)
	n := note{Text: "one"}
	insert(t, db, &n)
	if n.ID.IsZero() || n.Version != 1 || n.CreatedAt.IsZero() || !n.CreatedAt.Equal(n.UpdatedAt) {
		t.Fatalf("inserted %+v", n)
	}
	stale := n
	n.Text = "two"
	if err := notes.Save(ctx, &n); err != nil || n.Version != 2 {
		t.Fatalf("save: %v, version %d", err, n.Version)
	}
	stale.Text = "lost"
	wantIs(t, "saving an old version", notes.Save(ctx, &stale), store.ErrStale)
	if stale.Version != 1 {
		t.Errorf("a failed save changed the struct: %+v", stale)
	}
	gone := note{Model: store.Model{ID: store.NewID(), Version: 1}}
	wantIs(t, "saving a row that is gone", notes.Save(ctx, &gone), store.ErrNotFound)
	_, err := notes.Patch(ctx, gone.ID, store.SetTo("text", "x"))
	wantIs(t, "patching a row that is gone", err, store.ErrNotFound)
	wantIs(t, "deleting a row that is gone", notes.Delete(ctx, gone.ID), store.ErrNotFound)
	_, err = notes.Get(ctx, gone.ID)
	wantIs(t, "getting a row that is gone", err, store.ErrNotFound)

	g := gateOf[note](db)
	for _, tt := range []struct {
		version int64
		want    error
	}{{1, store.ErrStale}, {3, store.ErrStale}, {2, nil}, {2, store.ErrStale}} {
		p := value(g.DecodePatch([]byte(`{"text":"three"}`), nil))(t)
		var out query.Rows
		err := g.Update(ctx, p, store.Eq("id", n.ID), query.WriteOptions{Versions: []int64{tt.version}, ByKey: true}, &out)
		if tt.want == nil && (err != nil || out.Count != 1) {
			t.Errorf("update of version %d: %v, %d rows", tt.version, err, out.Count)
		}
		if tt.want != nil {
			wantIs(t, "update of another version", err, tt.want)
		}
	}
	now := value(notes.Get(ctx, n.ID))(t)
	if now.Text != "three" || now.Version != 3 || !now.CreatedAt.Equal(n.CreatedAt) || now.UpdatedAt.Before(n.UpdatedAt) {
		t.Errorf("the row is %+v", now)
	}
	if _, err := notes.PatchWhere(ctx, store.Cond{}, store.SetTo("text", "x")); err == nil {
		t.Error("a forgotten condition reached every row")
	}
	if _, err := notes.DeleteWhere(ctx, store.Cond{}); err == nil {
		t.Error("a forgotten condition deleted every row")
	}
	testCounting(t, notes, n.ID)
}

// testCounting adds from many goroutines: the sum is the database's.
func testCounting(t *testing.T, notes store.Repo[note], id store.ID) {
	t.Helper()
	const writers, each = 8, 10
	add := store.Number(func(n *note) *int64 { return &n.Hits }).Add(1)
	before := value(notes.Get(t.Context(), id))(t)
	var wg sync.WaitGroup
	var saved atomic.Int64
	for range writers {
		wg.Go(func() {
			for range each {
				if _, err := notes.Patch(t.Context(), id, add); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	read := value(notes.Get(t.Context(), id))(t)
	if read.Hits != writers*each || read.Version != before.Version+writers*each {
		t.Errorf("%d hits, version %d, want %d and %d", read.Hits, read.Version, writers*each, before.Version+writers*each)
	}
	// All save what they have read: one of them wins.
	for range writers {
		wg.Go(func() {
			row := *read
			switch err := notes.Save(t.Context(), &row); {
			case err == nil:
				saved.Add(1)
			default:
				wantIs(t, "a save that lost", err, store.ErrStale)
			}
		})
	}
	wg.Wait()
	if saved.Load() != 1 {
		t.Errorf("%d saves of one version won", saved.Load())
	}
}

// debate has a number of replies, which a hook counts.
type debate struct {
	bun.BaseModel `bun:"table:debates"`
	store.Model
	Replies int64 `bun:",notnull"`
}

type reply struct {
	bun.BaseModel `bun:"table:replies"`
	store.Model
	DebateID store.ID `bun:",notnull"`

	Debate *debate `bun:"rel:belongs-to,join:debate_id=id"`
}

// testCountedByHook inserts two children of one row at the same time, and a hook changes that
// row after each: the foreign keys of both inserts hold it, and neither may wait for the other
// one's.
func testCountedByHook(t *testing.T, db *store.DB) {
	const writers = 2
	add := store.Number(func(d *debate) *int64 { return &d.Replies }).Add(1)
	var calls atomic.Int64
	var inserted sync.WaitGroup
	inserted.Add(writers)
	err := store.After(db, func(ctx context.Context, w *store.Write[reply]) error {
		if db.Capabilities().Engine == "postgres" && calls.Load() < writers { // SQLite has one writer
			inserted.Done()
			inserted.Wait()
		}
		calls.Add(1)
		_, err := store.For[debate](w.Tx).Patch(ctx, w.New.DebateID, add)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	d := &debate{}
	insert(t, db, d)
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			opts := store.TxOptions{Isolation: sql.LevelReadCommitted}
			err := db.TxWith(t.Context(), opts, func(ctx context.Context, tx *store.Tx) error {
				return store.For[reply](tx).Insert(ctx, &reply{DebateID: d.ID})
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := value(store.For[debate](db).Get(t.Context(), d.ID))(t).Replies; n != writers || calls.Load() != writers {
		t.Errorf("%d replies are counted in %d attempts, want %d in as many", n, calls.Load(), writers)
	}
}
