package store

import (
	"context"
	"fmt"
	"reflect"

	"github.com/seed-7694ebf6/plinth/internal/seed"
)

// Present writes rows that Go code holds as the scope may see them: its readable
// columns, in the form every read has, and only the rows its rule shows. Models
// is a value of the table's model, a pointer to one, or a slice of either; nil
// pointers are left out. Relations are not written.
//
// A rule that needs other tables is judged by the database on the stored row, so
// a row that is not stored is left out then.
func (g Gate) Present(ctx context.Context, models reflect.Value, out *Rows) error {
	out.result.Reset()
	out.take()
	var guard *Guard
	if g.scope != nil {
		if guard = g.scope.guard(g.table); guard == nil {
			return &UnknownTableError{Table: g.table.Name}
		}
		guard = dropGuard(g.table, guard, seed.RPC)
	}
	if models.Kind() != reflect.Slice {
		return g.present(ctx, guard, models, out)
	}
	for i := range models.Len() {
		if err := g.present(ctx, guard, models.Index(i), out); err != nil {
			return err
		}
	}
	return nil
}

func (g Gate) present(ctx context.Context, guard *Guard, model reflect.Value, out *Rows) error {
	if model.Kind() == reflect.Pointer {
		if model.IsNil() {
			return nil
		}
		model = model.Elem()
	}
	if model.Type() != g.table.goType {
		return fmt.Errorf("store: %s is no row of %s", model.Type(), g.table.Name)
	}
	row, err := g.table.readStruct(model)
	if err != nil {
		return err
	}
	if guard != nil {
		shown, err := g.shows(ctx, guard, row)
		if err != nil || !shown {
			return err
		}
	}
	if out.Count > 0 {
		out.Body = append(out.Body, ',')
	}
	out.Body = g.table.appendRow(out.Body, guard, row)
	out.Count++
	return nil
}

// shows reports whether the rule for reading shows a row of bound values.
func (g Gate) shows(ctx context.Context, guard *Guard, row []any) (bool, error) {
	if guard.Read.IsZero() || g.hidden(row) {
		return false, nil
	}
	result, decided := guard.Read.n.evaluate(g.scope, row)
	if decided {
		return result == isTrue, nil
	}
	w := &write{s: g.s, table: g.table, scope: g.scope, guard: guard}
	return w.holds(ctx, &rowWrite{new: row}, check{rule: guard.Read.n})
}

// hidden reports whether the standing predicates keep a row from everybody.
func (g Gate) hidden(row []any) bool {
	t := g.table
	if t.DeletedAt != nil && row[t.DeletedAt.index] != nil {
		return true
	}
	return t.Tenant != nil && (g.scope.Tenant == "" || row[t.Tenant.index] != g.scope.Tenant)
}

// appendRow appends the readable columns of a row as JSON object.
func (t *Table) appendRow(dst []byte, guard *Guard, row []any) []byte {
	dst = append(dst, '{')
	first := true
	for i, c := range t.Columns {
		if guard != nil && !guard.Readable.Has(c) {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = appendValue(append(dst, c.jsonKey...), c.Kind, row[i])
	}
	return append(dst, '}')
}
