package postgres

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

func begin(tb testing.TB, d *database, opts driver.TxOptions) driver.Conn {
	tb.Helper()
	tx, err := d.Begin(tb.Context(), opts)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := tx.Rollback(); err != nil {
			tb.Error(err)
		}
	})
	return tx
}

func exec(tb testing.TB, d *database, conn driver.Conn, text string, args ...any) int64 {
	tb.Helper()
	n, err := d.Exec(tb.Context(), conn, &driver.Statement{SQL: text, Args: args})
	if err != nil {
		tb.Fatalf("%s: %v", text, err)
	}
	return n
}

func count(tb testing.TB, d *database, conn driver.Conn) string {
	tb.Helper()
	return mustQuery(tb, d, conn, &driver.Statement{SQL: "select count(*) from n", Shape: one(driver.KindInt)})
}

func TestTransaction(t *testing.T) {
	t.Parallel()

	d := openTest(t, nil)
	mustExec(t, d, "create table n (v bigint primary key)")

	tx := begin(t, d, driver.TxOptions{})
	if n := exec(t, d, tx, "insert into n select generate_series(1, $1::bigint)", int64(3)); n != 3 {
		t.Errorf("changed %d rows, want 3", n)
	}
	if inside, outside := count(t, d, tx), count(t, d, nil); inside != `{"v":3}` || outside != `{"v":0}` {
		t.Errorf("inside %s, outside %s", inside, outside)
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := tx.Rollback(); err != nil {
		t.Errorf("rollback after commit: %v", err)
	}
	if got := count(t, d, nil); got != `{"v":3}` {
		t.Errorf("after commit: %s", got)
	}

	tx = begin(t, d, driver.TxOptions{})
	exec(t, d, tx, "delete from n")
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if got := count(t, d, nil); got != `{"v":3}` {
		t.Errorf("after rollback: %s", got)
	}
}

func TestTransactionFailed(t *testing.T) {
	t.Parallel()

	d := openTest(t, nil)
	mustExec(t, d, "create table n (v bigint primary key)", "insert into n values (1)")
	tx := begin(t, d, driver.TxOptions{})
	exec(t, d, tx, "savepoint s1")
	if _, err := d.Exec(t.Context(), tx, &driver.Statement{SQL: "insert into n values (1)"}); err == nil {
		t.Fatal("a duplicate was inserted")
	}
	var r driver.Result
	err := d.Query(t.Context(), tx, &driver.Statement{SQL: "select 1", Shape: one(driver.KindInt)}, &r)
	if !errors.Is(err, driver.ErrTxAborted) {
		t.Errorf("after a failure: got %v, want %v", err, driver.ErrTxAborted)
	}
	exec(t, d, tx, "rollback to savepoint s1")
	if got := count(t, d, tx); got != `{"v":1}` {
		t.Errorf("behind the savepoint: %s", got)
	}
	if _, err := d.Exec(t.Context(), tx, &driver.Statement{SQL: "insert into n values (1)"}); err == nil {
		t.Fatal("a duplicate was inserted")
	}
	if err := tx.Commit(t.Context()); !errors.Is(err, driver.ErrTxAborted) {
		t.Errorf("commit: got %v, want %v", err, driver.ErrTxAborted)
	}
}

func TestTransactionOver(t *testing.T) {
	t.Parallel()

	d := openTest(t, nil)
	mustExec(t, d, "create table n (v bigint primary key)")
	insert := &driver.Statement{SQL: "insert into n values (1)"}

	ended := begin(t, d, driver.TxOptions{})
	if err := ended.SQL().Rollback(); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Exec(t.Context(), ended, insert); !errors.Is(err, driver.ErrTxAborted) {
		t.Errorf("behind the user's rollback: got %v, want %v", err, driver.ErrTxAborted)
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancelled, err := d.Begin(ctx, driver.TxOptions{})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	// database/sql rolls back in the background: before that the insert is part
	// of the transaction, after it an error. Never does it stand alone.
	_, _ = d.Exec(t.Context(), cancelled, insert)
	if err := cancelled.Commit(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("commit: got %v, want %v", err, context.Canceled)
	}
	if got := count(t, d, nil); got != `{"v":0}` {
		t.Errorf("a statement ran outside of its transaction: %s", got)
	}
}

func TestReadOnly(t *testing.T) {
	t.Parallel()

	d := openTest(t, nil)
	mustExec(t, d, "create table n (v bigint primary key)")
	tx := begin(t, d, driver.TxOptions{ReadOnly: true})
	if _, err := d.Exec(t.Context(), tx, &driver.Statement{SQL: "insert into n values (1)"}); !errors.Is(err, driver.ErrReadOnly) {
		t.Errorf("got %v, want %v", err, driver.ErrReadOnly)
	}
}

// TestSerializable lets two transactions each read what the other writes: one of
// them must be told to try again, at a statement or at its commit.
func TestSerializable(t *testing.T) {
	t.Parallel()

	d := openTest(t, nil)
	mustExec(t, d, "create table n (v bigint primary key)")
	opts := driver.TxOptions{Isolation: sql.LevelSerializable}
	a, b := begin(t, d, opts), begin(t, d, opts)
	count(t, d, a)
	count(t, d, b)
	exec(t, d, a, "insert into n values (1)")
	exec(t, d, b, "insert into n values (2)")
	if err := a.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := b.Commit(t.Context()); !errors.Is(err, driver.ErrRetry) {
		t.Errorf("got %v, want %v", err, driver.ErrRetry)
	}
}

// TestDeferredConstraint finds out at commit.
func TestDeferredConstraint(t *testing.T) {
	t.Parallel()

	d := openTest(t, nil)
	mustExec(t, d, "create table n (v bigint unique deferrable initially deferred)", "insert into n values (1)")
	tx := begin(t, d, driver.TxOptions{})
	exec(t, d, tx, "insert into n values (1)")
	if v, ok := errors.AsType[*driver.Violation](tx.Commit(t.Context())); !ok || v.Kind != driver.Unique {
		t.Errorf("got %v, want a unique violation", v)
	}
}
