package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/uptrace/bun"
)

// bunTracer reports the statements of Bun to the tracers.
type bunTracer struct{ t *traced }

type bunSpanKey struct{}

// BeforeQuery implements [bun.QueryHook].
func (b bunTracer) BeforeQuery(ctx context.Context, event *bun.QueryEvent) context.Context {
	p := b.t.start(ctx, TracedStatement{Operation: verbOf(event.Query), Bun: true})
	return context.WithValue(p.ctx, bunSpanKey{}, &p)
}

// AfterQuery implements [bun.QueryHook].
func (b bunTracer) AfterQuery(ctx context.Context, event *bun.QueryEvent) {
	p, ok := ctx.Value(bunSpanKey{}).(*span)
	if !ok {
		return
	}
	var rows int64
	if event.Result != nil {
		rows, _ = event.Result.RowsAffected() // zero if the engine does not report it
	}
	err := event.Err
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	p.end(rows, err)
}
