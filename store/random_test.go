package store_test

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// TestRandomConditions compares conditions, filtered by a guard, with an oracle
// over the data: as SQL of both engines, and as the library evaluates them in
// memory. PLINTH_TEST_LONG=1 takes 10,000 instead of 1,000.
func TestRandomConditions(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, pgtest.Source(), func(t *testing.T, db *store.DB) {
		trees := 1000
		if programtest.Long() {
			trees = 10000
		}
		r := rand.New(rand.NewPCG(programtest.Seed(t, rand.Uint64()), 0))
		rows := newLeaves(r, 60)
		for _, row := range rows {
			if err := store.For[Leaf](db).Insert(t.Context(), row.model); err != nil {
				t.Fatal(err)
			}
		}
		var shares [11]int // trees by the share of the visible rows they select, in tenths
		middle, failed, searches := 0, 0, 0
		for range trees {
			f := newForest(r, rows)
			f.fullText = db.Capabilities().Engine == "postgres"
			tree := f.grow(4)
			if tree.server {
				searches++
			}
			share, err := f.check(t, db, tree)
			if err != nil {
				t.Errorf("%s\n%v", tree.text, err)
				if failed++; failed == 5 {
					t.Fatal("no more")
				}
				continue
			}
			shares[int(share*10)]++
			if share >= 0.05 && share <= 0.95 {
				middle++
			}
		}
		t.Logf("%d trees; by tenths of the rows they select: %v; %d select 5 to 95 %%; %d have a search of PostgreSQL's", trees, shares, middle, searches)
		if middle < trees*3/10 {
			t.Errorf("%d of %d trees select 5 to 95 %% of the rows: the rest proves little", middle, trees)
		}
	}, storetest.Models(Leaf{}))
}

func newForest(r *rand.Rand, rows []*leafRow) forest {
	return forest{r: r, rows: rows, visible: leafVisible, vars: map[string]string{"limit": "0"}}
}

// TestRandomFullTextIsRefused: SQLite has no search like PostgreSQL's own and refuses
// every condition with one, wherever it stands, and no other.
func TestRandomFullTextIsRefused(t *testing.T) {
	t.Parallel()
	db := storetest.New(t, storetest.Models(Leaf{}))
	r := rand.New(rand.NewPCG(programtest.Seed(t, rand.Uint64()), 0))
	rows, refused := newLeaves(r, 3), 0
	for range 300 {
		f := newForest(r, rows)
		f.fullText = true
		tree := f.grow(4)
		_, err := read(t, db, f.leafScope(db), Leaf{}, query.Query{Where: tree.cond})
		invalid, isInvalid := errors.AsType[*fault.QueryError](err)
		if tree.server != (isInvalid && invalid.Kind == fault.QueryUnsupported) || err != nil && !isInvalid {
			t.Errorf("%s: %v", tree.text, err)
		}
		if tree.server {
			refused++
		}
	}
	if refused < 50 {
		t.Errorf("%d of 300 conditions have such a search", refused)
	}
}

// leafVisible is the guard of the scope: num > 0 or flag is not false.
func leafVisible(row *leafRow) bool {
	return row.values["num"] > 2 || row.values["flag"] != 0
}

// leafScope is a scope with that guard and the variables of a tree.
func (f *forest) leafScope(db *store.DB) *store.Scope {
	table := db.Table(Leaf{})
	guard := &store.Guard{
		Read:     must(store.Bind(table, store.Or(store.Compare("num", query.OpGt, store.Var("limit")), store.Not(store.Compare("flag", query.OpIsFalse, nil))))),
		Readable: table.PublicColumns(),
	}
	return &store.Scope{
		Var:   func(name string) (string, bool) { v, ok := f.vars[name]; return v, ok },
		Guard: func(*store.Table) *store.Guard { return guard },
	}
}

// check judges a tree by the database and in memory and returns the share of the
// visible rows it selects.
func (f *forest) check(t *testing.T, db *store.DB, tree tree) (share float64, err error) {
	t.Helper()
	scope := f.leafScope(db)
	var want []string
	visible := 0
	for _, row := range f.rows {
		judged := tree.judge(row)
		if leafVisible(row) {
			visible++
			if judged == yes {
				want = append(want, fmt.Sprintf(`{"id":%d}`, row.id))
			}
		}
		if tree.related || tree.server {
			continue
		}
		selected, err := store.EvaluateCond(db, tree.cond, scope, row.model)
		if err != nil || selected != (judged == yes) {
			return 0, fmt.Errorf("in memory: row %d %v: %v, %v, want %v", row.id, row.values, selected, err, judged == yes)
		}
	}
	slices.SortFunc(want, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	got, err := read(t, db, scope, Leaf{}, query.Query{Select: []query.Selected{{Column: "id"}}, Where: tree.cond})
	if err != nil || got != "["+strings.Join(want, ",")+"]" {
		return 0, fmt.Errorf("SQL: %s, %v\nwant [%s]", got, err, strings.Join(want, ","))
	}
	return float64(len(want)) / float64(visible), nil
}
