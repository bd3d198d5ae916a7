package store

import "context"

// hooks are the hooks of a table. They are registered before the first write
// and only read afterwards.
type hooks struct {
	before, after []hookFunc
}

type hookFunc func(ctx context.Context, w *rowWrite) error

func (h *hooks) any() bool { return len(h.before)+len(h.after) > 0 }

// rowWrite is one row of a write, in bound values.
type rowWrite struct {
	op       WriteOp
	table    *Table
	tx       *Tx
	scope    *Scope
	old, new []any
	gaps     []FieldError // insert: required columns without a value yet
}
