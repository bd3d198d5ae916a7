package write

import (
	"context"

	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/core"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// Hooks are the hooks of a table. They are registered before the first write
// and only read afterwards.
type Hooks struct {
	Before, After []HookFunc
}

// HookFunc runs before or after the write of a row, in its transaction.
type HookFunc func(ctx context.Context, w *Row) error

// hooksOf returns the hooks of a table.
func hooksOf(t *schema.Table) Hooks {
	if h, ok := t.Hooks.(*Hooks); ok {
		return *h
	}
	return Hooks{}
}

// HooksFor returns the hooks of a table to add one.
func HooksFor(t *schema.Table) *Hooks {
	if t.Hooks == nil {
		t.Hooks = new(Hooks)
	}
	return t.Hooks.(*Hooks)
}

// Row is one row of a write, in bound values.
type Row struct {
	Op       query.WriteOp
	Table    *schema.Table
	Tx       *core.Tx
	Scope    *query.Scope
	Cascade  bool
	Old, New []any
	gaps     []fault.FieldError // insert: required columns without a value yet
}

// runHooks calls hooks one after the other.
func runHooks(ctx context.Context, hooks []HookFunc, rw *Row) error {
	for _, h := range hooks {
		if err := h(ctx, rw); err != nil {
			return err
		}
	}
	return nil
}
