package store

import (
	"context"
	"reflect"

	"github.com/seed-7694ebf6/plinth/store/internal/core"
	"github.com/seed-7694ebf6/plinth/store/internal/write"
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

	// Cascade reports whether the write follows from the delete of a row that this one
	// refers to.
	Cascade bool
}

// Before registers a hook that runs before a row is validated and written, in the same
// transaction. It may change the new row or reject the write with an error. A table
// with hooks is written row by row.
//
// Register hooks before the database is used; it is not safe for concurrent use
// with writes.
func Before[T any](db *DB, hook func(ctx context.Context, w *Write[T]) error) error {
	t, err := core.SessionOf(db).DB.Registry.Of(reflect.TypeFor[T]())
	if err != nil {
		return err
	}
	h := write.HooksFor(t)
	h.Before = append(h.Before, typedHook(hook, true))
	return nil
}

// After registers a hook that runs after a row was written, in the same transaction. An
// error rolls back the write. It cannot change the row.
func After[T any](db *DB, hook func(ctx context.Context, w *Write[T]) error) error {
	t, err := core.SessionOf(db).DB.Registry.Of(reflect.TypeFor[T]())
	if err != nil {
		return err
	}
	h := write.HooksFor(t)
	h.After = append(h.After, typedHook(hook, false))
	return nil
}

// typedHook adapts a hook to rows of bound values.
func typedHook[T any](hook func(context.Context, *Write[T]) error, change bool) write.HookFunc {
	return func(ctx context.Context, rw *write.Row) error {
		w := &Write[T]{Op: rw.Op, Tx: outerTx(rw.Tx), Scope: rw.Scope, Cascade: rw.Cascade}
		var err error
		if rw.Old != nil {
			w.Old = new(T)
			err = rw.Table.FillStruct(reflect.ValueOf(w.Old).Elem(), rw.Old)
		}
		if rw.New != nil && err == nil {
			w.New = new(T)
			err = rw.Table.FillStruct(reflect.ValueOf(w.New).Elem(), rw.New)
		}
		if err != nil {
			return err
		}
		if err := hook(ctx, w); err != nil {
			return err
		}
		if !change || rw.New == nil {
			return nil
		}
		return rw.Table.TakeStruct(reflect.ValueOf(w.New).Elem(), rw.New, rw.Op == OpInsert)
	}
}
