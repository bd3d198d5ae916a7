package driver

import (
	"context"
	"time"
)

// The names of SQLite's pools.
const (
	Writer  = "writer"
	Readers = "readers"
)

// PoolStats are the figures of a pool of connections.
type PoolStats struct {
	// Name identifies the pool: "writer" or "readers" on SQLite, "connections" on
	// PostgreSQL.
	Name string

	// Max is how many connections the pool may hold, Reserve how many of them
	// are kept for urgent statements; see [WithReserve].
	Max, Reserve int

	// AcquireTimeout is how long a statement waits for a connection. Negative is no limit.
	AcquireTimeout time.Duration

	// Open is the number of connections now: InUse of them are in use and Idle are not.
	// Connections that are being opened are neither.
	Open, InUse, Idle int

	// Waiting is the number of statements and transactions waiting for a connection
	// now.
	Waiting int

	// Waits counts the acquires that had to wait, and WaitTime is their total time.
	// Refused counts those that failed with [ErrBusy].
	Waits    int64
	WaitTime time.Duration
	Refused  int64
}

type reserveKey struct{}

// WithReserve returns a context in which statements may use the reserved connections.
func WithReserve(ctx context.Context) context.Context {
	return context.WithValue(ctx, reserveKey{}, true)
}

// MayReserve reports whether the context is derived from [WithReserve].
func MayReserve(ctx context.Context) bool { return ctx.Value(reserveKey{}) != nil }
