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
}

// Begin implements [driver.Driver]. When ctx ends, the transaction is rolled
// back.
func (d *database) Begin(ctx context.Context, opts driver.TxOptions) (driver.Conn, error) {
	options := &sql.TxOptions{Isolation: opts.Isolation, ReadOnly: opts.ReadOnly}
	t, err := d.begin(ctx, options)
	if err != nil && ctx.Err() == nil && isLost(err) && !isConnect(err) {
		d.noteLoss(ctx, err)
		// BEGIN changes nothing. The dead connection is gone by now.
		t, err = d.begin(ctx, options)
	}
	if err != nil {
		return nil, mapError(ctx, err)
	}
	return t, nil
}

func (d *database) begin(ctx context.Context, opts *sql.TxOptions) (*tx, error) {
	conn, err := d.sql.Conn(ctx)
	if err != nil {
		return nil, err
	}
	begun, err := conn.BeginTx(ctx, opts)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return &tx{db: d, conn: conn, tx: begun}, nil
}

// raw runs a call inside the transaction.
func (t *tx) raw(c *call) error {
	c.inTx = true
	if err := t.conn.Raw(c.raw); c.err == nil {
		c.err = err
	}
	return c.err
}

// Commit implements [driver.Conn]. If the connection is lost on the way, the
// answer is ErrUnavailable and nobody knows whether the transaction happened.
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
func (t *tx) SQL() *sql.Tx { return t.tx }

// release gives the connection back. It may be called again.
func (t *tx) release() {
	t.conn.Close() //nolint:errcheck // ErrConnDone the second time
}
