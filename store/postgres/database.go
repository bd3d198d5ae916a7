package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// database runs statements on one pool. It implements [driver.Driver].
type database struct {
	pool         *pgxpool.Pool
	transactions *sql.DB // the same connections as [txConn]
	sql          *sql.DB // the same connections, for Bun
	bun          *bun.DB
	turns        turns
	dialect      driver.Dialect
	logger       *slog.Logger

	// pooler says that another session may answer each transaction.
	pooler bool

	// timeout bounds every statement where the session does not: behind a pooler.
	timeout time.Duration

	// lost is when a connection was last found dead, in Unix nanoseconds. All
	// that were used before are pinged before they are used again, so that a
	// restart of the server is noticed once and not once for each connection.
	lost atomic.Int64

	// full is when the server last had no connection left, in Unix nanoseconds.
	full atomic.Int64

	// forgot is when all connections were last given up, in Unix nanoseconds.
	forgot atomic.Int64
}

var _ driver.Driver = (*database)(nil)

// Dialect implements [driver.Driver].
func (d *database) Dialect() driver.Dialect { return d.dialect }

// Bun implements [driver.Driver].
func (d *database) Bun() *bun.DB { return d.bun }

// closeWait is how long Close waits for connections that are in use.
const closeWait = 5 * time.Second

// Close implements [driver.Driver].
func (d *database) Close() error {
	err := errors.Join(d.transactions.Close(), d.sql.Close())
	closed := make(chan struct{})
	go func() {
		d.pool.Close() // waits for every connection, also one that was forgotten
		close(closed)
	}()
	select {
	case <-closed:
		return err
	case <-time.After(closeWait):
		return errors.Join(err, fmt.Errorf("postgres: close: %d connections are still in use", d.pool.Stat().AcquiredConns()))
	}
}

// Query implements [driver.Driver]. On the pool a statement that found its
// connection dead, or its plan outdated, runs a second time if the first one
// cannot have changed anything.
func (d *database) Query(ctx context.Context, conn driver.Conn, s *driver.Statement, r *driver.Result) error {
	_, err := d.run(ctx, conn, s, r)
	return err
}

// Exec implements [driver.Driver].
func (d *database) Exec(ctx context.Context, conn driver.Conn, s *driver.Statement) (int64, error) {
	return d.run(ctx, conn, s, nil)
}

func (d *database) run(ctx context.Context, conn driver.Conn, s *driver.Statement, r *driver.Result) (int64, error) {
	timeout := s.Timeout
	if timeout <= 0 || d.timeout > 0 && d.timeout < timeout {
		timeout = d.timeout
	}
	if timeout > 0 {
		limited, cancel := context.WithTimeoutCause(ctx, timeout, driver.ErrTimeout)
		defer cancel()
		changed, err := d.attempt(limited, conn, s, r)
		if err != nil && ctx.Err() == nil && limited.Err() != nil {
			err = context.Cause(limited)
		}
		return changed, err
	}
	return d.attempt(ctx, conn, s, r)
}

func (d *database) attempt(ctx context.Context, conn driver.Conn, s *driver.Statement, r *driver.Result) (int64, error) {
	c := newCall(ctx, d, s, r)
	defer c.free()
	if conn != nil {
		t := conn.(*tx)
		err := t.raw(c)
		if refused := (*pgconn.PgError)(nil); t.impatient && ctx.Err() == nil && errors.As(err, &refused) && refused.Code == lockNotAvailable {
			return c.changed, fmt.Errorf("%w: %w", driver.ErrRetry, err)
		}
		return c.changed, mapError(ctx, err)
	}
	err := d.once(c)
	if err != nil && c.mayRepeat(err) {
		d.logger.DebugContext(ctx, "postgres: statement repeated", "error", err)
		c.rewind()
		err = d.once(c)
	}
	return c.changed, mapError(ctx, err)
}

// once runs a call on a connection of the pool.
func (d *database) once(c *call) error {
	conn, err := d.acquire(c.ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	c.execute(conn.Conn())
	c.noteLoss(conn.Conn())
	return c.err
}
