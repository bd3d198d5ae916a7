package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/query"
)

func txTopics() []topic {
	return []topic{
		{"Tx", []any{account{}, quiet{}}, store.Options{}, testTx},
		{"TxFailed", []any{account{}}, store.Options{}, testTxFailed},
		{"Savepoints", []any{account{}}, store.Options{}, testSavepoints},
		{"SavepointCancelled", []any{account{}}, store.Options{}, testSavepointCancelled},
		{"TxPanic", []any{account{}}, store.Options{}, testTxPanic},
		{"TxConflict", []any{note{}}, store.Options{}, testTxConflict},
		{"TxGivesUp", []any{note{}}, store.Options{}, testTxGivesUp},
		{"DeferredConstraint", nil, store.Options{}, testDeferredConstraint},
		{"OnCommit", []any{account{}}, store.Options{}, testOnCommit},
		{"OnCommitRetry", []any{note{}}, store.Options{}, testOnCommitRetry},
		{"OnCommitHook", []any{account{}}, store.Options{}, testOnCommitHook},
		{"OnCommitCaller", []any{account{}}, store.Options{}, testOnCommitCaller},
	}
}

// testDeferredConstraint violates a constraint that is checked at commit. The same code is
// answered as for one that is checked at once.
func testDeferredConstraint(t *testing.T, db *store.DB) {
	for _, text := range []string{
		"create table late_parents (id bigint primary key)",
		"create table late_children (parent bigint references late_parents deferrable initially deferred)",
	} {
		if _, err := db.Bun().ExecContext(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	insert := func(statements ...string) error {
		return db.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			for _, text := range statements {
				if _, err := tx.SQL().ExecContext(ctx, text); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := insert("insert into late_children values (1)", "insert into late_parents values (1)"); err != nil {
		t.Errorf("a parent after its child: %v", err)
	}
	err := insert("insert into late_children values (2)")
	if violated, ok := errors.AsType[*store.ConstraintError](err); !ok || violated.Kind != store.ForeignKey || err.Error() != "store: foreign key violated at commit" {
		t.Errorf("a child without a parent: %v", err)
	}
}

// wantIDs compares the keys of the accounts.
func wantIDs(t *testing.T, db *store.DB, want string) {
	t.Helper()
	wantRead(t, gateOf[account](db), query.Query{Select: columns("id")}, want)
}

func testTx(t *testing.T, db *store.DB) {
	var over *store.Tx
	err := db.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		over = tx
		repo := store.For[account](tx)
		if err := repo.Insert(ctx, &account{ID: 1}); err != nil {
			return err
		}
		if _, err := repo.Get(ctx, 1); err != nil {
			t.Errorf("a transaction does not see what it wrote: %v", err)
		}
		_, err := store.For[account](db).Get(ctx, 1)
		wantIs(t, "the pool inside", err, store.ErrInTx)
		wantIs(t, "a write to the pool inside", store.For[account](db).Insert(ctx, &account{ID: 9}), store.ErrInTx)
		wantIs(t, "a transaction inside", db.Tx(ctx, func(context.Context, *store.Tx) error { return nil }), store.ErrInTx)
		if n, err := store.For[account](db).Count(t.Context(), store.Cond{}); n != 0 || err != nil {
			t.Errorf("others see %d rows before the commit, %v", n, err)
		}
		if tx.SQL() == nil {
			t.Error("no *sql.Tx")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	wantIDs(t, db, `[{"id":1}]`)
	wantIs(t, "a transaction that is over", store.For[account](over).Insert(t.Context(), &account{ID: 9}), fault.ErrTxDone)
	err = db.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if err := store.For[account](tx).Insert(ctx, &account{ID: 2}); err != nil {
			return err
		}
		return fmt.Errorf("because: %w", errRefused)
	})
	wantIs(t, "the function's own error", err, errRefused)
	ctx, cancel := context.WithCancel(t.Context())
	err = db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		err := store.For[account](tx).Insert(ctx, &account{ID: 3})
		cancel()
		return err
	})
	wantIs(t, "a cancelled transaction", err, context.Canceled)
	wantIDs(t, db, `[{"id":1}]`)
	err = db.TxWith(t.Context(), store.TxOptions{ReadOnly: true}, func(ctx context.Context, tx *store.Tx) error {
		if _, err := store.For[account](tx).Get(ctx, 1); err != nil {
			return err
		}
		wantIs(t, "a write where only reads are allowed", store.For[account](tx).Insert(ctx, &account{ID: 4}), fault.ErrReadOnly)
		_, err := store.For[account](tx).DeleteWhere(ctx, store.Eq("id", 1))
		wantIs(t, "a delete where only reads are allowed", err, fault.ErrReadOnly)
		return errRefused
	})
	wantIs(t, "a transaction that only reads", err, errRefused)
	wantIDs(t, db, `[{"id":1}]`)
}

// testTxFailed fails a write inside a transaction: further statements fail on every
// engine, and nothing is committed.
func testTxFailed(t *testing.T, db *store.DB) {
	err := db.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		repo := store.For[account](tx)
		if err := repo.Insert(ctx, &account{ID: 1}); err != nil {
			return err
		}
		wantCode(t, "a key twice", repo.Insert(ctx, &account{ID: 1}), "23505")
		_, err := repo.Get(ctx, 1)
		wantIs(t, "a read in a failed transaction", err, store.ErrTxFailed)
		wantIs(t, "a write in a failed transaction", repo.Insert(ctx, &account{ID: 2}), store.ErrTxFailed)
		wantIs(t, "a savepoint in a failed transaction", tx.Tx(ctx, func(context.Context, *store.Tx) error { return nil }), store.ErrTxFailed)
		return nil
	})
	wantIs(t, "the commit of a failed transaction", err, store.ErrTxFailed)
	wantIDs(t, db, `[]`)
	wantLog(t, db)

	// An error before the database is reached does not fail the transaction.
	err = db.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		repo := store.For[account](tx)
		if _, err := repo.List(ctx, store.Query{Where: store.Eq("nope", 1)}); err == nil {
			t.Error("an unknown column was read")
		}
		_, err := repo.Get(ctx, 77)
		wantIs(t, "no row", err, store.ErrNotFound)
		return repo.Insert(ctx, &account{ID: 3})
	})
	if err != nil {
		t.Error(err)
	}
	wantIDs(t, db, `[{"id":3}]`)
}

