package postgres

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// call is one statement in flight. Calls are pooled to avoid allocations.
type call struct {
	ctx       context.Context
	db        *database
	statement *driver.Statement
	result    *driver.Result // nil: no rows are wanted
	tx        *txConn        // of the transaction it is part of, if any

	changed int64
	err     error
	args    arguments
	last    lastExtra
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
	c.args.free()
	*c = call{args: c.args, last: c.last.emptied()}
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
	c.tx = driverConn.(*txConn)
	if c.tx.isOver() {
		c.err = sql.ErrTxDone // a statement would run outside the transaction
		return nil
	}
	conn := c.tx.Conn.Conn()
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

// execute runs the statement in the way that suits it and takes its time.
func (c *call) execute(conn *pgx.Conn) {
	if c.result == nil && len(c.statement.Args) == 0 {
		// A command: savepoints, locks. There is nothing to prepare, and pgx sends it
		// unchanged.
		if c.err = c.beginTx(); c.err != nil {
			return
		}
		tag, err := conn.Exec(c.ctx, c.statement.SQL)
		c.changed, c.err = tag.RowsAffected(), err
		return
	}
	s := c.db.session(conn.PgConn())
	st := s.statement(c.statement.SQL)
	prepared := !c.db.pooler
	if !st.isReady(prepared) {
		// A text that the server rejects fails the transaction, like any other error in
		// it.
		if c.err = c.beginTx(); c.err != nil {
			return
		}
		if c.err = s.ready(c.ctx, st, prepared); c.err != nil {
			return
		}
	}
	if c.err = c.args.encode(conn.TypeMap(), st.described.ParamOIDs, c.statement.Args); c.err != nil {
		return
	}
	if c.err = c.send(conn.PgConn(), st, prepared); c.err != nil {
		s.failed(st, c.err)
	}
}

// beginTx begins the transaction the call is part of, if that is yet to be done.
func (c *call) beginTx() error {
	if c.tx == nil {
		return nil
	}
	return c.tx.sendBegin(c.ctx)
}

// allBinary requests every column in binary form.
var allBinary = []int16{pgx.BinaryFormatCode}

// send runs the prepared statement or, if it is not prepared, its text, and reads the
// reply.
func (c *call) send(conn *pgconn.PgConn, st *statement, prepared bool) error {
	if c.tx != nil && c.tx.begin != "" {
		return c.sendFirst(conn, st, prepared)
	}
	var rows *pgconn.ResultReader
	if prepared {
		rows = conn.ExecStatement(c.ctx, st.described, c.args.values, c.args.formats, allBinary)
	} else {
		rows = conn.ExecParams(c.ctx, st.text, c.args.values, st.described.ParamOIDs, c.args.formats, allBinary)
	}
	return c.read(conn, rows)
}

// sendFirst is send for the first statement of a transaction, with what begins it
// in one write.
func (c *call) sendFirst(conn *pgconn.PgConn, st *statement, prepared bool) error {
	var both pgconn.Batch
	begin := c.tx.takeBegin()
	both.ExecParams(begin, nil, nil, nil, nil)
	if c.tx.limit != "" {
		both.ExecParams(c.tx.limit, nil, nil, nil, nil)
	}
	if prepared {
		both.ExecStatement(st.described, c.args.values, c.args.formats, allBinary)
	} else {
		both.ExecParams(st.text, c.args.values, st.described.ParamOIDs, c.args.formats, allBinary)
	}
	answers := conn.ExecBatch(c.ctx, &both)
	answers.NextResult() // the result of begin, which has no rows
	if c.tx.limit != "" {
		answers.NextResult()
	}
	var err error
	if answers.NextResult() {
		err = c.read(conn, answers.ResultReader())
	}
	closed := answers.Close()
	if err == nil {
		err = closed
	}
	if pgconn.SafeToRetry(err) {
		c.tx.begin = begin // nothing was sent
	}
	return err
}

// read reads the rows of an answer.
func (c *call) read(conn *pgconn.PgConn, rows *pgconn.ResultReader) error {
	var err error
	if c.result != nil {
		err = readRows(rows, c.statement, c.result, &c.last)
		if errors.Is(err, driver.ErrTooLarge) && c.tx == nil {
			// The rest may be any amount: a connection is cheaper. pgx cancels the
			// statement behind it.
			conn.Conn().Close() // it is given up
		}
	}
	tag, closed := rows.Close() // skips the rest
	c.changed = tag.RowsAffected()
	if err == nil {
		err = closed
	}
	return err
}

// mayRepeat reports whether the call may be retried: it had no effect, or it only
// reads.
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
