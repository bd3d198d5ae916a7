package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
	"github.com/uptrace/bun"
)

// Reply answers another one and goes with it.
type Reply struct {
	bun.BaseModel `bun:"table:replies"`
	store.Untracked
	ID       int64 `bun:",pk"`
	ParentID *int64
	Parent   *Reply `bun:"rel:belongs-to,join:parent_id=id,on_delete:CASCADE"`
}

// Mention stays when what it mentions goes.
type Mention struct {
	bun.BaseModel `bun:"table:mentions"`
	store.Untracked
	ID      int64 `bun:",pk"`
	ReplyID *int64
	Reply   *Reply `bun:"rel:belongs-to,join:reply_id=id,on_delete:SET NULL"`
}

func cascadeEngines(t *testing.T, run func(t *testing.T, db *store.DB, exec func(statement string, args ...any))) {
	t.Helper()
	storetest.Engines(t, pgtest.Source(), func(t *testing.T, db *store.DB) {
		run(t, db, func(statement string, args ...any) {
			t.Helper()
			if _, err := db.Bun().ExecContext(t.Context(), fmt.Sprintf(statement, args...)); err != nil {
				t.Fatal(err)
			}
		})
	}, storetest.Models(Reply{}, Mention{}))
}

// refusedByLimit checks that deleting a reply is the client's mistake, and that
// nothing is gone.
func refusedByLimit(t *testing.T, db *store.DB, id int64, most int) {
	t.Helper()
	before := must(store.For[Reply](db).Count(t.Context(), store.True()))
	err := store.For[Reply](db).Delete(t.Context(), id)
	var limit *fault.LimitError
	if !errors.As(err, &limit) || limit.Limit != most || code(err) != problem.LimitExceeded {
		t.Errorf("deleting %d: %v", id, err)
	}
	if after := must(store.For[Reply](db).Count(t.Context(), store.True())); after != before {
		t.Errorf("%d replies of %d are left", after, before)
	}
}

// A chain of answers that is too long to go at once is refused, and goes in parts.
func TestCascadeHasABoundOfLevels(t *testing.T) {
	t.Parallel()
	cascadeEngines(t, func(t *testing.T, db *store.DB, exec func(string, ...any)) {
		exec("insert into replies (id, parent_id) values (1, null)")
		for id := 2; id <= 18; id++ {
			exec("insert into replies (id, parent_id) values (%d, %d)", id, id-1)
		}
		refusedByLimit(t, db, 1, 16)
		if err := store.For[Reply](db).Delete(t.Context(), int64(2)); err != nil {
			t.Errorf("16 levels: %v", err)
		}
		if err := store.For[Reply](db).Delete(t.Context(), int64(1)); err != nil {
			t.Errorf("what is left: %v", err)
		}

		exec("insert into replies (id, parent_id) values (1, null)")
		exec("insert into replies (id, parent_id) values (2, 1)")
		exec("update replies set parent_id = 2 where id = 1")
		refusedByLimit(t, db, 1, 16) // a circle
	})
}

// The rows of all levels together are those of one write.
func TestCascadeHasABoundOfRows(t *testing.T) {
	t.Parallel()
	cascadeEngines(t, func(t *testing.T, db *store.DB, exec func(string, ...any)) {
		const each = 5000
		exec("insert into replies (id, parent_id) values (1, null)")
		for _, id := range []int{2, 3} {
			exec("insert into replies (id, parent_id) values (%d, 1)", id)
			exec(`insert into mentions (id, reply_id)
				with recursive n (i) as (select 1 union all select i + 1 from n where i < %d) select %d + i, %d from n`, each, id*each, id)
		}
		refusedByLimit(t, db, 1, 10000)
		if n := must(store.For[Mention](db).Count(t.Context(), store.Null("reply_id"))); n != 0 {
			t.Errorf("%d mentions have lost what they mention", n)
		}
		exec("delete from mentions where id > %d", 4*each-3)
		if err := store.For[Reply](db).Delete(t.Context(), int64(1)); err != nil {
			t.Errorf("10,000 rows: %v", err)
		}
		if n := must(store.For[Mention](db).Count(t.Context(), store.Null("reply_id"))); n != 2*each-3 {
			t.Errorf("%d mentions are left", n)
		}
	})
}

// A hook distinguishes a delete from the deletes and changes that follow from it.
func TestCascadeIsKnownToHooks(t *testing.T) {
	t.Parallel()
	cascadeEngines(t, func(t *testing.T, db *store.DB, exec func(string, ...any)) {
		var seen []string
		err := errors.Join(
			store.Before(db, func(_ context.Context, w *store.Write[Reply]) error {
				seen = append(seen, fmt.Sprintf("delete of reply %d: %t", w.Old.ID, w.Cascade))
				return nil
			}),
			store.After(db, func(_ context.Context, w *store.Write[Mention]) error {
				seen = append(seen, fmt.Sprintf("%s of mention %d: %t", w.Op, w.Old.ID, w.Cascade))
				return nil
			}),
		)
		if err != nil {
			t.Fatal(err)
		}
		exec("insert into replies (id, parent_id) values (1, null), (2, 1)")
		exec("insert into mentions (id, reply_id) values (1, 2), (2, 2)")
		err = errors.Join(store.For[Mention](db).Delete(t.Context(), int64(2)), store.For[Reply](db).Delete(t.Context(), int64(1)))
		want := []string{"delete of mention 2: false", "delete of reply 1: false", "delete of reply 2: true", "update of mention 1: true"}
		if err != nil || !slices.Equal(seen, want) {
			t.Errorf("%q, want %q, %v", seen, want, err)
		}
	})
}
