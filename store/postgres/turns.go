package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/internal/turnstile"
)

// turns limits the wait for a connection and reserves some connections for urgent
// statements. pgx's pool calls it before each acquire, for the store, Bun and
// database/sql. Nothing therefore waits inside the pool.
//
// pgx accepts such hooks as tracers and requires the methods of a query tracer.
type turns struct{ *turnstile.Turnstile }

var (
	_ pgx.QueryTracer       = turns{}
	_ pgxpool.AcquireTracer = turns{}
	_ pgxpool.ReleaseTracer = turns{}
)

// refused is a context that has ended because there was no connection in time: the
// pool returns its error.
type refused struct {
	context.Context
	err error
}

// Done implements [context.Context].
func (refused) Done() <-chan struct{} { return ended }

// Err implements [context.Context].
func (r refused) Err() error { return r.err }

var ended = func() <-chan struct{} {
	ch := make(chan struct{})
	close(ch)
	return ch
}()

// TraceAcquireStart waits for a slot.
func (t turns) TraceAcquireStart(ctx context.Context, _ *pgxpool.Pool, _ pgxpool.TraceAcquireStartData) context.Context {
	err := t.Enter(ctx, driver.MayReserve)
	switch {
	case err == nil:
		return ctx
	case errors.Is(err, turnstile.ErrTimeout):
		err = fmt.Errorf("%w: all %d are in use", driver.ErrBusy, t.Figures().Places)
	}
	return refused{ctx, err}
}

// TraceAcquireEnd releases the slot if the acquire failed.
func (t turns) TraceAcquireEnd(ctx context.Context, _ *pgxpool.Pool, data pgxpool.TraceAcquireEndData) {
	if _, without := ctx.(refused); data.Err != nil && !without {
		t.Leave()
	}
}

// TraceRelease releases a slot.
func (t turns) TraceRelease(*pgxpool.Pool, pgxpool.TraceReleaseData) { t.Leave() }

// TraceQueryStart does nothing.
func (turns) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}

// TraceQueryEnd does nothing.
func (turns) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// Stats implements [driver.Driver].
func (d *database) Stats() []driver.PoolStats {
	pool, f := d.pool.Stat(), d.turns.Figures()
	return []driver.PoolStats{{
		Name: "connections", Max: f.Places, Reserve: f.Reserve, AcquireTimeout: f.Patience,
		Open: int(pool.TotalConns()), InUse: int(pool.AcquiredConns()), Idle: int(pool.IdleConns()),
		Waiting: f.Waiting, Waits: f.Waits, WaitTime: f.Waited, Refused: f.Refused,
	}}
}

// Ping implements [driver.Driver]. It uses a reserved connection if all others are in
// use. A server without free connections counts as available if the pool has open ones.
func (d *database) Ping(ctx context.Context) error {
	conn, err := d.pool.Acquire(driver.WithReserve(ctx))
	if isFull(err) && d.pool.Stat().TotalConns() > 0 {
		return nil
	}
	if err != nil {
		return mapError(ctx, err)
	}
	defer conn.Release()
	err = conn.Ping(ctx)
	d.noteLoss(ctx, err)
	return mapError(ctx, err)
}
