package postgres

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// call is one statement on its way. It is pooled: a statement costs no memory
// of ours.
type call struct {
	ctx       context.Context
	db        *database
	statement *driver.Statement
	result    *driver.Result // nil: no rows are wanted
	inTx      bool

	changed int64
	err     error
	args    []any
	mark    mark
}

// mark is what a result held before the call.
type mark struct {
	body, extra, rows int
	total             int64
}

var calls = sync.Pool{New: func() any { return new(call) }}

func newCall(ctx context.Context, d *database, s *driver.Statement, r *driver.Result) *call {
	c := calls.Get().(*call)
	c.ctx, c.db, c.statement, c.result = ctx, d, s, r
	if r != nil {
		c.mark = mark{len(r.Body), len(r.Extra), r.Rows, r.Total}
	}
	return c
}

// free gives the call back, without the values it held.
func (c *call) free() {
	clear(c.args)
	*c = call{args: c.args[:0]}
	calls.Put(c)
}

// rewind takes back what the call has appended.
func (c *call) rewind() {
	c.changed, c.err = 0, nil
	if r := c.result; r != nil {
		r.Body, r.Extra = r.Body[:c.mark.body], r.Extra[:min(c.mark.extra, len(r.Extra))]
		r.Rows, r.Total = c.mark.rows, c.mark.total
	}
}

// raw runs the call on the driver's connection of a transaction; what happened
// is in c.err.
func (c *call) raw(driverConn any) error {
	conn := driverConn.(*stdlib.Conn).Conn()
	if conn.PgConn().TxStatus() == 'I' {
		// Somebody has ended the transaction: database/sql because its context
		// ended, or the user through the *sql.Tx. What runs now would be
		// outside of it.
		c.err = sql.ErrTxDone
		return nil
	}
	c.execute(conn)
	c.noteLoss(conn)
	return nil // the transaction holds the connection and ends it
}

// noteLoss remembers that the connection was found dead. One that was given up
// was not.
func (c *call) noteLoss(conn *pgx.Conn) {
	if conn.IsClosed() && !errors.Is(c.err, driver.ErrTooLarge) {
		c.db.noteLoss(c.ctx, c.err)
	}
}

// execute runs the statement in the mode that suits it and takes its time.
func (c *call) execute(conn *pgx.Conn) {
	text := c.statement.SQL
	if c.db.pooler {
		c.err = c.send(conn, text, describeMode)
		return
	}
	e := c.db.planner.lookup(text)
	planned := e.planned()
	mode := cacheMode
	if planned {
		mode = describeMode
	}
	start := time.Now()
	if c.err = c.send(conn, text, mode); c.err == nil {
		c.db.planner.observe(text, e, time.Since(start), planned)
	}
}

// The leading arguments pgx takes for options, boxed once. Both modes have
// results in binary, which plain exec mode has not.
var (
	cacheMode    any = pgx.QueryExecModeCacheStatement
	describeMode any = pgx.QueryExecModeCacheDescribe
	allBinary    any = pgx.QueryResultFormats{pgx.BinaryFormatCode}
)

func (c *call) send(conn *pgx.Conn, text string, mode any) error {
	if c.result == nil {
		c.args = append(append(c.args[:0], mode), c.statement.Args...)
		tag, err := conn.Exec(c.ctx, text, c.args...)
		c.changed = tag.RowsAffected()
		return err
	}
	c.args = append(append(c.args[:0], mode, allBinary), c.statement.Args...)
	rows, err := conn.Query(c.ctx, text, c.args...)
	if err != nil {
		return err
	}
	err = readRows(rows, c.statement, c.result)
	if errors.Is(err, driver.ErrTooLarge) && !c.inTx {
		// The rest may be any amount: a connection is cheaper. pgx cancels the
		// statement behind it.
		conn.PgConn().Conn().Close() //nolint:errcheck // it is given up
	}
	rows.Close()
	if err == nil {
		err = rows.Err()
	}
	return err
}

// mayRepeat reports whether the call may run again: nothing of it has happened,
// or it only reads.
func (c *call) mayRepeat(err error) bool {
	switch {
	case c.ctx.Err() != nil, isConnect(err):
		return false
	case pgconn.SafeToRetry(err), isStalePlan(err):
		return true
	}
	return isLost(err) && isRead(c.statement.SQL)
}

// isRead reports whether a statement of the store's compiler only reads. One
// that changes rows begins with its verb or, with several parts, with "with".
func isRead(text string) bool {
	const verb = "select "
	return len(text) > len(verb) && strings.EqualFold(text[:len(verb)], verb)
}
