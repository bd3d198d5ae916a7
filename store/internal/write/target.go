package write

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/sqlgen"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// judgeTargets rejects foreign keys to rows that the scope cannot see, in the order of
// the rows and of their keys. It runs before anything is written and before existing
// rows are looked up. Later, the errors of constraints and rules would distinguish a
// hidden target from a missing one.
//
// A target that the write itself inserts is checked afterwards, see checkOwnTargets.
func (w *judged) judgeTargets(ctx context.Context, rows [][]any) error {
	if w.guard == nil {
		return nil
	}
	known := w.ownTargets(rows)
	for _, row := range rows {
		for _, ref := range w.Table.ForeignKeys {
			key, whole := valuesOf(ref.Columns, row)
			if !whole || !w.checksKey(ref) {
				continue
			}
			name := targetName(ref, key)
			if known[name] {
				continue
			}
			seen, err := w.seesTarget(ctx, ref, key)
			if err != nil {
				return err
			}
			if !seen {
				return w.missingTarget(ref)
			}
			known[name] = true
		}
	}
	return nil
}

// ownTargets names the targets in the table that are among the written rows. Rows that
// an update changes were there before, unless it gives them other keys.
func (w *judged) ownTargets(rows [][]any) map[string]bool {
	names := map[string]bool{}
	for _, ref := range w.Table.ForeignKeys {
		if ref.Target != w.Table || !w.checksKey(ref) || w.op == query.OpUpdate && !slices.ContainsFunc(ref.Keys, w.wrote) {
			continue
		}
		for _, row := range rows {
			if key, whole := valuesOf(ref.Keys, row); whole {
				names[targetName(ref, key)] = true
			}
		}
	}
	return names
}

// targetName is a foreign key with its values as text.
func targetName(ref *schema.Reference, key []any) string {
	name := append([]byte(ref.Name), ' ')
	for i, v := range key {
		name = append(appendKeyValue(name, ref.Keys[i].Kind, v), ',')
	}
	return string(name)
}

// withTargetError decides what the error of a single statement may reveal. A taken key that
// includes a foreign key, as in a junction, reveals that the target exists. If any
// target is invisible to the scope, the answer is that error instead. The check runs
// after the statement was rolled back.
func (w *judged) withTargetError(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	_, violated := errors.AsType[*fault.ConstraintError](err)
	if w.guard == nil || !violated && !errors.Is(err, fault.ErrDenied) {
		return err
	}
	return cmp.Or(w.judgeTargets(ctx, w.givenRows()), err)
}

// writesPartOfKey reports whether an update gives only a part of a foreign key, of which the
// rows have the rest.
func (w *judged) writesPartOfKey() bool {
	if w.guard == nil || w.op != query.OpUpdate || len(w.Table.ForeignKeys) == 0 {
		return false
	}
	row := w.partialRow()
	gap := func(c *schema.Column) bool { _, gap := row[c.Index].(value.Absent); return gap }
	return slices.ContainsFunc(w.Table.ForeignKeys, func(ref *schema.Reference) bool {
		return w.checksKey(ref) && slices.ContainsFunc(ref.Columns, gap)
	})
}

// seesTarget reports whether the scope can see the row that a foreign key points
// to.
func (w *judged) seesTarget(ctx context.Context, ref *schema.Reference, key []any) (bool, error) {
	b := w.Session.NewBuilder(ctx, w.Scope, sqlgen.Exemptions{})
	defer b.Free()
	s, err := w.target(&b.CondWriter, ref)
	if err != nil {
		return false, nil // the scope does not know the table
	}
	b.SelectTarget(s, ref, key)
	if err := b.Limits(s); err != nil {
		return false, err
	}
	var r driver.Result
	if err := w.Session.Query(ctx, b.Statement(&driver.Shape{Extra: []driver.Kind{driver.KindInt}}), &r); err != nil {
		return false, err
	}
	return r.Rows > 0, nil
}

// checksKey reports whether the write must check the target of a foreign key: the client
// wrote it, not a preset, and a rule or predicate could hide the target.
func (w *judged) checksKey(ref *schema.Reference) bool {
	if w.targetUnchecked(ref) && ref.Target.Tenant == nil && ref.Target.DeletedAt == nil {
		return false
	}
	for _, c := range ref.Columns {
		if w.wrote(c) && (w.op != query.OpInsert || w.guard.Preset(c) == nil) {
			return true
		}
	}
	return false
}

// targetUnchecked reports whether the policy opens a foreign key to rows the scope cannot
// read. What is deleted or of another tenant stays out of reach.
func (w *judged) targetUnchecked(ref *schema.Reference) bool {
	return !slices.ContainsFunc(ref.Columns, func(c *schema.Column) bool { return w.wrote(c) && !w.guard.UncheckedReferences.Has(c) })
}

// target enters the table that a foreign key points to: what the scope can see of it, or
// all its rows where the policy opens the key.
func (w *judged) target(c *sqlgen.CondWriter, ref *schema.Reference) (sqlgen.Source, error) {
	if w.targetUnchecked(ref) {
		return c.Trusted(ref.Target), nil
	}
	return c.Enter(ref.Target)
}

// visibleTarget writes that the target of a foreign key exists in from and the
// scope can see it, or might, where the policy opens the key.
func (w *judged) visibleTarget(c *sqlgen.CondWriter, s sqlgen.Source, ref *schema.Reference, from string) error {
	target, err := w.target(c, ref)
	if err != nil {
		c.Truth(false)
		return nil
	}
	c.Write("exists (select 1 from ", from, " ", target.Alias, " where ")
	c.EqualKeys(target, ref.Keys, s, ref.Columns)
	if err := c.Limits(target); err != nil {
		return err
	}
	c.Write(")")
	return nil
}

// checkOwnTargets checks the foreign keys of written rows to rows inserted by the same
// write.
func (w *judged) checkOwnTargets(ctx context.Context, rows []*Row) error {
	if w.guard == nil {
		return nil
	}
	brought := w.ownTargets(newImages(rows))
	for _, rw := range rows {
		if rw.Op != query.OpInsert && rw.Op != query.OpUpdate {
			continue
		}
		for _, ref := range w.Table.ForeignKeys {
			key, whole := valuesOf(ref.Columns, rw.New)
			if !whole || !w.checksKey(ref) || !brought[targetName(ref, key)] {
				continue
			}
			if ok, err := w.holds(ctx, rw.New, check{reference: ref}); err != nil {
				return err
			} else if !ok {
				return w.missingTarget(ref)
			}
		}
	}
	return nil
}
