package changelog_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/changelog"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// TestChangesThreeTransactions is the interleaving that breaks simpler cursors.
// The oldest transaction has its number but waits, the middle one has written
// and stays open, the youngest writes first and commits.
//
// By number of the row (seq) the middle one's row is skipped for ever. Behind a
// horizon (xmin) the oldest one's change of the same row is delivered before the
// youngest one's, and nothing at all while the middle one is open.
func TestChangesThreeTransactions(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		size int
	}{{"in one batch", 0}, {"in pages of one", 1}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			db := postgresLog(t)
			c := changelog.Open(db, "reader", &changelog.Options{BatchSize: test.size})
			drained(t, c)

			oldest, middle, youngest := begin(t, db), begin(t, db), begin(t, db)
			takeID(t, oldest)
			takeID(t, middle)
			takeID(t, youngest)

			expect := func(want ...string) {
				t.Helper()
				if got := drained(t, c); !slices.Equal(got, want) {
					t.Errorf("the reader gets %q, want %q", got, want)
				}
			}
			mustAppend(t, db, youngest, "row", 1)
			mustAppend(t, db, middle, "other", 1)
			expect()
			commit(t, youngest)
			expect("row [1] 1")

			mustAppend(t, db, oldest, "row", 2)
			expect()
			commit(t, oldest)
			expect("row [1] 2") // while the middle one is still open

			mustAppend(t, db, middle, "other", 2)
			commit(t, middle)
			expect("other [1] 1", "other [1] 2")
			expect()
		})
	}
}

func mustAppend(t *testing.T, db *store.DB, tx execer, table string, version int64) {
	t.Helper()
	if err := appendLog(db, tx, table, 1, version); err != nil {
		t.Fatal(err)
	}
}

func commit(t *testing.T, tx interface{ Commit() error }) {
	t.Helper()
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

// TestChangesWindowInPages commits rows with low numbers while a window is read
// in pages: they belong to the next window.
func TestChangesWindowInPages(t *testing.T) {
	t.Parallel()
	db := postgresLog(t)
	c := changelog.Open(db, "pages", &changelog.Options{BatchSize: 2})
	drained(t, c)
	late := begin(t, db)
	mustAppend(t, db, late, "late", 1)
	for i := range int64(5) {
		mustLog(t, db, "row", 1, i)
	}
	var got []string
	page := 0
	if _, err := c.Drain(t.Context(), collect(&got, func() {
		if page++; page == 2 {
			commit(t, late)
		}
	})); err != nil {
		t.Fatal(err)
	}
	want := []string{"row [1] 0", "row [1] 1", "row [1] 2", "row [1] 3", "row [1] 4", "late [1] 1"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestChangesOneReaderOfAName runs a reader in two processes.
func TestChangesOneReaderOfAName(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	first, second := openLog(t, url), openLog(t, url)
	opts := &changelog.Options{Start: changelog.FromStart}
	mustLog(t, first, "row", 1, 1)
	var got []string
	_, err := changelog.Open(first, "one", opts).Drain(t.Context(), collect(&got, func() {
		if _, err := changelog.Open(second, "one", opts).Drain(t.Context(), collect(&got, nil)); !errors.Is(err, changelog.ErrReaderBusy) {
			t.Errorf("the second reader: %v", err)
		}
		if other := drained(t, changelog.Open(second, "another", opts)); len(other) != 1 {
			t.Errorf("a reader of another name gets %q", other)
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	if rest := drained(t, changelog.Open(second, "one", opts)); len(rest) != 0 || len(got) != 1 {
		t.Errorf("the first got %q, the second %q", got, rest)
	}
}
