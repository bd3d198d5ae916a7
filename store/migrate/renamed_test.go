package migrate_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
)

type titled struct {
	bun.BaseModel `bun:"table:papers"`
	store.Untracked
	ID    int64 `bun:",pk,autoincrement"`
	Title string
}

// headed is titled after its field was renamed.
type headed struct {
	bun.BaseModel `bun:"table:papers"`
	store.Untracked
	ID      int64 `bun:",pk,autoincrement"`
	Heading string
}

// TestRenamedField: an insert that the old column of a renamed field rejects names that
// column. The SQL in the plan copies the values and makes inserts work again.
func TestRenamedField(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, open func(...any) *store.DB) {
		before := open(titled{})
		apply(t, before)
		if err := store.For[titled](before).Insert(t.Context(), &titled{Title: "old"}); err != nil {
			t.Fatal(err)
		}
		db := open(headed{})
		plan, err := migrate.Auto(t.Context(), db)
		if err != nil || len(plan.Manual) != 1 {
			t.Fatalf("%v, %v", plan, err)
		}
		err = store.For[headed](db).Insert(t.Context(), &headed{Heading: "new"})
		var e *store.ConstraintError
		if !errors.As(err, &e) || !strings.Contains(err.Error(), "(title)") {
			t.Fatalf("the error is %v", err)
		}
		if _, details, hint := e.ProblemText(); !strings.Contains(details, "Column title") || !strings.Contains(hint, "migrate diff") {
			t.Errorf("details %q, hint %q", details, hint)
		}
		if again := diff(t, db); len(again.Manual) != 1 || !strings.Contains(again.Manual[0], "copy its values if you need them, then alter table") {
			t.Errorf("the next start has %v", again.Manual)
		}
		problem, advice, _ := strings.Cut(plan.Manual[0], ": ")
		advice, _, _ = strings.Cut(advice, "; or keep it: ")
		if problem != "papers.title must be given and has no field" {
			t.Error(problem)
		}
		runSQL(t, db, advice)
		if err := store.For[headed](db).Insert(t.Context(), &headed{Heading: "new"}); err != nil {
			t.Error(err)
		}
		if p, err := store.For[headed](db).Get(t.Context(), 1); err != nil || p.Heading != "old" {
			t.Errorf("the renamed field has %v, %v", p, err)
		}
		if plan := diff(t, db); plan.String() != "" {
			t.Errorf("there is more to do: %s", plan)
		}
	})
}
