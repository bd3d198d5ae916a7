package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

var _ driver.Listener = (*database)(nil)

// listenPing is the interval of pings on a silent connection. Firewalls may drop silent
// connections without an error.
const listenPing = 6 * time.Second

// Listen implements [driver.Listener] with LISTEN. It holds one connection of the pool
// until it returns. It is not supported behind a pooler that switches sessions between
// transactions, nor if the pool has a single connection besides the reserve.
func (d *database) Listen(ctx context.Context, channel string, received func(payload string)) error {
	if f := d.turns.Figures(); d.pooler || f.Places-f.Reserve == 1 {
		return fmt.Errorf("postgres: listen: a connection to keep: %w", errors.ErrUnsupported)
	}
	pooled, err := d.acquire(ctx)
	if err != nil {
		return mapError(ctx, err)
	}
	defer pooled.Release()
	conn := pooled.Conn()
	// The session still receives notifications, so it must not return to the pool.
	defer conn.PgConn().Conn().Close() // the error does not matter
	err = listen(ctx, conn, channel, received)
	d.noteLoss(ctx, err)
	return mapError(ctx, err)
}

// listen hands on signals until ctx ends or the connection is lost.
func listen(ctx context.Context, conn *pgx.Conn, channel string, received func(payload string)) error {
	if _, err := conn.Exec(ctx, "listen "+pgx.Identifier{channel}.Sanitize()); err != nil {
		return err
	}
	for {
		wait, cancel := context.WithTimeout(ctx, listenPing)
		n, err := conn.WaitForNotification(wait)
		silent := wait.Err() != nil && ctx.Err() == nil
		cancel()
		switch {
		case err == nil:
			received(n.Payload)
		case !silent:
			return err
		default:
			if err := ping(ctx, conn); err != nil {
				return err
			}
		}
	}
}

func ping(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	return conn.Ping(ctx)
}

// Notify implements [driver.Listener].
func (d *database) Notify(ctx context.Context, channel, payload string) error {
	conn, err := d.acquire(ctx)
	if err != nil {
		return mapError(ctx, err)
	}
	defer conn.Release()
	_, err = conn.Exec(ctx, "select pg_notify($1, $2)", channel, payload)
	d.noteLoss(ctx, err)
	return mapError(ctx, err)
}
