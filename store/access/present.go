package access

import (
	"context"
	"fmt"
	"reflect"

	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/core"
	"github.com/seed-7694ebf6/plinth/store/internal/sqlgen"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// maxPresented is the largest number of rows of one [Gate.Present].
const maxPresented = 10000

// Present reads the rows of models as the scope may see them. q applies to these rows
// only and must not have a cursor. Models is a value of the table's model, a pointer to
// one, or a slice of either; nil pointers are skipped. Without an order the rows have
// the order of models, each once.
//
// Only the keys of models are used. The values are read from the database, and rows
// that are not stored are left out.
func (g Gate) Present(ctx context.Context, models reflect.Value, q *query.Query, opts query.ReadOptions, out *query.Rows) error {
	if len(g.r.Table.PrimaryKey) == 0 {
		return fmt.Errorf("store: rows of %s have no key to find them by: tag its columns pk and embed store.View", g.r.Table.Name)
	}
	rows, err := g.r.Table.ReadModels(models)
	if err != nil {
		return err
	}
	if len(rows) > maxPresented {
		return &fault.LimitError{Name: "rows of a result", Limit: maxPresented}
	}
	asked := *q
	asked.Where = query.And(query.RowKeys(g.r.Table, rows), q.Where)
	if len(q.Order) > 0 {
		return g.r.Read(ctx, &asked, sqlgen.StatementOptions{}, opts, out)
	}
	asked.Limit, asked.Offset, asked.Count = nil, 0, false
	ro := sqlgen.StatementOptions{Extra: g.r.Table.PrimaryKey, Each: true}
	if err := g.r.Read(ctx, &asked, ro, opts, out); err != nil {
		return err
	}
	return arrange(g.r.Table, rows, q, out)
}

// arrange sorts rows, which were read with their keys, in the order of other rows with
// these keys, and applies the limits of the query.
func arrange(t *schema.Table, rows [][]any, q *query.Query, out *query.Rows) error {
	found, err := splitByKey(out.Body, out.Result.Extra, out.Count)
	if err != nil {
		return fmt.Errorf("store: rows of %s: %w", t.Name, err)
	}
	limit := len(rows)
	if q.Limit != nil {
		limit = *q.Limit
	}
	arranged := make([]byte, 0, len(out.Body))
	var key []byte
	out.Total, out.Count = int64(len(found)), 0
	for _, row := range rows {
		key = t.AppendKey(key[:0], row)
		body, ok := found[string(key)]
		if !ok {
			continue // not to be seen, or here before
		}
		delete(found, string(key))
		seen := int(out.Total) - len(found)
		if seen <= q.Offset || out.Count == limit {
			continue
		}
		if out.Count > 0 {
			arranged = append(arranged, ',')
		}
		arranged = append(arranged, body...)
		out.Count++
	}
	out.Body = arranged
	return nil
}

// splitByKey takes rows apart, which are joined by commas as their keys are.
func splitByKey(bodies, keys []byte, n int) (map[string][]byte, error) {
	found := make(map[string][]byte, n)
	for range n {
		body, key := value.SkipJSON(bodies), value.SkipJSON(keys)
		if body <= 0 || key <= 0 {
			return nil, core.ErrTuple
		}
		found[string(keys[:key])] = bodies[:body:body]
		bodies, _ = value.CutByte(bodies[body:], ',')
		keys, _ = value.CutByte(keys[key:], ',')
	}
	return found, nil
}
