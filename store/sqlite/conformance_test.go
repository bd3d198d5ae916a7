package sqlite_test

import (
	"path/filepath"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
	"github.com/seed-7694ebf6/plinth/store/storetest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(tb testing.TB, opts store.Options) *store.DB {
		tb.Helper()
		path := filepath.Join(tb.TempDir(), "test.db")
		db, err := sqlite.Open(tb.Context(), path, &sqlite.Options{Store: opts, Synchronous: sqlite.SynchronousOff})
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(func() { _ = db.Close() })
		return db
	})
}
