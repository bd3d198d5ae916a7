package store

import (
	"context"
	"time"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// pingPatience bounds a Ping: who asks for health wants to know soon.
const pingPatience = 2 * time.Second

// Ping asks the database for an answer and returns nil if one comes within two
// seconds, or sooner if ctx ends. It does not wait behind others: it has a
// connection of its own, or one of those in reserve. So a database that is busy is
// well, and one that cannot be reached is [ErrUnavailable].
func (db *DB) Ping(ctx context.Context) error {
	limited, cancel := context.WithTimeoutCause(ctx, pingPatience, ErrUnavailable)
	defer cancel()
	err := db.driver.Ping(driver.WithReserve(limited))
	if err != nil && ctx.Err() == nil && limited.Err() != nil {
		return ErrUnavailable
	}
	return storeError(ctx, err)
}

// WithReserve returns a context whose statements may use the connections that a
// PostgreSQL database keeps in reserve: they go on when all others are in use. It
// is for the few things that must work under any load, such as a login or an
// administrator's request; see postgres.Options. SQLite keeps none for them: its
// writer is one connection.
func WithReserve(ctx context.Context) context.Context { return driver.WithReserve(ctx) }
