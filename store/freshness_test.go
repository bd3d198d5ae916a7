package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
)

// Whether tables were written is looked up for all callers at once, so who looks
// must not wait for a caller's own statements: all others would wait too.
func TestALookIsNobodysStatement(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		if err := store.For[Author](db).Insert(t.Context(), &Author{Name: "Ann", Hash: "h"}); err != nil {
			t.Fatal(err)
		}
		scope := guards(db, nil, map[string]store.Guard{"authors": all()})
		scope.Caller = store.Caller{ID: "ann"}

		gate := store.NewGate(db, db.Table(Author{}), scope)
		opts := store.ReadOptions{Conditional: store.Conditional{Form: "json"}}
		var out store.Rows
		for !out.Unchanged { // the first look finds what was written before
			if err := gate.Read(t.Context(), &store.Query{}, opts, &out); err != nil || out.Tag == "" {
				t.Fatalf("tag %q, %v", out.Tag, err)
			}
			opts.Conditional.Known = []string{out.Tag}
		}

		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		entered, ended := make(chan struct{}), make(chan error)
		transactions := 0
		for has := false; !has; {
			transactions++
			go func() {
				ended <- db.TxWith(store.WithScope(ctx, scope), store.TxOptions{ReadOnly: true}, func(ctx context.Context, _ *store.Tx) error {
					entered <- struct{}{}
					<-ctx.Done()
					return ctx.Err()
				})
			}()
			select {
			case <-entered:
			case <-time.After(200 * time.Millisecond):
				has = true // the caller has as many as may be
			}
		}
		if err := gate.Read(ctx, &store.Query{}, opts, &out); err != nil || !out.Unchanged {
			t.Errorf("unchanged %t, %v", out.Unchanged, err)
		}
		stop()
		for range transactions {
			if err := <-ended; !errors.Is(err, context.Canceled) && !errors.Is(err, store.ErrBusy) {
				t.Errorf("a transaction ended with %v", err)
			}
		}
	})
}
