package store_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// TestRandomRules makes random conditions the rules of writes: a row is inserted
// where the rule to create selects it, and changed where the rule on what an
// update leaves selects the new row. Rules are judged over the image of a row,
// by the evaluator and, where they read other rows, by the database.
func TestRandomRules(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, pgtest.Source(), func(t *testing.T, db *store.DB) {
		r := rand.New(rand.NewPCG(programtest.Seed(t, rand.Uint64()), 1))
		rows := newLeaves(r, 40)
		for _, row := range rows {
			if err := store.For[Leaf](db).Insert(t.Context(), row.model); err != nil {
				t.Fatal(err)
			}
		}
		allowed := 0
		const trees = 300
		for i := range trees {
			f := forest{r: r, rows: rows, visible: func(*leafRow) bool { return true }, vars: map[string]string{}, fullText: db.Capabilities().Engine == "postgres"}
			tree := f.grow(3)
			row := newLeaves(r, 1)[0]
			row.id = 1000 + i
			for tree.related {
				tree = f.leaf() // rows written by this test are no kin of others
			}
			insert, update := f.writes(t, db, tree, row)
			want := tree.judge(row) == yes
			if insert != want || update != want {
				t.Fatalf("%s\n%v: inserted %v, updated %v, want %v", tree.text, row.values, insert, update, want)
			}
			if want {
				allowed++
			}
		}
		t.Logf("%d of %d writes are allowed", allowed, trees)
		if allowed < trees/10 || allowed > trees*9/10 {
			t.Errorf("%d of %d writes are allowed: the rest proves little", allowed, trees)
		}
	}, storetest.Models(Leaf{}))
}

// writes inserts a row under a rule to create, and changes another row into it
// under a rule on what an update leaves. It reports whether they were allowed.
func (f *forest) writes(t *testing.T, db *store.DB, tree tree, row *leafRow) (inserted, updated bool) {
	t.Helper()
	body := row.body(t)
	create, change := all(), all()
	create.Create, change.UpdateCheck = tree.cond, tree.cond
	_, err := gateInsert(t, db, db.Table(Leaf{}), guards(db, f.vars, map[string]store.Guard{"leaves": create}), fmt.Sprintf(`{"id":%d,%s}`, row.id, body), nil)
	if err != nil && !errors.Is(err, store.ErrDenied) {
		t.Fatalf("%s: insert %s: %v", tree.text, body, err)
	}
	target := store.Eq("id", 0)
	n, changeErr := gateUpdate(t, db, db.Table(Leaf{}), guards(db, f.vars, map[string]store.Guard{"leaves": change}), "{"+body+"}", target)
	if changeErr != nil && !errors.Is(changeErr, store.ErrDenied) {
		t.Fatalf("%s: update to %s: %v", tree.text, body, changeErr)
	}
	return err == nil, changeErr == nil && n == 1
}

// body returns the values of a row as members of a JSON object.
func (row *leafRow) body(t *testing.T) string {
	t.Helper()
	m := row.model
	members := map[string]any{
		"num": m.Num, "real": m.Real, "dec": m.Dec, "at": m.At, "day": m.Day, "name": m.Name, "uid": m.UID, "flag": m.Flag, "tags": m.Tags, "doc": m.Doc, "bio": m.Bio,
		"parent_id": m.ParentID,
	}
	raw, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw[1 : len(raw)-1])
}
