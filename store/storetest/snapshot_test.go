package storetest_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
	"github.com/uptrace/bun"
)

// branch refers to itself, leaf to it, and both are kept from being deleted by that.
type (
	branch struct {
		bun.BaseModel `bun:"table:branches"`
		ID            int64          `bun:",pk,autoincrement"`
		Name          string         `bun:",notnull,unique" plinth:"searchable"`
		Extra         map[string]any `bun:"type:jsonb"`
		ParentID      *int64
		Parent        *branch `bun:"rel:belongs-to,join:parent_id=id"`
	}
	leaf struct {
		bun.BaseModel `bun:"table:leaves"`
		store.Model
		store.SoftDelete
		BranchID int64    `bun:",notnull"`
		Branch   *branch  `bun:"rel:belongs-to,join:branch_id=id"`
		Tags     []string `bun:",array"`
		Weight   *string  `bun:"type:numeric"`
	}
)

// TestSnapshot brings back rows after each kind of write, twice.
func TestSnapshot(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, pgtest.Source(), func(t *testing.T, db *store.DB) {
		ctx, branches, leaves := t.Context(), store.For[branch](db), store.For[leaf](db)
		must := func(errs ...error) {
			t.Helper()
			for _, err := range errs {
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		root, low := &branch{Name: "root", Extra: map[string]any{"a": nil}}, &branch{Name: "low"}
		must(branches.Insert(ctx, root))
		low.ParentID = &root.ID
		kept := &leaf{Tags: []string{"x"}, Weight: new("1.50")}
		must(branches.Insert(ctx, low))
		kept.BranchID = low.ID
		must(leaves.Insert(ctx, kept))
		rows := func() string {
			t.Helper()
			a, err := branches.List(ctx, store.Query{})
			must(err)
			b, err := leaves.List(ctx, store.Query{})
			must(err)
			found, err := branches.List(ctx, store.Query{Where: store.TextColumn(func(b *branch) *string { return &b.Name }).Search("root")})
			must(err)
			text, err := json.Marshal([]any{a, b, len(found)})
			must(err)
			return string(text)
		}
		before := rows()
		restore := storetest.Snapshot(t, db)
		for i := range 2 {
			for name, write := range map[string]func() error{
				"insert": func() error { return branches.Insert(ctx, &branch{Name: fmt.Sprint("new", i)}) },
				"update": func() error { _, err := branches.Patch(ctx, root.ID, store.SetTo("name", "other")); return err },
				"soft":   func() error { return leaves.Delete(ctx, kept.ID) },
				"delete": func() error {
					_, err := db.Bun().DB.ExecContext(ctx, "delete from leaves")
					if err == nil {
						err = branches.Delete(ctx, low.ID)
					}
					return err
				},
			} {
				must(write())
				if rows() == before {
					t.Fatalf("%s changes nothing", name)
				}
				restore(t)
				if after := rows(); after != before {
					t.Fatalf("after %s:\n%s\nwant\n%s", name, after, before)
				}
			}
		}
		if err := branches.Delete(ctx, root.ID); err == nil {
			t.Error("foreign keys are off after a snapshot")
		}
		must(branches.Insert(ctx, &branch{Name: "later"}))
	}, storetest.Models(branch{}, leaf{}))
}
