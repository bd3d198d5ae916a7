package store

import (
	"context"
	"fmt"
	"reflect"
)

// Write is one row on its way into or out of a table, as a hook sees it.
type Write[T any] struct {
	// Op is what happens to the row.
	Op WriteOp

	// Old is the row before; nil for an insert.
	Old *T

	// New is the row to be written; nil for a delete. A Before hook may change it,
	// except for keys, version and tenant.
	New *T

	// Tx is the transaction of the write.
	Tx *Tx

	// Scope is the scope of the write; nil for trusted code.
	Scope *Scope
}

// WriteOp is what happens to a row.
type WriteOp string

// The operations, as the change log names them.
const (
	OpInsert  WriteOp = "insert"
	OpUpdate  WriteOp = "update"
	OpDelete  WriteOp = "delete"
	OpRestore WriteOp = "restore"
)

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

// Before registers a hook that runs before a row is validated and written, in the same
// transaction. It may change the new row or reject the write with an error. A table
// with hooks is written row by row.
//
// Register hooks before the database is used; it is not safe for concurrent use
// with writes.
func Before[T any](db *DB, hook func(ctx context.Context, w *Write[T]) error) error {
	t, err := db.tableOf(reflect.TypeFor[T]())
	if err != nil {
		return err
	}
	t.hooks.before = append(t.hooks.before, typedHook(hook, true))
	return nil
}

// After registers a hook that runs after a row was written, in the same transaction. An
// error rolls back the write. It cannot change the row.
func After[T any](db *DB, hook func(ctx context.Context, w *Write[T]) error) error {
	t, err := db.tableOf(reflect.TypeFor[T]())
	if err != nil {
		return err
	}
	t.hooks.after = append(t.hooks.after, typedHook(hook, false))
	return nil
}

// typedHook adapts a hook to rows of bound values.
func typedHook[T any](hook func(context.Context, *Write[T]) error, change bool) hookFunc {
	return func(ctx context.Context, rw *rowWrite) error {
		w := &Write[T]{Op: rw.op, Tx: rw.tx, Scope: rw.scope}
		var err error
		if rw.old != nil {
			w.Old = new(T)
			err = rw.table.fillStruct(reflect.ValueOf(w.Old).Elem(), rw.old)
		}
		if rw.new != nil && err == nil {
			w.New = new(T)
			err = rw.table.fillStruct(reflect.ValueOf(w.New).Elem(), rw.new)
		}
		if err != nil {
			return err
		}
		if err := hook(ctx, w); err != nil {
			return err
		}
		if !change || rw.new == nil {
			return nil
		}
		return rw.table.takeStruct(reflect.ValueOf(w.New).Elem(), rw)
	}
}

// fillStruct sets the fields of a struct from bound values.
func (t *Table) fillStruct(v reflect.Value, row []any) error {
	for i, c := range t.Columns {
		if _, gap := row[i].(absent); gap {
			continue
		}
		if err := c.goType.set(c.field.Value(v), row[i]); err != nil {
			return fmt.Errorf("store: %s.%s: %w", t.Name, c.Name, err)
		}
	}
	return nil
}

// takeStruct reads what a hook made of the new row, except for what the library
// itself keeps.
func (t *Table) takeStruct(v reflect.Value, rw *rowWrite) error {
	for i, c := range t.Columns {
		if t.managed(c) || c.Key && rw.op != OpInsert {
			continue
		}
		value, err := c.goType.get(c.field.Value(v))
		if err != nil {
			return c.goError(err)
		}
		if _, gap := rw.new[i].(absent); gap && c.Generated && isZeroValue(value) {
			continue
		}
		rw.new[i] = value
	}
	return nil
}

// readStruct reads all columns of a struct as bound values.
func (t *Table) readStruct(v reflect.Value) ([]any, error) {
	row := make([]any, len(t.Columns))
	for i, c := range t.Columns {
		value, err := c.goType.get(c.field.Value(v))
		if err != nil {
			return nil, c.goError(err)
		}
		row[i] = value
	}
	return row, nil
}

func isZeroValue(v any) bool {
	switch v {
	case nil, int64(0), "":
		return true
	}
	return false
}
