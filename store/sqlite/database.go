package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/uptrace/bun"
)

// database runs the statements of a store; see [driver.Driver].
type database struct {
	writer, readers *pool
	health          *pool // one reader, for Ping
	bun             *bun.DB
	readersSQL      *sql.DB
	timeout         time.Duration // of a statement
	writing         time.Duration // of a caller that holds the writer
}

var _ driver.Driver = (*database)(nil)

// openDatabase opens the writer and one reader, so that a file that cannot be
// used is reported now; more readers are opened when they are needed.
func openDatabase(ctx context.Context, path string, o *Options) (*database, error) {
	opts, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	src, err := newSource(path)
	if err != nil {
		return nil, err
	}
	opener := func(reader bool) func(context.Context) (*conn, error) {
		list := settings(opts, src.memory, reader)
		return func(ctx context.Context) (*conn, error) {
			return openConn(ctx, src, list, opts.StatementCache)
		}
	}
	d := &database{
		writer:  newPool(1, opts.AcquireTimeout, opener(false)),
		readers: newPool(opts.Readers, opts.AcquireTimeout, opener(true)),
		health:  newPool(1, opts.AcquireTimeout, opener(true)),
		timeout: opts.StatementTimeout,
		writing: opts.WriterTimeout,
	}
	d.writer.closing = (*conn).checkpoint
	d.readersSQL = newSQL(lender{d.readers.acquire, d.readers.release})
	d.bun = newBun(newSQL(lender{d.writer.acquire, d.writer.release}), d.readersSQL)
	for _, p := range []*pool{d.writer, d.readers} {
		c, err := p.acquire(ctx)
		if err != nil {
			return nil, errors.Join(err, d.Close())
		}
		p.release(c)
	}
	if !src.memory {
		file, err := newFile(path, opts.Store.Logger)
		if err != nil {
			return nil, errors.Join(err, d.Close())
		}
		d.writer.file, d.readers.file, d.health.file = file, file, file
		d.readers.checkEvery = checkEvery
	}
	return d, nil
}

// Dialect returns SQLite's.
func (d *database) Dialect() driver.Dialect { return driver.Dialect{Name: "sqlite"} }

// Bun returns the Bun database over the same connections.
func (d *database) Bun() *bun.DB { return d.bun }

// Query runs a statement and appends its rows. Without a transaction, a statement that
// writes is rolled back if its rows cannot be appended. One that writes without
// Statement.Write fails, because it runs on a reader.
func (d *database) Query(ctx context.Context, in driver.Conn, s *driver.Statement, r *driver.Result) error {
	if in == nil && !s.Write {
		return d.lend(ctx, d.readers, s, func(ctx context.Context, c *conn) error { return c.query(ctx, s, r) })
	}
	if in == nil {
		return d.lend(ctx, d.writer, s, func(ctx context.Context, c *conn) error { return c.queryAlone(ctx, s, r) })
	}
	c, until, err := connOf(in)
	if err != nil {
		return err
	}
	return d.limited(ctx, c, sooner(until, s.Timeout), func(ctx context.Context, c *conn) error { return c.query(ctx, s, r) })
}

// Exec runs a statement and returns how many rows it changed.
func (d *database) Exec(ctx context.Context, in driver.Conn, s *driver.Statement) (int64, error) {
	var changed int64
	run := func(ctx context.Context, c *conn) (err error) {
		changed, err = c.exec(ctx, s)
		return err
	}
	if in == nil {
		err := d.lend(ctx, d.writer, s, run)
		return changed, err
	}
	c, until, err := connOf(in)
	if err == nil {
		err = d.limited(ctx, c, sooner(until, s.Timeout), run)
	}
	return changed, err
}

// lend acquires a connection of a pool for f, within the limits of a statement.
func (d *database) lend(ctx context.Context, p *pool, s *driver.Statement, f func(context.Context, *conn) error) error {
	c, err := p.acquire(ctx)
	if err != nil {
		return err
	}
	defer p.release(c)
	return d.limited(ctx, c, sooner(d.until(p, s.Caller), s.Timeout), f)
}

// until returns the time at which the holder of a connection acquired now must stop.
// Zero means no limit.
func (d *database) until(p *pool, caller bool) time.Time {
	if !caller || p != d.writer || d.writing < 0 {
		return time.Time{}
	}
	return time.Now().Add(d.writing)
}

