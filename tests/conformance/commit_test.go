package conformance_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// steps collects what functions of OnCommit have done.
type steps struct{ done []string }

func (s *steps) add(name string) func(context.Context) {
	return func(context.Context) { s.done = append(s.done, name) }
}

func (s *steps) want(t *testing.T, what string, want ...string) {
	t.Helper()
	if !slices.Equal(s.done, want) {
		t.Errorf("%s: %q ran, want %q", what, s.done, want)
	}
	s.done = nil
}

type requestKey struct{}

// testOnCommit runs functions behind commits and rollbacks, of transactions and
// of savepoints.
func testOnCommit(t *testing.T, db *store.DB) {
	var ran steps
	ctx, cancel := context.WithCancel(context.WithValue(t.Context(), requestKey{}, "r1"))
	defer cancel()
	savepoint := func(ctx context.Context, tx *store.Tx, name string, result error) error {
		return tx.Tx(ctx, func(_ context.Context, tx *store.Tx) error {
			tx.OnCommit(ran.add(name))
			return result
		})
	}
	err := db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		tx.OnCommit(ran.add("first"))
		tx.OnCommit(func(after context.Context) {
			cancel() // ends the caller's context, not this one
			if after.Value(requestKey{}) != "r1" || after.Err() != nil {
				t.Errorf("the context has %v and %v", after.Value(requestKey{}), after.Err())
			}
			if _, err := store.For[account](db).Get(after, 1); err != nil {
				t.Errorf("what was committed is not there: %v", err)
			}
			if err := store.For[account](db).Insert(after, &account{ID: 2}); err != nil {
				t.Errorf("a write after the commit: %v", err)
			}
			ran.add("second")(after)
		})
		tx.OnCommit(func(context.Context) { panic("logged, not more") })
		wantIs(t, "a savepoint that is undone", savepoint(ctx, tx, "undone", errRefused), errRefused)
		wantIs(t, "an undone savepoint around another", tx.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
			return errors.Join(savepoint(ctx, tx, "inside of undone", nil), errRefused)
		}), errRefused)
		ran.want(t, "inside the transaction")
		return errors.Join(savepoint(ctx, tx, "kept", nil), store.For[account](tx).Insert(ctx, &account{ID: 1}))
	})
	if err != nil {
		t.Fatal(err)
	}
	ran.want(t, "after the commit", "first", "second", "kept")
	wantIDs(t, db, `[{"id":1},{"id":2}]`)

	err = db.Tx(t.Context(), func(_ context.Context, tx *store.Tx) error {
		tx.OnCommit(ran.add("refused"))
		return errRefused
	})
	wantIs(t, "the function's own error", err, errRefused)
	ran.want(t, "after a rollback")
	var over *store.Tx
	err = db.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		over = tx
		tx.OnCommit(ran.add("failed"))
		wantCode(t, "a key twice", store.For[account](tx).Insert(ctx, &account{ID: 1}), "23505")
		return nil
	})
	wantIs(t, "the commit of a failed transaction", err, store.ErrTxFailed)
	ran.want(t, "after a commit that failed")
	defer func() {
		if recover() == nil {
			t.Error("a function was given to a transaction that is over")
		}
	}()
	over.OnCommit(ran.add("over"))
}

// testOnCommitRetry runs a transaction twice: what its first attempt wanted to
// do is forgotten.
func testOnCommitRetry(t *testing.T, db *store.DB) {
	row := note{}
	insert(t, db, &row)
	if db.Capabilities().Engine == "sqlite" {
		t.Skip("a writing transaction has the database for itself")
	}
	var ran steps
	runs := 0
	err := db.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		runs++
		tx.OnCommit(ran.add([]string{"", "lost", "won"}[runs]))
		if _, err := store.For[note](tx).Get(ctx, row.ID); err != nil {
			return err
		}
		if runs == 1 { // a concurrent write
			if _, err := store.For[note](db).Patch(t.Context(), row.ID, store.SetTo("text", "other")); err != nil {
				return err
			}
		}
		_, err := store.For[note](tx).Patch(ctx, row.ID, store.SetTo("text", "mine"))
		return err
	})
	if err != nil || runs != 2 {
		t.Errorf("%d runs, %v", runs, err)
	}
	ran.want(t, "after the second attempt", "won")
}

// testOnCommitHook gives a function in a hook, also of a write that has no
// transaction but its own.
func testOnCommitHook(t *testing.T, db *store.DB) {
	var ran steps
	err := store.After(db, func(_ context.Context, w *store.Write[account]) error {
		w.Tx.OnCommit(ran.add(string(w.Op)))
		if w.New != nil && w.New.ID == 9 {
			return errRefused
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	insert(t, db, &account{ID: 1})
	ran.want(t, "an insert of its own", "insert")
	wantIs(t, "a refused insert", store.For[account](db).Insert(t.Context(), &account{ID: 9}), errRefused)
	ran.want(t, "a refused insert")
	err = db.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(store.For[account](tx).Insert(ctx, &account{ID: 2}), store.For[account](tx).Delete(ctx, int64(1)))
	})
	if err != nil {
		t.Fatal(err)
	}
	ran.want(t, "two writes of one transaction", "insert", "delete")
}

// testOnCommitCaller runs transactions of a caller in what waits for the commit of others
// of the same caller: they must not wait for one another.
func testOnCommitCaller(t *testing.T, db *store.DB) {
	scope := &store.Scope{Caller: query.Caller{ID: "ann"}}
	const together = 40 // more than a caller may have
	var running sync.WaitGroup
	var committed atomic.Int64
	all := make(chan struct{})
	errs := make(chan error, 2*together)
	for range together {
		running.Go(func() {
			errs <- db.Tx(store.WithScope(t.Context(), scope), func(_ context.Context, tx *store.Tx) error {
				tx.OnCommit(func(ctx context.Context) {
					if committed.Add(1) == together {
						close(all)
					}
					select {
					case <-all:
					case <-time.After(8 * time.Second):
						t.Error("who has committed keeps others of the caller from it")
					}
					errs <- db.Tx(store.WithScope(ctx, scope), func(context.Context, *store.Tx) error { return nil })
				})
				return nil
			})
		})
	}
	running.Wait()
	for range together {
		if err := errors.Join(<-errs, <-errs); err != nil {
			t.Fatal(err)
		}
	}
}
