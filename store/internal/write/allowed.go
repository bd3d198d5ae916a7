package write

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/read"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// Allowed says for each row, given by its values, whether the scope may do op to it, see
// access.Gate.Allowed. An empty op reads.
func Allowed(ctx context.Context, r read.Reader, op query.WriteOp, rows [][]any) ([]bool, error) {
	if err := r.CheckScope(); err != nil {
		return nil, err
	}
	allowed := make([]bool, len(rows))
	guard, exposed := r.Scope.Enter(r.Table)
	switch {
	case op != "" && op != query.OpInsert && op != query.OpUpdate && op != query.OpDelete && op != query.OpRestore:
		return nil, fmt.Errorf("store: unknown operation %q", op)
	case len(rows) > maxWrite:
		return nil, &fault.LimitError{Name: "rows", Limit: maxWrite}
	case !exposed, r.Table.View && op != "", op == query.OpRestore && r.Table.DeletedAt == nil, len(rows) == 0:
		return allowed, nil
	}
	w := new(statement)
	w.request = request{Reader: r, op: op, guard: guard}
	if op != query.OpInsert {
		return allowed, w.allowedStored(ctx, rows, allowed)
	}
	for i, row := range rows {
		ok, err := w.allowedNew(ctx, row)
		if err != nil {
			return nil, err
		}
		allowed[i] = ok
	}
	return allowed, nil
}

// allowedNew evaluates the rule on a new row, and whether it has the tenant and the presets
// of the scope.
func (w *statement) allowedNew(ctx context.Context, row []any) (bool, error) {
	if t := w.Table.Tenant; t != nil && (w.Scope.Tenant == "" || t.ValueIn(row) != "" && t.ValueIn(row) != w.Scope.Tenant) {
		return false, nil
	}
	if w.presets(row) != nil {
		return false, nil
	}
	rule := w.guard.Create
	if rule.IsZero() {
		return false, nil
	}
	if result, decided := rule.Node().Evaluate(w.Scope, row); decided {
		return result == query.IsTrue, nil
	}
	err := w.imagesAllowed(ctx, [][]any{row}, rule)
	if errors.Is(err, fault.ErrDenied) {
		return false, nil
	}
	return err == nil, err
}

// allowedStored marks the rows that a statement of w would select by their keys.
func (w *statement) allowedStored(ctx context.Context, rows [][]any, allowed []bool) error {
	w.where = query.RowKeys(w.Table, rows)
	b := w.Session.NewBuilder(ctx, w.Scope, w.Exemptions)
	defer b.Free()
	s, err := b.Enter(w.Table)
	if err != nil {
		return err
	}
	shape := &driver.Shape{EachExtra: true}
	b.Write("select ")
	for i, key := range w.Table.PrimaryKey {
		if i > 0 {
			b.Write(", ")
		}
		b.Column(s, key)
		shape.Extra = append(shape.Extra, key.Kind)
	}
	b.Write(" from ", w.Table.SQLName, " ", s.Alias)
	if err := w.selectRows(b, s); err != nil {
		return err
	}
	found := map[string]bool{}
	err = w.Session.Tuples(ctx, b.Statement(shape), func(values [][]byte) error {
		key := []byte{'['}
		for i, v := range values {
			if i > 0 {
				key = append(key, ',')
			}
			key = append(key, v...)
		}
		found[string(append(key, ']'))] = true
		return nil
	})
	var key []byte
	for i, row := range rows {
		key = w.Table.AppendKey(key[:0], row)
		allowed[i] = found[string(key)]
	}
	return err
}
