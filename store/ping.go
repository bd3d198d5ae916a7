package store

import (
	"context"
	"time"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// pingPatience is the timeout of a Ping. Health checks need a quick answer.
const pingPatience = 2 * time.Second

// Ping checks that the database answers within two seconds, or sooner if ctx ends. It
// does not queue behind other statements: it has a connection of its own or uses a
// reserved one. A busy database is therefore healthy, and an unreachable one is
// [ErrUnavailable].
func (db *DB) Ping(ctx context.Context) error {
	limited, cancel := context.WithTimeoutCause(ctx, pingPatience, ErrUnavailable)
	defer cancel()
	err := db.driver.Ping(driver.WithReserve(limited))
	if err != nil && ctx.Err() == nil && limited.Err() != nil {
		return ErrUnavailable
	}
	return storeError(ctx, err)
}

// WithReserve returns a context in which statements may use the connections that a
// PostgreSQL database keeps in reserve. They proceed when all others are in use. Use it
// for the few requests that must work under any load, such as a login or an
// administrator's request; see postgres.Options. SQLite reserves none, because its
// writer is one connection.
func WithReserve(ctx context.Context) context.Context { return driver.WithReserve(ctx) }
