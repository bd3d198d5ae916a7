package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// traced is a driver that reports its statements to tracers. It is only used if there
// are tracers.
type traced struct {
	driver.Driver
	engine  string
	tracers []Tracer
}

// span is a statement under way.
type span struct {
	t     *traced
	ctx   context.Context
	s     TracedStatement
	begun time.Time
}

// start reports the start of a statement to the tracers.
func (t *traced) start(ctx context.Context, s TracedStatement) span {
	s.Engine = t.engine
	begun := time.Now()
	for _, tracer := range t.tracers {
		ctx = tracer.Start(ctx, s)
	}
	return span{t, ctx, s, begun}
}

// end reports the end of the statement to the tracers, last tracer first.
func (p *span) end(rows int64, err error) {
	o := TraceOutcome{Duration: time.Since(p.begun), Rows: rows, Error: kindOf(err)}
	for _, tracer := range slices.Backward(p.t.tracers) {
		tracer.End(p.ctx, p.s, o)
	}
}

// statement is what tracers see of a statement of the store.
func (t *traced) statement(conn driver.Conn, s *driver.Statement) TracedStatement {
	out := TracedStatement{Operation: s.Op, Table: s.Table, SQL: s.SQL, InTx: conn != nil}
	if out.Operation == "" {
		out.Operation = verbOf(s.SQL)
	}
	return out
}

// verbOf returns the first word of a statement in lower case: "other" for one that begins
// with something else than a keyword.
func verbOf(sql string) string {
	sql = strings.TrimLeft(sql, " \t\r\n(")
	end := strings.IndexFunc(sql, func(r rune) bool { return (r|0x20) < 'a' || (r|0x20) > 'z' })
	if end < 0 {
		end = len(sql)
	}
	switch verb := strings.ToLower(sql[:min(end, 16)]); verb {
	case "":
		return "other"
	case "with", "explain":
		return "select"
	default:
		return verb
	}
}

// Query implements [driver.Driver].
func (t *traced) Query(ctx context.Context, conn driver.Conn, s *driver.Statement, r *driver.Result) error {
	before := r.Rows
	p := t.start(ctx, t.statement(conn, s))
	err := t.Driver.Query(p.ctx, untraced(conn), s, r)
	p.end(int64(r.Rows-before), err)
	return err
}

// Exec implements [driver.Driver].
func (t *traced) Exec(ctx context.Context, conn driver.Conn, s *driver.Statement) (int64, error) {
	p := t.start(ctx, t.statement(conn, s))
	n, err := t.Driver.Exec(p.ctx, untraced(conn), s)
	p.end(n, err)
	return n, err
}

// Begin implements [driver.Driver].
func (t *traced) Begin(ctx context.Context, opts driver.TxOptions) (driver.Conn, error) {
	p := t.start(ctx, TracedStatement{Operation: "begin", SQL: "begin", InTx: true})
	// The transaction outlives this statement, so it gets the caller's context and not
	// the one of the span.
	conn, err := t.Driver.Begin(ctx, opts)
	p.end(0, err)
	if err != nil {
		return nil, err
	}
	return &tracedConn{Conn: conn, t: t, ctx: ctx}, nil
}

// tracedConn is a transaction of a traced driver.
type tracedConn struct {
	driver.Conn
	t    *traced
	ctx  context.Context // of Begin, for Rollback
	done bool
}

// untraced returns the transaction that the driver behind knows.
func untraced(conn driver.Conn) driver.Conn {
	if c, ok := conn.(*tracedConn); ok {
		return c.Conn
	}
	return conn
}

// Commit implements [driver.Conn].
func (c *tracedConn) Commit(ctx context.Context) error {
	c.done = true
	p := c.t.start(ctx, TracedStatement{Operation: "commit", SQL: "commit", InTx: true})
	err := c.Conn.Commit(p.ctx)
	p.end(0, err)
	return err
}

// Rollback implements [driver.Conn].
func (c *tracedConn) Rollback() error {
	if c.done {
		return c.Conn.Rollback()
	}
	c.done = true
	p := c.t.start(c.ctx, TracedStatement{Operation: "rollback", SQL: "rollback", InTx: true})
	err := c.Conn.Rollback()
	p.end(0, err)
	return err
}

// tracedListener reports the signals that are sent.
type tracedListener struct {
	driver.Listener
	t *traced
}

// Notify sends a signal, which is a statement as far as tracers are concerned.
func (l tracedListener) Notify(ctx context.Context, channel, payload string) error {
	p := l.t.start(ctx, TracedStatement{Operation: "notify", SQL: "notify " + channel})
	err := l.Listener.Notify(p.ctx, channel, payload)
	p.end(0, err)
	return err
}