// sooner returns a deadline or, where that is sooner, the end of a timeout that begins now.
func sooner(until time.Time, timeout time.Duration) time.Time {
	if timeout <= 0 {
		return until
	}
	if end := time.Now().Add(timeout); until.IsZero() || end.Before(until) {
		return end
	}
	return until
}

// limited calls f with the statement's time limit, which is over at until.
func (d *database) limited(ctx context.Context, c *conn, until time.Time, f func(context.Context, *conn) error) error {
	limited, cancel := d.limit(ctx, until)
	defer cancel()
	err := limited.Err()
	if err == nil {
		err = f(limited, c)
	}
	if err != nil {
		return d.failure(ctx, limited, err)
	}
	return nil
}

// limit returns a context that ends with the statement's time, or sooner.
func (d *database) limit(ctx context.Context, until time.Time) (context.Context, context.CancelFunc) {
	until = sooner(until, d.timeout)
	if deadline, ok := ctx.Deadline(); until.IsZero() || ok && deadline.Before(until) {
		return ctx, func() {}
	}
	return context.WithDeadline(ctx, until)
}

// failure maps an error to its cause: the end of the caller's context, the time limit,
// or the database.
func (d *database) failure(ctx, limited context.Context, err error) error {
	if limited.Err() != nil && isInterrupt(err) {
		if ctx.Err() == nil {
			return fmt.Errorf("%w: sqlite: %w", driver.ErrTimeout, err)
		}
		return fmt.Errorf("sqlite: %w", ctx.Err())
	}
	return translate(err)
}

// Begin begins a transaction, on a reader if it only reads.
func (d *database) Begin(ctx context.Context, opts driver.TxOptions) (driver.Conn, error) {
	p, text := d.writer, beginWrite
	if opts.ReadOnly {
		p, text = d.readers, beginRead
	}
	t, err := beginTx(ctx, p, text)
	if err != nil {
		return nil, fmt.Errorf("sqlite: begin: %w", translate(err))
	}
	t.until = d.until(p, opts.Caller)
	return t, nil
}

// Ping reads from the file, on a connection that nothing else uses.
func (d *database) Ping(ctx context.Context) error {
	return d.lend(ctx, d.health, new(driver.Statement), func(ctx context.Context, c *conn) error {
		_, err := c.text(ctx, "select count(*) from sqlite_schema")
		return err
	})
}

// Stats returns the figures of the writer and of the readers.
func (d *database) Stats() []driver.PoolStats {
	return []driver.PoolStats{d.writer.stats(driver.Writer), d.readers.stats(driver.Readers)}
}

// Close waits a few seconds for statements and transactions that run, writes
// the log back into the file and closes the connections.
func (d *database) Close() error {
	return errors.Join(d.bun.Close(), d.readersSQL.Close(), d.health.close(), d.readers.close(), d.writer.close())
}

// checkEvery is how long reads rely on the last look at the file. Writes and the probe look
// each time.
const checkEvery = time.Second

// file is the database file as it was opened. A file that was removed or replaced since is
// open and writable, and what is written to it is lost with the process.
type file struct {
	path   string
	info   fs.FileInfo // device and inode
	logger *slog.Logger

	mu    sync.Mutex
	at    time.Time
	state error
}

// newFile remembers the file at a path that was just opened.
func newFile(path string, logger *slog.Logger) (*file, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("sqlite: open: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("sqlite: open: %w", err)
	}
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	return &file{path: path, info: info, logger: logger, at: time.Now()}, nil
}

// check fails if the path does not lead to the open file any more. It trusts a check that is
// younger than age.
func (f *file) check(age time.Duration) error {
	if f == nil { // in memory
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if time.Since(f.at) < age {
		return f.state
	}
	before := f.state
	f.at, f.state = time.Now(), nil
	if now, err := os.Stat(f.path); err != nil {
		f.state = fmt.Errorf("%w: sqlite: the database file is gone: %w", driver.ErrUnavailable, err)
	} else if !os.SameFile(f.info, now) {
		f.state = fmt.Errorf("%w: sqlite: %w", driver.ErrUnavailable, errReplaced)
	}
	if before == nil && f.state != nil {
		f.logger.Error("sqlite: the database file was removed or replaced; restart the program, or put the file back", "path", f.path, "error", f.state)
	}
	return f.state
}

var errReplaced = errors.New("the database file was replaced by another one")
