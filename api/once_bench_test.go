package api_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/postgres"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// BenchmarkIdempotencyKey repeats a request whose caller has so many answers kept. What
// is kept of a program of the application is not counted: it shows what counting takes.
func BenchmarkIdempotencyKey(b *testing.B) {
	const more = "with recursive g (i) as (select 1 union all select i + 1 from g where i < %d)" +
		" insert into plinth_idempotency (scope, key, fingerprint, answer, expires_at, caller, size)" +
		" select scope, 'more' || i, fingerprint, answer, expires_at, caller, size from plinth_idempotency, g"
	free := api.TxFunc("free", api.Anyone(), func(context.Context, *store.Tx, none) (int, error) { return 1, nil })
	for _, engine := range []string{"sqlite", "postgres"} {
		for _, run := range []struct {
			caller string
			kept   int
		}{{"service", 0}, {"ann", 0}, {"ann", 100}, {"ann", 10_000}} {
			b.Run(fmt.Sprintf("%s/%s/%d", engine, run.caller, run.kept), func(b *testing.B) {
				var db *store.DB
				var err error
				if engine == "sqlite" {
					db, err = sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "test.db"), nil)
				} else {
					db, err = postgres.Open(b.Context(), pgtest.URL(b), nil)
				}
				if err != nil {
					b.Fatal(err)
				}
				b.Cleanup(func() { _ = db.Close() })
				h := serve(b, db, api.Config{}, free)
				call := keyed("k", request{caller: run.caller, line: "POST /rpc/free", body: "{}"})
				must(b, h, 200, call)
				if run.kept > 0 {
					if _, err := db.Bun().ExecContext(b.Context(), fmt.Sprintf(more, run.kept-1)); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportAllocs()
				for b.Loop() {
					must(b, h, 200, call)
				}
			})
		}
	}
}
