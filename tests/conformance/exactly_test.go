package conformance_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/uptrace/bun"
)

// budget is a bound that many draw on.
type budget struct {
	bun.BaseModel `bun:"table:budgets"`
	store.Untracked
	Name string `bun:",pk"`
	Left int64  `bun:",notnull"`
}

var budgetLeft = store.Number(func(b *budget) *int64 { return &b.Left })

// testExactly is about writes of several rows or none.
func testExactly(t *testing.T, db *store.DB) {
	ctx, budgets := t.Context(), store.For[budget](db)
	insert(t, db, &budget{Name: "b", Left: 2}, &budget{Name: "a", Left: 2}, &budget{Name: "c", Left: 1}, &budget{Name: "d", Left: 9})
	left := func(name string) int64 { return value(budgets.Get(ctx, name))(t).Left }
	draw := func(s store.Session, n int) []*budget {
		t.Helper()
		some := store.And(store.In("name", []string{"a", "b", "c"}), budgetLeft.Gt(0))
		return value(store.For[budget](s).PatchExactly(ctx, n, some, budgetLeft.Add(-1)))(t)
	}
	got := draw(db, 3)
	if len(got) != 3 || *got[0] != (budget{Name: "a", Left: 1}) || *got[1] != (budget{Name: "b", Left: 1}) || *got[2] != (budget{Name: "c"}) {
		t.Errorf("drawn: %v", got)
	}
	for _, n := range []int{3, 1} { // c is spent, and two are not one
		if got := draw(db, n); len(got) != 0 || left("a") != 1 || left("b") != 1 || left("c") != 0 || left("d") != 9 {
			t.Errorf("%d of two: %v are drawn", n, got)
		}
	}
	if err := db.Tx(ctx, func(inTx context.Context, tx *store.Tx) error {
		ctx = inTx
		defer func() { ctx = t.Context() }()
		if got := draw(tx, 3); len(got) != 0 {
			t.Errorf("in a transaction: %v are drawn", got)
		}
		if got := draw(tx, 2); len(got) != 2 { // and it goes on
			t.Errorf("in a transaction: %v are drawn", got)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	if left("a") != 0 || left("b") != 0 {
		t.Errorf("%d and %d are left", left("a"), left("b"))
	}
	for _, n := range []int{0, -1} {
		if _, err := budgets.PatchExactly(ctx, n, store.True(), budgetLeft.To(0)); err == nil {
			t.Errorf("%d rows can be asked for", n)
		}
	}
	if _, err := budgets.PatchExactly(ctx, 1, store.Cond{}, budgetLeft.To(0)); err == nil {
		t.Error("a forgotten condition reached every row")
	}
	testExactlyLogged(t, db)
	testExactlyAtOnce(t, budgets)
}

// testExactlyLogged looks at the version, the times and the change log.
func testExactlyLogged(t *testing.T, db *store.DB) {
	t.Helper()
	n := note{Text: "one"}
	insert(t, db, &n)
	logged(t, db)
	notes, which := store.For[note](db), store.Eq("text", "one")
	if got := value(notes.PatchExactly(t.Context(), 2, which, store.SetTo("hits", 1)))(t); len(got) != 0 || len(logged(t, db)) != 0 {
		t.Errorf("one row is two: %v", got)
	}
	got := value(notes.PatchExactly(t.Context(), 1, which, store.SetTo("hits", 1)))(t)
	if len(got) != 1 || got[0].Version != 2 || got[0].Hits != 1 || got[0].ID != n.ID {
		t.Errorf("written: %v", got)
	}
	if lines := logged(t, db); len(lines) != 1 {
		t.Errorf("%d changes of one row", len(lines))
	}
}

// testExactlyAtOnce draws on budgets from many goroutines that name them in different
// orders: no budget is overdrawn, each claim is all or nothing, and no claim waits
// forever.
func testExactlyAtOnce(t *testing.T, budgets store.Repo[budget]) {
	t.Helper()
	const each = 20
	for name, most := range map[string]int64{"a": 30, "b": 40, "c": 1000, "d": 1000} {
		if _, err := budgets.Patch(t.Context(), name, budgetLeft.To(most)); err != nil {
			t.Fatal(err)
		}
	}
	var wg sync.WaitGroup
	var drawn atomic.Int64
	for _, names := range [][]string{{"a", "b", "c"}, {"c", "b", "a"}, {"b", "a", "d"}, {"d", "a", "b"}} {
		conds := make([]store.Cond, len(names))
		for i, name := range names {
			conds[i] = store.And(store.Eq("name", name), budgetLeft.Gt(0))
		}
		wg.Go(func() {
			for range each {
				got, err := budgets.PatchExactly(t.Context(), len(names), store.Or(conds...), budgetLeft.Add(-1))
				if err != nil {
					t.Error(err)
				}
				if len(got) > 0 {
					drawn.Add(1)
				}
			}
		})
	}
	wg.Wait()
	all := value(budgets.List(t.Context(), store.Query{Order: []store.Order{{Column: "name"}}}))(t)
	if a, b, c, d := all[0].Left, all[1].Left, all[2].Left, all[3].Left; drawn.Load() != 30 || a != 0 || b != 10 || 2000-c-d != 30 {
		t.Errorf("%d draw on 30, 40, 1000 and 1000, of which %d, %d, %d and %d are left", drawn.Load(), a, b, c, d)
	}
}
