package store

import (
	"context"

	"github.com/seed-7694ebf6/plinth/store/internal/core"
	"github.com/uptrace/bun"
)

// inTxHook keeps Bun's statements off the pool inside a transaction of the same
// context. There they would see another state, and on SQLite wait for the
// writer the transaction holds.
type inTxHook struct{ db *core.DB }

// BeforeQuery makes the statement fail with [ErrInTx] before it starts.
func (h inTxHook) BeforeQuery(ctx context.Context, event *bun.QueryEvent) context.Context {
	if !h.db.InTx(ctx) {
		return ctx
	}
	event.Err = ErrInTx
	return refusedContext{ctx}
}

// AfterQuery does nothing.
func (inTxHook) AfterQuery(context.Context, *bun.QueryEvent) {}

// refusedContext is a context that has ended with ErrInTx: database/sql looks
// at it before it takes a connection.
type refusedContext struct{ context.Context }

var ended = func() <-chan struct{} {
	ch := make(chan struct{})
	close(ch)
	return ch
}()

func (refusedContext) Done() <-chan struct{} { return ended }

func (refusedContext) Err() error { return ErrInTx }
