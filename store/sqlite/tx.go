package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// tx is an open transaction and the connection it has borrowed.
type tx struct {
	pool  *pool
	conn  *conn     // nil after the end
	until time.Time // when it has had the connection long enough; zero is never

	// sqlDB and sqlTx are the transaction for other libraries, once SQL was
	// called.
	sqlDB *sql.DB
	sqlTx *sql.Tx
}

var _ driver.Conn = (*tx)(nil)

// beginTx borrows a connection and begins a transaction on it.
func beginTx(ctx context.Context, p *pool, text string) (*tx, error) {
	c, err := p.acquire(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.begin(text); err != nil {
		p.release(c)
		return nil, err
	}
	return &tx{pool: p, conn: c}, nil
}

// connOf returns the connection of a transaction that [database.Begin] began, and until
// when it may be used.
func connOf(in driver.Conn) (c *conn, until time.Time, err error) {
	t, ok := in.(*tx)
	if !ok {
		return nil, until, fmt.Errorf("sqlite: transaction of another driver: %T", in)
	}
	c, err = t.open()
	return c, t.until, err
}

// open returns the connection if the transaction can go on.
func (t *tx) open() (*conn, error) {
	if t.conn == nil || t.conn.tx == noTx {
		return nil, sql.ErrTxDone
	}
	return t.conn, nil
}

// Commit commits. If it fails or ctx has ended before, nothing of the
// transaction stays.
func (t *tx) Commit(ctx context.Context) error {
	c, err := t.open()
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return errors.Join(fmt.Errorf("sqlite: commit: %w", err), t.Rollback())
	}
	if t.sqlTx != nil {
		err = t.sqlTx.Commit()
	} else {
		err = c.commit()
	}
	t.end()
	if err != nil {
		return fmt.Errorf("sqlite: commit: %w", translate(err))
	}
	return nil
}

// Rollback rolls back. It does nothing after the end of the transaction.
func (t *tx) Rollback() error {
	if t.conn == nil {
		return nil
	}
	var err error
	if t.sqlTx != nil {
		// Ends what other libraries still have open in it.
		if err = t.sqlTx.Rollback(); errors.Is(err, sql.ErrTxDone) {
			err = nil
		}
	}
	err = errors.Join(err, t.conn.rollback())
	t.end()
	if err != nil {
		return fmt.Errorf("sqlite: rollback: %w", translate(err))
	}
	return nil
}

// end gives the connection back.
func (t *tx) end() {
	if t.sqlDB != nil {
		_ = t.sqlDB.Close() // holds nothing by now
	}
	t.pool.release(t.conn)
	t.conn = nil
}

// SQL returns the transaction for libraries that want database/sql, nil after
// its end. Ending it there ends it here.
func (t *tx) SQL() *sql.Tx {
	if t.sqlTx != nil || t.conn == nil {
		return t.sqlTx
	}
	c := t.conn
	t.sqlDB = newSQL(lender{
		acquire: func(context.Context) (*conn, error) { return c, nil },
		release: func(*conn) {},
	})
	t.sqlDB.SetMaxOpenConns(1)
	// It joins the open transaction, which cannot fail. It gets a background context,
	// because the end of a caller's context would end the transaction.
	sqlTx, err := t.sqlDB.BeginTx(context.Background(), nil)
	if err != nil {
		return nil
	}
	t.sqlTx = sqlTx
	return sqlTx
}
