package postgres

import (
	"context"
	"database/sql"
	"errors"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// tx is an open transaction and the connection it owns. It implements
// [driver.Conn].
type tx struct {
	db   *database
	conn *sql.Conn
	tx   *sql.Tx

	// reopen takes another connection. Nil once anything has run, or the user has
	// the *sql.Tx.
	reopen func() error

	// impatient says that the transaction has its own lock timeout.
	impatient bool
}

// lockTimeoutKey leads to the lock timeout of a transaction that is begun by way of
// database/sql.
type lockTimeoutKey struct{}

// Begin implements [driver.Driver]. When ctx ends, the transaction is rolled
// back. It is begun with its first statement.
func (d *database) Begin(ctx context.Context, opts driver.TxOptions) (driver.Conn, error) {
	t := &tx{db: d, impatient: opts.LockTimeout > 0}
	if t.impatient {
		ctx = context.WithValue(ctx, lockTimeoutKey{}, opts.LockTimeout)
	}
	t.reopen = func() error {
		return t.open(ctx, &sql.TxOptions{Isolation: opts.Isolation, ReadOnly: opts.ReadOnly})
	}
	if err := t.reopen(); err != nil {
		return nil, mapError(ctx, err)
	}
	return t, nil
}

func (t *tx) open(ctx context.Context, opts *sql.TxOptions) error {
	conn, err := t.db.transactions.Conn(ctx)
	if err != nil {
		return err
	}
	begun, err := conn.BeginTx(ctx, opts)
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	t.conn, t.tx = conn, begun
	return nil
}

// raw runs a call inside the transaction. If the first one finds the connection
// dead, it runs on another: what it has done was not committed.
func (t *tx) raw(c *call) error {
	reopen := t.reopen
	t.reopen = nil
	err := t.once(c)
	if err == nil || reopen == nil || c.ctx.Err() != nil || !isLost(err) {
		return err
	}
	t.Rollback() // it is lost
	if err := reopen(); err != nil {
		return err
	}
	c.rewind()
	return t.once(c)
}

func (t *tx) once(c *call) error {
	if err := t.conn.Raw(c.raw); c.err == nil {
		c.err = err
	}
	return c.err
}

// Commit implements [driver.Conn]. If the connection is lost during the commit, it
// returns ErrUnavailable and the outcome of the transaction is unknown.
func (t *tx) Commit(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return errors.Join(err, t.Rollback())
	}
	err := t.tx.Commit()
	t.release()
	t.db.noteLoss(ctx, err)
	return mapError(ctx, err)
}

// Rollback implements [driver.Conn].
func (t *tx) Rollback() error {
	err := t.tx.Rollback()
	t.release()
	if errors.Is(err, sql.ErrTxDone) || isLost(err) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		// It is over already, or the connection is: pgx closes it when a context
		// ends, and the server rolls back what it loses.
		return nil
	}
	return mapError(context.Background(), err)
}

// SQL implements [driver.Conn].
func (t *tx) SQL() *sql.Tx {
	t.reopen = nil
	if t.impatient {
		// Statements through the *sql.Tx are not retried, so they get the default
		// timeout.
		t.impatient = false
		t.tx.ExecContext(context.Background(), "set local lock_timeout to default") // the next statement fails too
	}
	return t.tx
}

// release gives the connection back. It may be called again.
func (t *tx) release() {
	t.conn.Close() // ErrConnDone the second time
}