func testSavepoints(t *testing.T, db *store.DB) {
	err := db.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		insertAccount := func(id int64) func(context.Context, *store.Tx) error {
			return func(ctx context.Context, tx *store.Tx) error {
				return store.For[account](tx).Insert(ctx, &account{ID: id})
			}
		}
		if err := insertAccount(1)(ctx, tx); err != nil {
			return err
		}
		wantCode(t, "a write that fails in a savepoint", tx.Tx(ctx, insertAccount(1)), "23505")
		if err := tx.Tx(ctx, insertAccount(2)); err != nil {
			return err
		}
		err := tx.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
			wantCode(t, "a failure that is not returned", insertAccount(1)(ctx, tx), "23505")
			return nil
		})
		wantIs(t, "a savepoint that hides a failure", err, store.ErrTxFailed)
		err = tx.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
			return errors.Join(insertAccount(3)(ctx, tx), tx.Tx(ctx, insertAccount(4)),
				tx.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
					return errors.Join(insertAccount(5)(ctx, tx), errRefused)
				}))
		})
		wantIs(t, "nested savepoints", err, errRefused)
		err = tx.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
			err := tx.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
				return errors.Join(insertAccount(7)(ctx, tx), errRefused)
			})
			wantIs(t, "the inner savepoint", err, errRefused)
			return insertAccount(6)(ctx, tx)
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	wantIDs(t, db, `[{"id":1},{"id":2},{"id":6}]`)
	if lines := logged(t, db); len(lines) != 3 {
		t.Errorf("change log %q, want three inserts", lines)
	}
}

