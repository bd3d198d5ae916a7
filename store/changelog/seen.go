package changelog

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/core"
	"github.com/seed-7694ebf6/plinth/store/internal/sqlgen"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/internal/write"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// Seen is what a scope sees of a [Change].
type Seen struct {
	// Op is OpInsert, OpUpdate or OpDelete, or "" if the scope sees nothing.
	Op query.WriteOp

	// Key is a JSON array of the values of the primary key.
	Key json.RawMessage

	// Old and New are the row before and after the change with the columns that the scope
	// may read. Old is nil for an insert. A delete has neither.
	Old, New json.RawMessage
}

// SeenBy returns what a scope sees of the change. The rows are those of the change, the
// rules and the rows of other tables are those of now:
//
//   - A row that enters what the scope may read is an insert.
//   - A row that leaves it, by a delete, a mark of store.SoftDelete or an update, is a delete
//     with its key only.
//   - An update of columns that the scope may not read is nothing, and so is a change of a
//     table that the scope does not know or whose key it may not read.
//
// The change log has no secret columns. What a rule says of them is unknown, so that they
// alone never show a row.
//
// It evaluates rules in memory where it can, and otherwise by one statement for each row.
// A nil scope is [fault.ErrNoScope].
func (c Change) SeenBy(ctx context.Context, on store.Session, scope *query.Scope) (Seen, error) {
	if scope == nil {
		return Seen{}, fault.ErrNoScope
	}
	s := core.SessionOf(on)
	t := s.DB.Registry.Named(c.Table)
	if t == nil {
		return Seen{}, nil
	}
	guard, ok := scope.Enter(t)
	if !ok {
		return Seen{}, nil
	}
	for _, key := range t.PrimaryKey {
		if !guard.Readable.Has(key) {
			return Seen{}, nil
		}
	}
	image := image{s: s, table: t, scope: scope, guard: guard}
	was, err := image.visible(ctx, c.Old)
	if err != nil {
		return Seen{}, err
	}
	is, err := image.visible(ctx, c.New)
	if err != nil {
		return Seen{}, err
	}
	return image.seen(c, was, is)
}

// image judges the rows of a change of one table for one scope.
type image struct {
	s     core.Session
	table *schema.Table
	scope *query.Scope
	guard *query.Guard
}

// seen puts together what the scope sees of a row that was or is visible.
func (i *image) seen(c Change, was, is bool) (out Seen, err error) {
	if !was && !is {
		return out, nil
	}
	out = Seen{Op: query.OpDelete, Key: c.Key}
	if !is {
		return out, nil
	}
	if out.New, err = i.readable(c.New); err != nil {
		return Seen{}, err
	}
	if out.Op = query.OpInsert; !was {
		return out, nil
	}
	if out.Old, err = i.readable(c.Old); err != nil {
		return Seen{}, err
	}
	if out.Op = query.OpUpdate; bytes.Equal(out.Old, out.New) {
		return Seen{}, nil
	}
	return out, nil
}

// visible reports whether the scope may read a row of the change log: its standing
// predicates and the read rule of the guard hold.
func (i *image) visible(ctx context.Context, row json.RawMessage) (bool, error) {
	if row == nil {
		return false, nil
	}
	values, err := imageValues(i.table, row)
	if err != nil {
		return false, err
	}
	guard, err := i.guardOf(values)
	if err != nil {
		return false, err
	}
	if result, decided := i.decide(guard.Read, values); decided {
		return result == query.IsTrue, nil
	}
	n, err := write.CountImages(ctx, i.s, i.scope, i.table, [][]any{values}, func(b *sqlgen.Builder, alias string) error {
		b.Truth(true)
		return b.Limits(sqlgen.Source{Table: i.table, Alias: alias, Guard: guard})
	})
	return n == 1, err
}

// guardOf returns the guard for a row. What its read rule says of columns that the row lacks
// is unknown: as NULL, a missing secret could fulfill the rule.
func (i *image) guardOf(row []any) (*query.Guard, error) {
	var absent, read schema.ColumnSet
	for _, c := range i.table.Columns {
		if _, gap := c.ValueIn(row).(value.Absent); gap {
			absent.Add(c)
		}
	}
	if !i.guard.Read.IsZero() {
		i.guard.Read.Node().Columns(&read)
	}
	if read.With(absent) == (schema.ColumnSet{}) {
		return i.guard, nil
	}
	rule, err := query.Lacking(i.guard.Read, i.table, &absent)
	lacking := *i.guard
	lacking.Read = rule
	return &lacking, err
}

// decide evaluates in memory what limits writes into a statement.
func (i *image) decide(rule query.Cond, row []any) (result query.Truth, decided bool) {
	if rule.IsZero() {
		return query.IsFalse, true
	}
	for _, c := range []*schema.Column{i.table.DeletedAt, i.table.Tenant} {
		if c == nil {
			continue
		}
		if _, gap := c.ValueIn(row).(value.Absent); gap {
			return query.IsUnknown, false
		}
	}
	if d := i.table.DeletedAt; d != nil && d.ValueIn(row) != nil {
		return query.IsFalse, true
	}
	if t := i.table.Tenant; t != nil && (i.scope.Tenant == "" || t.ValueIn(row) != i.scope.Tenant) {
		return query.IsFalse, true
	}
	return rule.Node().Evaluate(i.scope, row)
}

// readable returns a row of the change log with the columns that the scope may read.
func (i *image) readable(row json.RawMessage) (json.RawMessage, error) {
	doc, err := parseLogged(row)
	if err != nil {
		return nil, err
	}
	dst := append(make([]byte, 0, len(row)), '{')
	for name, v := range doc.Members() {
		if c := i.table.Column(string(name)); c != nil && i.guard.Readable.Has(c) {
			dst = append(append(comma(dst), c.JSONKey...), v.Raw()...)
		}
	}
	return append(dst, '}'), nil
}

// imageValues returns the values of a row of the change log, one for each column. A column
// that the row lacks, or whose value the model cannot hold any more, is absent.
func imageValues(t *schema.Table, row json.RawMessage) ([]any, error) {
	doc, err := parseLogged(row)
	if err != nil {
		return nil, err
	}
	values := make([]any, len(t.Columns))
	for i := range values {
		values[i] = value.Absent{}
	}
	if doc.Kind() != strictjson.Object {
		return values, nil
	}
	for name, value := range doc.Members() {
		c := t.Column(string(name))
		if c == nil {
			continue
		}
		if bound, err := loggedValue(c, value.Raw()); err == nil {
			values[c.Index] = bound
		}
	}
	return values, nil
}
