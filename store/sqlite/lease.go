package sqlite

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"time"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// lender is a connector that lets database/sql use the connections of a pool. Connect
// acquires one, and closing it releases it.
type lender struct {
	acquire func(context.Context) (*conn, error)
	release func(*conn)
}

// newSQL returns a database without idle connections, so that the underlying pool alone
// orders the waiting callers.
func newSQL(l lender) *sql.DB {
	db := sql.OpenDB(l)
	db.SetMaxIdleConns(-1)
	return db
}

// Connect acquires a connection of the pool.
func (l lender) Connect(ctx context.Context) (sqldriver.Conn, error) {
	c, err := l.acquire(ctx)
	if err != nil {
		return nil, err
	}
	return &lease{conn: c, release: l.release}, nil
}

// Driver returns the engine.
func (l lender) Driver() sqldriver.Driver {
	d, err := engineDriver()
	if err != nil {
		return nil // no connection was ever opened
	}
	return d
}

// lease is a borrowed connection as database/sql sees it. Its statements are
// not kept: Bun writes values into the text, so every text is new.
type lease struct {
	conn    *conn
	release func(*conn)
}

// Close releases the connection.
func (l *lease) Close() error {
	l.release(l.conn)
	return nil
}

// Prepare prepares a statement that is closed by its user.
func (l *lease) Prepare(query string) (sqldriver.Stmt, error) {
	return l.PrepareContext(context.Background(), query)
}

// PrepareContext prepares a statement that is closed by its user.
func (l *lease) PrepareContext(ctx context.Context, query string) (sqldriver.Stmt, error) {
	if l.conn.tx == lostTx {
		return nil, driver.ErrTxAborted
	}
	return l.conn.engine.PrepareContext(ctx, query)
}

// ExecContext runs a text.
func (l *lease) ExecContext(ctx context.Context, query string, args []sqldriver.NamedValue) (sqldriver.Result, error) {
	if l.conn.tx == lostTx {
		return nil, driver.ErrTxAborted
	}
	return l.conn.engine.ExecContext(ctx, query, args)
}

// QueryContext runs a text that returns rows.
func (l *lease) QueryContext(ctx context.Context, query string, args []sqldriver.NamedValue) (sqldriver.Rows, error) {
	if l.conn.tx == lostTx {
		return nil, driver.ErrTxAborted
	}
	return l.conn.engine.QueryContext(ctx, query, args)
}

// CheckNamedValue turns a bound value into the form the store would bind.
func (l *lease) CheckNamedValue(nv *sqldriver.NamedValue) error {
	switch nv.Value.(type) {
	case []string, []int64, []float64, []bool, []time.Time:
	default:
		v, err := sqldriver.DefaultParameterConverter.ConvertValue(nv.Value)
		if err != nil {
			return err
		}
		nv.Value = v
	}
	v, err := bindValue(nv.Value)
	nv.Value = v
	return err
}

// Begin begins a writing transaction.
func (l *lease) Begin() (sqldriver.Tx, error) {
	return l.BeginTx(context.Background(), sqldriver.TxOptions{})
}

// BeginTx begins a transaction, or joins the open one of the connection. Every
// transaction of SQLite is serializable.
func (l *lease) BeginTx(_ context.Context, opts sqldriver.TxOptions) (sqldriver.Tx, error) {
	switch sql.IsolationLevel(opts.Isolation) {
	case sql.LevelDefault, sql.LevelReadCommitted, sql.LevelRepeatableRead, sql.LevelSnapshot, sql.LevelSerializable:
	default:
		return nil, errors.New("sqlite: isolation level not supported")
	}
	if l.conn.tx != noTx {
		return leaseTx{l.conn}, nil
	}
	text := beginWrite
	if opts.ReadOnly {
		text = beginRead
	}
	if err := l.conn.begin(text); err != nil {
		return nil, err
	}
	return leaseTx{l.conn}, nil
}

// leaseTx ends a transaction for database/sql.
type leaseTx struct{ conn *conn }

// Commit commits.
func (t leaseTx) Commit() error { return t.conn.commit() }

// Rollback rolls back.
func (t leaseTx) Rollback() error { return t.conn.rollback() }
