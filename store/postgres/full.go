package postgres

import (
	"context"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

const (
	// fullFor is how long no connection is opened after the server had none left.
	fullFor = 250 * time.Millisecond

	// fullPause is the interval of retries to acquire an open connection of the pool.
	fullPause = 10 * time.Millisecond
)

// errFull replaces the server's error while no new connection is attempted.
var errFull = &pgconn.PgError{Severity: "FATAL", Code: "53300", Message: "the server had no connection left a moment ago"}

func isFull(err error) bool {
	refused, ok := errors.AsType[*pgconn.PgError](err)
	return ok && refused.Code == errFull.Code
}

// beforeConnect fails while the server has no connection left.
func (d *database) beforeConnect(context.Context, *pgx.ConnConfig) error {
	if time.Since(time.Unix(0, d.full.Load())) < fullFor {
		return errFull
	}
	return nil
}

// waitIfFull repeats acquire for AcquireTimeout while the server has no connection left: a
// connection of the pool that becomes idle then serves it.
func (d *database) waitIfFull(ctx context.Context, acquire func() error) error {
	begun, patience := time.Now(), d.turns.Figures().Patience
	for {
		err := acquire()
		if !isFull(err) {
			return err
		}
		if refused, _ := errors.AsType[*pgconn.PgError](err); refused != errFull {
			d.full.Store(time.Now().UnixNano())
			d.logger.WarnContext(ctx, "postgres: the server has no connection left", "open", d.pool.Stat().TotalConns())
		}
		if patience >= 0 && time.Since(begun) >= patience {
			return fmt.Errorf("%w: %w", driver.ErrBusy, err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(fullPause):
		}
	}
}

// acquire takes a connection of the pool.
func (d *database) acquire(ctx context.Context) (conn *pgxpool.Conn, err error) {
	err = d.waitIfFull(ctx, func() error {
		conn, err = d.pool.Acquire(ctx)
		return err
	})
	return conn, err
}

// patientConnector takes connections of the pool for database/sql.
type patientConnector struct {
	sqldriver.Connector
	db *database
}

// Connect implements [sqldriver.Connector].
func (c patientConnector) Connect(ctx context.Context) (conn sqldriver.Conn, err error) {
	err = c.db.waitIfFull(ctx, func() error {
		conn, err = c.Connector.Connect(ctx)
		return err
	})
	return conn, err
}
