package store

import (
	"context"
	"errors"
	"slices"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// taken decides what an error may tell of rows that exist. A taken key with a
// foreign key in it, as in a junction, tells that the target is there; if the
// scope cannot see the target, the answer is that of a missing one.
//
// In a transaction of the caller the question cannot be asked any more.
func (w *write) taken(ctx context.Context, err error) error {
	violated, ok := errors.AsType[*ConstraintError](err)
	if !ok || violated.Kind != Unique || w.guard == nil || w.s.tx != nil {
		return err
	}
	for _, ref := range w.table.ForeignKeys {
		names := func(c *Column) bool { return slices.Contains(violated.Columns, c.Name) }
		if !w.judged(ref) || violated.Columns != nil && !slices.ContainsFunc(ref.Columns, names) {
			continue
		}
		for _, key := range w.writtenKeys(ref) {
			seen, lookErr := w.seesTarget(ctx, ref, key)
			if lookErr != nil {
				return lookErr
			}
			if !seen {
				return w.missingTarget(ref)
			}
		}
	}
	return err
}

// writtenKeys returns the values that the write gives to a foreign key, without
// those that are NULL or of which it gives a part only.
func (w *write) writtenKeys(ref *Reference) [][]any {
	rows := w.rows
	if w.op != OpInsert {
		rows = [][]any{w.partialRow()}
	}
	var keys [][]any
	for _, row := range rows {
		key := make([]any, len(ref.Columns))
		whole := true
		for i, c := range ref.Columns {
			key[i] = row[c.index]
			_, gap := key[i].(absent)
			whole = whole && !gap && key[i] != nil
		}
		if whole {
			keys = append(keys, key)
		}
	}
	return keys
}

// seesTarget reports whether the scope can see the row that a foreign key points
// to.
func (w *write) seesTarget(ctx context.Context, ref *Reference, key []any) (bool, error) {
	guard, opened := w.scope.guard(ref.Target), w.opened(ref)
	if guard == nil && !opened {
		return false, nil
	}
	c := w.s.newCompiler(ctx, w.scope, w.access)
	defer c.free()
	s := source{table: ref.Target, alias: c.alias(), guard: guard}
	c.write("select 1 from ", ref.Target.sqlName, " ", s.alias, " where ")
	for i, k := range ref.Keys {
		if i > 0 {
			c.write(" and ")
		}
		c.comparable(s, k, false)
		c.write(" = ")
		c.bind(k.Kind, key[i])
	}
	if err := c.limits(s, trust(opened)); err != nil {
		return false, err
	}
	var r driver.Result
	if err := w.s.query(ctx, c.statement(&driver.Shape{Extra: []Kind{KindInt}}), &r); err != nil {
		return false, err
	}
	return r.Rows > 0, nil
}
