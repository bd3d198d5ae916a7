package sqlite

import (
	"context"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"modernc.org/sqlite"
)

// engineConn is what a connection of the engine can do.
type engineConn interface {
	sqldriver.Conn
	sqldriver.ConnPrepareContext
	sqldriver.ExecerContext
	sqldriver.QueryerContext
	sqlite.HookRegisterer
}

// txState is the transaction state of a connection.
type txState uint8

const (
	noTx txState = iota
	inTx
	// lostTx: SQLite rolled the transaction back, for example because a write was
	// interrupted or the disk is full. Further statements would run outside any
	// transaction.
	lostTx
)

// conn is a connection with its prepared statements. One goroutine uses it at a
// time.
type conn struct {
	engine engineConn
	limits *engineLimits
	rows   *counter
	stmts  stmtCache
	tx     txState

	// args and dest are used again by every statement.
	args []sqldriver.NamedValue
	dest []sqldriver.Value
}

// openConn opens a connection and checks that it took its settings.
func openConn(ctx context.Context, src source, list []setting, cache int) (*conn, error) {
	d, err := engineDriver()
	if err != nil {
		return nil, err
	}
	opened, err := d.Open(src.dsn(list))
	if err != nil {
		return nil, fmt.Errorf("sqlite: open: %w", translate(err))
	}
	engine, ok := opened.(engineConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("sqlite: engine has no %T", engine), opened.Close())
	}
	limits, err := newEngineLimits(ctx, engine)
	if err != nil {
		return nil, fmt.Errorf("sqlite: open: %w", translate(err))
	}
	c := &conn{engine: engine, limits: limits, rows: newCounter(), stmts: stmtCache{size: cache}}
	engine.RegisterRollbackHook(func() {
		if c.tx == inTx {
			c.tx = lostTx
		}
	})
	if err := c.checkSettings(ctx, list); err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

// checkSettings reads the settings back: SQLite ignores what it does not know
// or cannot do.
func (c *conn) checkSettings(ctx context.Context, list []setting) error {
	for _, s := range list {
		if s.want == "" {
			continue
		}
		got, err := c.text(ctx, "pragma "+s.pragma)
		if err != nil {
			return fmt.Errorf("sqlite: read pragma %s: %w", s.pragma, translate(err))
		}
		if got != s.want {
			return fmt.Errorf("sqlite: pragma %s is %s, not %s", s.pragma, got, s.want)
		}
	}
	got, err := c.text(ctx, "select 'a' like 'A'")
	if err != nil {
		return fmt.Errorf("sqlite: check like: %w", translate(err))
	}
	if got != "0" {
		return errors.New("sqlite: like ignores the case of letters")
	}
	return nil
}

// text returns the one value of a statement as text.
func (c *conn) text(ctx context.Context, query string) (string, error) {
	rows, err := c.engine.QueryContext(ctx, query, nil)
	if err != nil {
		return "", err
	}
	dest := make([]sqldriver.Value, len(rows.Columns()))
	if len(dest) == 0 {
		return "", errors.Join(errors.New("no value"), rows.Close())
	}
	err = rows.Next(dest)
	return fmt.Sprint(dest[0]), errors.Join(err, rows.Close())
}

// query runs a statement and appends its rows.
func (c *conn) query(ctx context.Context, s *driver.Statement, r *driver.Result) error {
	return c.within(s, r, func() error { return c.collect(ctx, s, r) })
}

func (c *conn) collect(ctx context.Context, s *driver.Statement, r *driver.Result) (err error) {
	collector, err := newCollector(s, r, c.rows)
	if err != nil {
		return err
	}
	stmt, err := c.prepare(ctx, s)
	if err != nil {
		return err
	}
	defer clear(c.args)
	rows, err := stmt.QueryContext(ctx, c.args)
	if err != nil {
		return err
	}
	// Reset the statement on every path, or it stays running. The reset repeats the error
	// of the last step, which does not matter if that row only shows that there are more.
	defer func() {
		if closeErr := rows.Close(); err == nil && !r.More {
			err = closeErr
		}
		clear(c.dest)
	}()
	return collector.collect(ctx, rows, c.columns(collector.columns()))
}

// queryAlone runs a statement that writes in its own transaction. Without one, all rows
// would be committed with the first returned row, even if the answer turns out too
// large.
func (c *conn) queryAlone(ctx context.Context, s *driver.Statement, r *driver.Result) error {
	if err := c.begin(beginWrite); err != nil {
		return err
	}
	if err := c.query(ctx, s, r); err != nil {
		return errors.Join(err, c.rollback())
	}
	return c.commit()
}

// exec runs a statement without rows.
func (c *conn) exec(ctx context.Context, s *driver.Statement) (int64, error) {
	stmt, err := c.prepare(ctx, s)
	if err != nil {
		return 0, err
	}
	defer clear(c.args)
	res, err := stmt.ExecContext(ctx, c.args)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// prepare returns the statement to run and fills c.args.
func (c *conn) prepare(ctx context.Context, s *driver.Statement) (statement, error) {
	if c.tx == lostTx {
		return nil, driver.ErrTxAborted
	}
	c.args = c.args[:0]
	for i, arg := range s.Args {
		if arg == (driver.RowCounter{}) {
			arg = c.rows.id
		}
		v, err := bindValue(arg)
		if err != nil {
			return nil, err
		}
		c.args = append(c.args, sqldriver.NamedValue{Ordinal: i + 1, Value: v})
	}
	return c.stmts.get(ctx, c.engine, s.SQL)
}

// columns returns room for the values of a row.
func (c *conn) columns(n int) []sqldriver.Value {
	if cap(c.dest) < n {
		c.dest = make([]sqldriver.Value, n)
	}
	c.dest = c.dest[:n]
	return c.dest
}

// The statements around transactions. A writing transaction takes the lock at its
// beginning, because an upgrade fails at once if another process wrote.
const (
	beginWrite = "begin immediate"
	beginRead  = "begin"
	commit     = "commit"
	rollback   = "rollback"
)

// control runs a statement around transactions. It does not look at the
// context, which must not end between a transaction's end and our knowing it.
func (c *conn) control(text string) error {
	stmt, err := c.stmts.get(context.Background(), c.engine, text)
	if err != nil {
		return err
	}
	_, err = stmt.ExecContext(context.Background(), nil)
	return err
}

// begin begins a transaction.
func (c *conn) begin(text string) error {
	if err := c.control(text); err != nil {
		return err
	}
	c.tx = inTx
	return nil
}

// commit commits the transaction, or rolls it back if the commit fails.
func (c *conn) commit() error {
	if c.tx == lostTx {
		c.tx = noTx
		return driver.ErrTxAborted
	}
	if err := c.control(commit); err != nil {
		return errors.Join(err, c.rollback())
	}
	c.tx = noTx
	return nil
}

// rollback ends the transaction if there is one.
func (c *conn) rollback() error {
	was := c.tx
	c.tx = noTx
	if was != inTx {
		return nil
	}
	if err := c.control(rollback); err != nil {
		c.tx = was
		return err
	}
	return nil
}

// close closes the connection.
func (c *conn) close() error {
	c.rows.free()
	return errors.Join(c.stmts.close(), c.limits.close())
}

// checkpoint writes the log back into the file.
func (c *conn) checkpoint() error {
	if _, err := c.text(context.Background(), "pragma wal_checkpoint(truncate)"); err != nil {
		return fmt.Errorf("sqlite: checkpoint: %w", translate(err))
	}
	return nil
}
