package write

import (
	"cmp"
	"context"

	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// mayCreate rejects rows the scope could not create before existing keys are looked up.
// Otherwise the answer would reveal which keys exist.
func (w *judged) mayCreate(ctx context.Context) error {
	if w.guard == nil {
		return nil
	}
	if w.guard.Create.IsZero() {
		return fault.ErrDenied
	}
	var open [][]any
	for _, row := range w.rows {
		undecided, err := w.judge(w.guard.Create, row)
		if err != nil {
			return err
		}
		if undecided {
			open = append(open, row)
		}
	}
	if err := w.judgeTargets(ctx, w.rows); err != nil {
		return err
	}
	return w.imagesHold(ctx, open, w.guard.Create)
}

// chosenKey rejects a new row with a client's value for a key that the database makes, or
// one that is too large. The error is the same as for an existing row that the scope may
// not update.
func (w *judged) chosenKey(row []any) error {
	if w.guard == nil {
		return nil
	}
	for i, c := range w.Table.Columns {
		if _, gap := row[i].(value.Absent); c.Generated && !gap && !w.guard.Creatable.Has(c) {
			return &fault.ReadOnlyColumnError{Table: w.Table.Name, Column: c.Name}
		}
		if err := w.checkClientKey(c, row[i]); err != nil {
			return err
		}
	}
	return nil
}

// outOfReach is the answer for a row that exists and that the scope may not see
// or change: as far as it can be, that for one that does not exist.
func (w *judged) outOfReach(row []any, err error) error {
	if w.upsert.mustUpdate {
		return fault.ErrStale
	}
	if w.upsert.mustInsert {
		err = fault.ErrStale
	}
	return cmp.Or(w.chosenKey(row), err)
}

// mayReplace rejects an existing row that the scope may not see or change. The error is
// always that of a taken key, so it does not reveal the reason.
func (w *judged) mayReplace(ctx context.Context, old, row []any) error {
	taken := &fault.ConstraintError{Kind: fault.Unique, Table: w.Table.Name, Columns: schema.ColumnNames(w.upsert.keys)}
	if t := w.Table.Tenant; t != nil && old[t.Index] != row[t.Index] {
		return taken
	}
	if w.guard == nil {
		return nil
	}
	guard := w.guard
	rules := []query.Cond{guard.Read, guard.Update}
	if w.upsert.ignore {
		rules = rules[:1]
	}
	for _, rule := range rules {
		if rule.IsZero() {
			return taken
		}
		result, decided := rule.Node().Evaluate(w.Scope, old)
		if !decided {
			ok, err := w.holds(ctx, old, check{rule: rule.Node()})
			if err != nil {
				return err
			}
			result = query.TruthOf(ok)
		}
		if result != query.IsTrue {
			return taken
		}
	}
	return nil
}
