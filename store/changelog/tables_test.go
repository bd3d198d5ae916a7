package changelog_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/changelog"
)

// TestChangesOfTables: a reader gets the changes of its tables, page by page, and those
// of others are not even decoded. Trimming those does not make it start over.
func TestChangesOfTables(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		opts := &changelog.Options{Start: changelog.FromStart, BatchSize: 2, Tables: []string{"a", "c"}}
		reader, idle := changelog.Open(db, "reader", opts), changelog.Open(db, "", &changelog.Options{Start: changelog.FromStart, Tables: []string{"none"}})
		var want []string
		for i := range int64(4) {
			for _, table := range []string{"a", "b", "c"} {
				mustLog(t, db, table, i, i)
				if table != "b" {
					want = append(want, fmt.Sprintf("%s [%d] %d", table, i, i))
				}
			}
		}
		if got := drained(t, reader); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		if got := drained(t, idle); len(got) != 0 {
			t.Errorf("a reader of a table without changes got %q", got)
		}
		if db.Capabilities().Engine == "sqlite" { // PostgreSQL lets nothing of this kind in
			mustRun(t, db.Bun().DB, "insert into plinth_changes (tbl, op, key, actor) values ('b', 'update', 'no JSON', '')")
		} else {
			mustLog(t, db, "b", 9, 9)
		}
		mustLog(t, db, "a", 9, 9)
		if got := drained(t, reader); len(got) != 1 {
			t.Errorf("behind a change of another table: %q", got)
		}
		waitForIdle(t, db)
		drained(t, idle)
		mustTrim(t, db, changelog.Retention{MaxRows: 1}, 13)
		mustLog(t, db, "none", 1, 1)
		if got := drained(t, idle); len(got) != 1 {
			t.Errorf("behind what was trimmed of other tables: %q", got)
		}
	})
}
