package store

import (
	"context"
	"fmt"
	"reflect"
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
func (g Gate) Present(ctx context.Context, models reflect.Value, q *Query, opts ReadOptions, out *Rows) error {
	if len(g.table.PrimaryKey) == 0 {
		return fmt.Errorf("store: rows of %s have no key to find them by: tag its columns pk and embed store.View", g.table.Name)
	}
	rows, err := g.table.readModels(models)
	if err != nil {
		return err
	}
	if len(rows) > maxPresented {
		return &LimitError{Name: "rows of a result", Limit: maxPresented}
	}
	asked := *q
	asked.Where = And(g.table.keysCond(rows), q.Where)
	if len(q.Order) > 0 {
		return g.read(ctx, &asked, readOptions{}, opts, out)
	}
	asked.Limit, asked.Offset, asked.Count = nil, 0, false
	ro := readOptions{extra: g.table.PrimaryKey, each: true}
	if err := g.read(ctx, &asked, ro, opts, out); err != nil {
		return err
	}
	return g.table.arrange(rows, q, out)
}

// arrange sorts rows, which were read with their keys, in the order of other rows with
// these keys, and applies the limits of the query.
func (t *Table) arrange(rows [][]any, q *Query, out *Rows) error {
	found, err := splitByKey(out.Body, out.result.Extra, out.Count)
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
		key = t.appendKey(key[:0], row)
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
		body, key := skipJSON(bodies), skipJSON(keys)
		if body <= 0 || key <= 0 {
			return nil, errTuple
		}
		found[string(keys[:key])] = bodies[:body:body]
		bodies, _ = cutByte(bodies[body:], ',')
		keys, _ = cutByte(keys[key:], ',')
	}
	return found, nil
}

// readModels reads the structs in a value as bound values.
func (t *Table) readModels(models reflect.Value) ([][]any, error) {
	if models.Kind() == reflect.Slice {
		rows := make([][]any, 0, models.Len())
		for i := range models.Len() {
			row, err := t.readModels(models.Index(i))
			if err != nil {
				return nil, err
			}
			rows = append(rows, row...)
		}
		return rows, nil
	}
	if models.Kind() == reflect.Pointer {
		if models.IsNil() {
			return nil, nil
		}
		models = models.Elem()
	}
	if models.Type() != t.goType {
		return nil, fmt.Errorf("store: %s is not a row of %s", models.Type(), t.Name)
	}
	row, err := t.readStruct(models)
	return [][]any{row}, err
}

// keysCond selects the rows that have the keys of rows. It is bound.
func (t *Table) keysCond(rows [][]any) Cond {
	if pk := t.PrimaryKey[0]; len(t.PrimaryKey) == 1 {
		values := make([]any, len(rows))
		for i, row := range rows {
			values[i] = row[pk.index]
		}
		list := operand{kind: operandValue, value: packList(pk.Kind, values)}
		return Cond{&node{kind: nodeCompare, name: pk.Name, column: pk, op: OpIn, operand: list}}
	}
	conds := make([]Cond, len(rows))
	for i, row := range rows {
		conds[i] = t.keyCond(row)
	}
	return Or(conds...)
}

// keyCond selects the row that has the key of row. It is bound.
func (t *Table) keyCond(row []any) Cond {
	parts := make([]Cond, len(t.PrimaryKey))
	for i, pk := range t.PrimaryKey {
		parts[i] = boundEq(pk, row[pk.index])
	}
	return And(parts...)
}

// appendKey appends the primary key of a row as JSON array.
func (t *Table) appendKey(dst []byte, row []any) []byte {
	dst = append(dst, '[')
	for i, pk := range t.PrimaryKey {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendValue(dst, pk.Kind, row[pk.index])
	}
	return append(dst, ']')
}
