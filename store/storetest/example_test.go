package storetest_test

import (
	"context"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/storetest"
)

// A package of tests fills a database once and gives each test a copy.
func ExampleNewTemplate() {
	filled := storetest.NewTemplate(func(ctx context.Context, db *store.DB) error {
		if err := db.Register(thing{}); err != nil {
			return err
		}
		_, err := migrate.Auto(ctx, db)
		return err
	})
	_ = func(t *testing.T) {
		db := storetest.New(t, storetest.From(filled))
		if err := store.For[thing](db).Insert(t.Context(), &thing{ID: 1}); err != nil {
			t.Fatal(err)
		}
	}
	// Output:
}
