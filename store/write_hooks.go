package store

import (
	"context"

	"github.com/seed-7694ebf6/plinth/store/internal/core"
)

// hooks are the hooks of a table. They are registered before the first write
// and only read afterwards.
type hooks struct {
	before, after []hookFunc
}

type hookFunc func(ctx context.Context, w *rowWrite) error

// hooksOf returns the hooks of a table.
func hooksOf(t *Table) hooks {
	if h, ok := t.Hooks.(*hooks); ok {
		return *h
	}
	return hooks{}
}

// hooksFor returns the hooks of a table to add one.
func hooksFor(t *Table) *hooks {
	if t.Hooks == nil {
		t.Hooks = new(hooks)
	}
	return t.Hooks.(*hooks)
}

// rowWrite is one row of a write, in bound values.
type rowWrite struct {
	op       WriteOp
	table    *Table
	tx       *core.Tx
	scope    *Scope
	old, new []any
	gaps     []FieldError // insert: required columns without a value yet
}

// runHooks calls hooks one after the other.
func runHooks(ctx context.Context, hooks []hookFunc, rw *rowWrite) error {
	for _, h := range hooks {
		if err := h(ctx, rw); err != nil {
			return err
		}
	}
	return nil
}
