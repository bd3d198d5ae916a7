package postgres

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// connector makes the connections of the store's transactions.
type connector struct{ sqldriver.Connector }

// Connect implements [sqldriver.Connector].
func (c connector) Connect(ctx context.Context) (sqldriver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &txConn{Conn: conn.(*stdlib.Conn)}, nil
}

// txConn is a connection for one transaction. The server takes no snapshot and no lock
// before the first statement, so BEGIN is sent with it and needs no round trip. Before
// statements of [database/sql] it is sent alone. database/sql ensures that one
// goroutine at a time uses a connection.
type txConn struct {
	*stdlib.Conn

	// begin is what is yet to be sent, "" after that and outside of a transaction.
	begin string

	// limit is sent behind begin, "" for none.
	limit string
}

var (
	_ sqldriver.ConnBeginTx        = (*txConn)(nil)
	_ sqldriver.ExecerContext      = (*txConn)(nil)
	_ sqldriver.QueryerContext     = (*txConn)(nil)
	_ sqldriver.ConnPrepareContext = (*txConn)(nil)
)

// isolations are the levels as the server writes them, by the names that
// [sql.IsolationLevel] has for them.
var isolations = map[sql.IsolationLevel]string{
	sql.LevelDefault:         "",
	sql.LevelReadUncommitted: " isolation level read uncommitted",
	sql.LevelReadCommitted:   " isolation level read committed",
	sql.LevelRepeatableRead:  " isolation level repeatable read",
	sql.LevelSnapshot:        " isolation level repeatable read",
	sql.LevelSerializable:    " isolation level serializable",
}

// BeginTx implements [sqldriver.ConnBeginTx].
func (c *txConn) BeginTx(ctx context.Context, opts sqldriver.TxOptions) (sqldriver.Tx, error) {
	level, ok := isolations[sql.IsolationLevel(opts.Isolation)]
	if !ok {
		return nil, fmt.Errorf("postgres: unsupported isolation: %v", sql.IsolationLevel(opts.Isolation))
	}
	c.begin = "begin" + level
	if opts.ReadOnly {
		c.begin += " read only"
	}
	c.limit = ""
	if wait, ok := ctx.Value(lockTimeoutKey{}).(time.Duration); ok {
		c.limit = "set local lock_timeout = " + strconv.FormatInt(max(wait.Milliseconds(), 1), 10)
	}
	return &driverTx{ctx, c}, nil
}

// sendBegin begins the transaction, if that is yet to be done. It fails where the
// transaction is over.
func (c *txConn) sendBegin(ctx context.Context) error {
	if c.isOver() {
		return sql.ErrTxDone // a statement would run outside the transaction
	}
	if c.begin == "" {
		return nil
	}
	_, err := c.Conn.Conn().Exec(ctx, c.takeBegin())
	if err == nil && c.limit != "" {
		_, err = c.Conn.Conn().Exec(ctx, c.limit)
	}
	if err != nil {
		c.giveUp(ctx) // nothing may run outside of the transaction
	}
	return err
}

// takeBegin returns the pending BEGIN once; the caller must send it.
func (c *txConn) takeBegin() string {
	text := c.begin
	c.begin = ""
	return text
}

// isOver reports that the transaction has ended: by database/sql because its context
// ended, or through the *sql.Tx.
func (c *txConn) isOver() bool {
	return c.begin == "" && c.Conn.Conn().PgConn().TxStatus() == 'I'
}

// giveUp closes a connection in an unknown state.
func (c *txConn) giveUp(ctx context.Context) {
	c.Conn.Conn().Close(ctx) // the error does not matter
}

// ExecContext implements [sqldriver.ExecerContext].
func (c *txConn) ExecContext(ctx context.Context, text string, args []sqldriver.NamedValue) (sqldriver.Result, error) {
	if err := c.sendBegin(ctx); err != nil {
		return nil, err
	}
	return c.Conn.ExecContext(ctx, text, args)
}

// QueryContext implements [sqldriver.QueryerContext].
func (c *txConn) QueryContext(ctx context.Context, text string, args []sqldriver.NamedValue) (sqldriver.Rows, error) {
	if err := c.sendBegin(ctx); err != nil {
		return nil, err
	}
	return c.Conn.QueryContext(ctx, text, args)
}

// PrepareContext implements [sqldriver.ConnPrepareContext].
func (c *txConn) PrepareContext(ctx context.Context, text string) (sqldriver.Stmt, error) {
	if err := c.sendBegin(ctx); err != nil {
		return nil, err
	}
	return c.Conn.PrepareContext(ctx, text)
}

// driverTx ends the transaction of a connection. It implements [sqldriver.Tx].
type driverTx struct {
	ctx  context.Context // of the transaction, as database/sql has it
	conn *txConn
}

// Commit implements [sqldriver.Tx].
func (t *driverTx) Commit() error {
	tag, err := t.end("commit")
	if err == nil && tag.String() == "ROLLBACK" { // of a transaction that has failed
		return pgx.ErrTxCommitRollback
	}
	return err
}

// Rollback implements [sqldriver.Tx].
func (t *driverTx) Rollback() error {
	_, err := t.end("rollback")
	return err
}

// end ends the transaction. One that was never begun is over without a word.
func (t *driverTx) end(how string) (tag pgconn.CommandTag, err error) {
	if t.conn.takeBegin() != "" {
		return tag, nil
	}
	conn := t.conn.Conn.Conn()
	tag, err = conn.Exec(t.ctx, how)
	if err != nil && conn.PgConn().TxStatus() != 'I' {
		t.conn.giveUp(t.ctx)
	}
	return tag, err
}
