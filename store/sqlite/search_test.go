package sqlite_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
)

// bare has no index but that of its text key.
type bare struct {
	bun.BaseModel `bun:"table:bare"`
	store.Untracked
	ID   string `bun:",pk"`
	Text string `plinth:"searchable"`
}

func openBare(t *testing.T) *store.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "test.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Register(bare{}); err != nil {
		t.Fatal(err)
	}
	if _, err := migrate.Auto(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	return db
}

func bareIDs(t *testing.T, db *store.DB, search string) []string {
	t.Helper()
	rows, err := store.For[bare](db).List(t.Context(), store.Query{Where: store.Compare("text", query.OpSearch, search)})
	if err != nil {
		t.Fatal(err)
	}
	ids := []string{}
	for _, r := range rows {
		ids = append(ids, r.ID)
	}
	return ids
}

func execBare(t *testing.T, db *store.DB, query string) {
	t.Helper()
	if _, err := db.Bun().DB.ExecContext(t.Context(), query); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// VACUUM may give rows other numbers; the index must not care, and neither must
// it when the rows are copied into a table with numbers of its own choice.
func TestSearchOutlivesRowNumbers(t *testing.T) {
	t.Parallel()
	db := openBare(t)
	for i := range 50 {
		execBare(t, db, fmt.Sprintf(`insert into bare (id, text) values ('%02d', 'word%d same')`, 99-i, i))
	}
	execBare(t, db, `delete from bare where id % 3 = 0`)
	// What VACUUM is allowed to do: the numbers go the other way.
	execBare(t, db, `update bare set rowid = 1000 - rowid`)
	execBare(t, db, `vacuum`)
	for i := range 50 {
		want := []string{}
		if id := 99 - i; id%3 != 0 {
			want = append(want, fmt.Sprintf("%02d", id))
		}
		if got := bareIDs(t, db, fmt.Sprintf("word%d", i)); !slices.Equal(got, want) {
			t.Errorf("word%d: found %v, want %v", i, got, want)
		}
	}
	execBare(t, db, `update bare set text = 'other'`)
	if got := bareIDs(t, db, "same"); len(got) > 0 {
		t.Errorf("found %v after an update", got)
	}
	var n int
	if err := db.Bun().DB.QueryRowContext(t.Context(), `select count(*) from bare_text_search('other')`).Scan(&n); err != nil || n != 33 {
		t.Errorf("the index has %d rows, %v, want 33", n, err)
	}
}

// Statements that resolve conflicts take rows away without telling triggers; what
// they leave is found, and what they removed is not.
func TestSearchAfterReplace(t *testing.T) {
	t.Parallel()
	db := openBare(t)
	execBare(t, db, `insert into bare (id, text) values ('a', 'one'), ('b', 'two')`)
	execBare(t, db, `insert or replace into bare (id, text) values ('a', 'three'), ('c', 'three')`)
	execBare(t, db, `insert or ignore into bare (id, text) values ('a', 'four'), ('d', 'four')`)
	execBare(t, db, `update or replace bare set id = 'b' where id = 'a'`)
	for query, want := range map[string]string{"one": "", "two": "", "three": "b c", "four": "d"} {
		if got := strings.Join(bareIDs(t, db, query), " "); got != want {
			t.Errorf("search %q found %q, want %q", query, got, want)
		}
	}
	execBare(t, db, `delete from bare`)
	execBare(t, db, `insert into bare (id, text) values ('a', 'five')`)
	if got := strings.Join(bareIDs(t, db, "three"), " "); got != "" {
		t.Errorf("found %q", got)
	}
}
