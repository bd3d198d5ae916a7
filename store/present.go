package store

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	"github.com/seed-7694ebf6/plinth/internal/seed"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store/driver"
)

// Present writes rows that Go code holds as the scope may see them: its readable
// columns, in the form every read has, and only rows that a read by the scope
// would find. Models is a value of the table's model, a pointer to one, or a
// slice of either; nil pointers are left out. Relations are not written.
//
// Whether a row shows is judged on the stored row and not on what Go code holds,
// which may be a part of it; a row that is not stored does not show.
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
	if guard != nil && len(g.table.PrimaryKey) == 0 {
		return fmt.Errorf("store: rows of %s have no key to judge them by", g.table.Name)
	}
	rows, err := g.table.readModels(models)
	if err != nil {
		return err
	}
	for chunk := range slices.Chunk(rows, presentChunk) {
		shown, err := g.shown(ctx, guard, chunk)
		if err != nil {
			return err
		}
		for _, row := range chunk {
			if shown != nil && !shown[string(g.table.appendKey(nil, row))] {
				continue
			}
			if out.Count > 0 {
				out.Body = append(out.Body, ',')
			}
			out.Body = g.table.appendRow(out.Body, guard, row)
			out.Count++
		}
	}
	return nil
}

// presentChunk is the number of rows that are judged by one statement.
const presentChunk = 500

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
		return nil, fmt.Errorf("store: %s is no row of %s", models.Type(), t.Name)
	}
	row, err := t.readStruct(models)
	return [][]any{row}, err
}

// shown returns the keys of the rows that the scope can see; nil means all.
func (g Gate) shown(ctx context.Context, guard *Guard, rows [][]any) (map[string]bool, error) {
	if guard == nil {
		return nil, nil
	}
	c := g.s.newCompiler(ctx, g.scope, g.access)
	q := &Query{Select: []Selected{}, Where: g.table.keysCond(rows)}
	shape, err := c.read(g.table, q, readOptions{part: seed.RPC, extra: g.table.PrimaryKey, each: true})
	if err != nil {
		return nil, g.unknown(err)
	}
	var r driver.Result
	if err := g.s.query(ctx, c.statement(shape), &r); err != nil {
		return nil, conflict(err)
	}
	doc, err := strictjson.Parse(slices.Concat([]byte{'['}, r.Extra, []byte{']'}), strictjson.Limits{})
	if err != nil {
		return nil, fmt.Errorf("store: keys of %s: %w", g.table.Name, err)
	}
	shown := make(map[string]bool, r.Rows)
	for _, key := range doc.Elements() {
		shown[string(key.Raw())] = true
	}
	return shown, nil
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
