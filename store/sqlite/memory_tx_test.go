package sqlite_test

import (
	"context"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
)

// TestFirstPageInATransaction: what the store needs of the database for its first page
// is read by the transaction. A database in memory lets nobody else read beside it.
func TestFirstPageInATransaction(t *testing.T) {
	t.Parallel()
	db, err := sqlite.Open(t.Context(), ":memory:", nil)
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
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	pages := 0
	err = db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		repo := store.For[bare](tx)
		for _, id := range []string{"a", "b", "c"} {
			if err := repo.Insert(ctx, &bare{ID: id}); err != nil {
				return err
			}
		}
		q := store.Query{Limit: store.Limit(1)}
		for {
			page, err := repo.Page(ctx, q)
			if err != nil {
				return err
			}
			pages++
			if page.Next == "" {
				return nil
			}
			q.After = page.Next
		}
	})
	if err != nil || pages < 3 {
		t.Errorf("%d pages, %v", pages, err)
	}
}
