package sqlite

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// counter counts the rows of the statement that runs on a connection against its
// budget.
type counter struct {
	id     int64
	budget int64 // 0: no limit
	rows   int64
	over   bool
}

// counters finds the counter of a connection by its id, which statements pass to
// pl_took: functions belong to the process.
var (
	counters  sync.Map // of *counter, by id
	counterID atomic.Int64
)

func newCounter() *counter {
	c := &counter{id: counterID.Add(1)}
	counters.Store(c.id, c)
	return c
}

func (c *counter) free() { counters.Delete(c.id) }

func (c *counter) reset(budget int) { c.budget, c.rows, c.over = int64(budget), 0, false }

// took counts rows and reports whether they are within the budget.
func (c *counter) took(n int64) bool {
	c.rows += n
	c.over = c.over || c.budget > 0 && c.rows > c.budget
	return !c.over
}

// errRows ends a statement at its budget.
var errRows = errors.New("plinth.rows: the budget of rows is spent")

// plTook is pl_took(counter, n): it counts n rows of an array and fails beyond the
// budget.
func plTook(args []sqldriver.Value) (sqldriver.Value, error) {
	id, _ := args[0].(int64)
	n, _ := args[1].(int64)
	c, ok := counters.Load(id)
	if ok && !c.(*counter).took(n) {
		return nil, errRows
	}
	return int64(1), nil
}

// engineLimits changes limits of a connection of the engine.
type engineLimits struct {
	db     *sql.DB
	conn   *sql.Conn
	length int // of a text or blob
}

// oneConn is a [sqldriver.Connector] with one connection.
type oneConn struct{ conn sqldriver.Conn }

// Connect returns the connection.
func (o oneConn) Connect(context.Context) (sqldriver.Conn, error) { return o.conn, nil }

// Driver returns nil; it is not called.
func (oneConn) Driver() sqldriver.Driver { return nil }

func newEngineLimits(ctx context.Context, engine sqldriver.Conn) (*engineLimits, error) {
	l := &engineLimits{db: sql.OpenDB(oneConn{engine})}
	var err error
	if l.conn, err = l.db.Conn(ctx); err != nil {
		return nil, errors.Join(err, l.db.Close())
	}
	if l.length, err = sqlite.Limit(l.conn, sqlite3.SQLITE_LIMIT_LENGTH, -1); err != nil {
		return nil, errors.Join(err, l.db.Close())
	}
	return l, nil
}

// close closes the connection of the engine.
func (l *engineLimits) close() error { return errors.Join(l.conn.Close(), l.db.Close()) }

// maxLength is the engine's own limit of a text or blob.
const maxLength = 1_000_000_000

// bound sets the largest text or blob.
func (l *engineLimits) bound(length int) error {
	if length == l.length {
		return nil
	}
	if _, err := sqlite.Limit(l.conn, sqlite3.SQLITE_LIMIT_LENGTH, length); err != nil {
		return fmt.Errorf("sqlite: length limit: %w", err)
	}
	l.length = length
	return nil
}

// rowLimit is the largest row of a statement with a budget; 0 without a budget.
func rowLimit(s *driver.Statement) int {
	if s.Budget == 0 {
		return 0
	}
	return s.MaxBytes / driver.RowShare
}

// within runs f, which runs a statement, within its limits. Other statements have
// none.
func (c *conn) within(s *driver.Statement, r *driver.Result, f func() error) error {
	c.rows.reset(s.Budget)
	limit := rowLimit(s)
	if limit == 0 {
		return f()
	}
	if err := c.limits.bound(max(limit, minLength)); err != nil {
		return err
	}
	err := f()
	r.All += int(c.rows.rows)
	if c.rows.over {
		err = driver.ErrTooManyRows
	} else if isTooBig(err) {
		err = driver.ErrTooLarge
	}
	return errors.Join(err, c.limits.bound(maxLength))
}

func isTooBig(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Code()&0xff == sqlite3.SQLITE_TOOBIG
}

// minLength is the smallest limit of a text: what statements bind fits.
const minLength = 1 << 20
