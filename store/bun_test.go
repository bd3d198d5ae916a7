package store_test

import (
	"context"
	"errors"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
)

func TestBunInsideATransaction(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		newAuthor(t, db, "Ann")
		count := func(ctx context.Context) (int64, error) { return db.Bun().NewSelect().Model((*Author)(nil)).Count(ctx) }
		err := db.Tx(t.Context(), func(ctx context.Context, _ *store.Tx) error {
			if _, err := count(ctx); !errors.Is(err, store.ErrInTx) {
				t.Errorf("inside the transaction: %v, want ErrInTx", err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if n, err := count(t.Context()); err != nil || n != 1 {
			t.Errorf("outside of it: %d, %v", n, err)
		}
	})
}
