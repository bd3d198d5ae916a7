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
	// Name tells the pools of a database apart: "writer" and "readers" on
	// SQLite, "connections" on PostgreSQL.
	Name string

	// Max is how many connections the pool may hold, Reserve how many of them
	// are kept for urgent statements; see [WithReserve].
	Max, Reserve int

	// AcquireTimeout is how long a statement waits for a connection. Negative is no limit.
	AcquireTimeout time.Duration

	// Open is how many connections there are now: InUse of them are lent, Idle
	// wait to be, and those that are just being opened are neither.
	Open, InUse, Idle int

	// Waiting is how many wait for a connection now.
	Waiting int

	// Waits counts who had to wait for a connection, and WaitTime adds up how
	// long they did. Refused counts those of them who waited in vain, [ErrBusy].
	Waits    int64
	WaitTime time.Duration
	Refused  int64
}

type reserveKey struct{}

// WithReserve returns a context whose statements may use the connections that
// are kept in reserve.
func WithReserve(ctx context.Context) context.Context {
	return context.WithValue(ctx, reserveKey{}, true)
}

// MayReserve reports whether the context came from [WithReserve].
func MayReserve(ctx context.Context) bool { return ctx.Value(reserveKey{}) != nil }