// testSavepointCancelled cancels the context of a savepoint: its writes are rolled
// back, and the transaction commits.
func testSavepointCancelled(t *testing.T, db *store.DB) {
	err := db.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		inner, cancel := context.WithCancel(ctx)
		defer cancel()
		err := tx.Tx(inner, func(ctx context.Context, tx *store.Tx) error {
			if err := store.For[account](tx).Insert(ctx, &account{ID: 1}); err != nil {
				return err
			}
			cancel()
			return ctx.Err()
		})
		wantIs(t, "a cancelled savepoint", err, context.Canceled)
		return store.For[account](tx).Insert(ctx, &account{ID: 2})
	})
	if err != nil {
		t.Fatal(err)
	}
	wantIDs(t, db, `[{"id":2}]`)
}

// testTxPanic panics in a transaction and in a savepoint.
func testTxPanic(t *testing.T, db *store.DB) {
	panics := func(do func() error) (got any) {
		defer func() { got = recover() }()
		t.Errorf("no panic but %v", do())
		return nil
	}
	got := panics(func() error {
		return db.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			_ = store.For[account](tx).Insert(ctx, &account{ID: 1})
			panic("boom")
		})
	})
	if got != "boom" {
		t.Errorf("panic %v, want boom", got)
	}
	err := db.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_ = panics(func() error {
			return tx.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
				_ = store.For[account](tx).Insert(ctx, &account{ID: 2})
				panic("boom")
			})
		})
		return nil
	})
	wantIs(t, "half a savepoint", err, store.ErrTxFailed)
	wantIDs(t, db, `[]`)
	insert(t, db, &account{ID: 3}) // no lock is left
}

// testTxConflict sells five items to twenty concurrent buyers that read, check and
// write. Exactly five succeed. On PostgreSQL the transactions conflict and are retried.
func testTxConflict(t *testing.T, db *store.DB) {
	stock := note{Hits: 5}
	insert(t, db, &stock)
	var sold, runs atomic.Int64
	var wg sync.WaitGroup
	errSoldOut := errors.New("sold out")
	for range 20 {
		wg.Go(func() {
			err := db.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				runs.Add(1)
				row, err := store.For[note](tx).Get(ctx, stock.ID)
				if err != nil {
					return err
				}
				if row.Hits == 0 {
					return errSoldOut
				}
				_, err = store.For[note](tx).Patch(ctx, stock.ID, store.SetTo("hits", row.Hits-1))
				return err
			})
			switch {
			case err == nil:
				sold.Add(1)
			case !errors.Is(err, errSoldOut) && !errors.Is(err, store.ErrConflict):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	left := value(store.For[note](db).Get(t.Context(), stock.ID))(t).Hits
	if sold.Load()+left != 5 || sold.Load() == 0 {
		t.Errorf("%d sold and %d left of 5, in %d runs", sold.Load(), left, runs.Load())
	}
}

// testTxGivesUp changes under a transaction what it has read, every time it
// runs: engines with one writer never let that happen, the others give up.
func testTxGivesUp(t *testing.T, db *store.DB) {
	row := note{}
	insert(t, db, &row)
	if db.Capabilities().Engine == "sqlite" {
		t.Skip("a writing transaction has the database for itself")
	}
	runs := 0
	err := db.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		runs++
		if _, err := store.For[note](tx).Get(ctx, row.ID); err != nil {
			return err
		}
		// A concurrent write, so not the inner context.
		if _, err := store.For[note](db).Patch(t.Context(), row.ID, store.SetTo("text", "other")); err != nil {
			return err
		}
		_, err := store.For[note](tx).Patch(ctx, row.ID, store.SetTo("text", "mine"))
		if err == nil {
			return errors.New("a lost update")
		}
		return errors.New("swallowed: a transaction that lost is run again whatever the function says")
	})
	wantIs(t, "a transaction that always loses", err, store.ErrConflict)
	if runs != 10 {
		t.Errorf("%d runs, want 10", runs)
	}
	if got := value(store.For[note](db).Get(t.Context(), row.ID))(t).Text; got != "other" {
		t.Errorf("text %q, want what was committed", got)
	}
}
