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

	// ByFilter reports that a visible row entered or left View.Where only.
	ByFilter bool
}

// View is what a subscriber wants of one table.
type View struct {
	// Scope is the subscriber's. Nil is [fault.ErrNoScope].
	Scope *query.Scope

	// Where filters the rows. It must be bound and use columns that the scope may read, see
	// [BindView]. The zero Cond is every row.
	Where query.Cond

	// Columns are the columns to send.
	//
	// Defaults to all that the scope may read.
	Columns *schema.ColumnSet
}

// judgeable reports whether a filter of a client costs little for each change: it is evaluated
// in memory, for every subscriber, without the limits of a statement.
func judgeable(n *query.Node) bool {
	switch {
	case n.Kind == query.NodeRelated:
		return false
	case n.Kind == query.NodeCompare:
		switch n.Op {
		case query.OpMatch, query.OpIMatch, query.OpSearch, query.OpFullText, query.OpFullTextPlain, query.OpFullTextPhrase, query.OpFullTextWeb:
			return false
		}
	}
	for _, kid := range n.Kids {
		if !judgeable(kid) {
			return false
		}
	}
	return true
}

// BindView binds the filter of a view to its table. A column that the scope may not read is
// unknown, as in a query. Regular expressions and searches are refused.
func BindView(scope *query.Scope, t *schema.Table, where query.Cond) (query.Cond, error) {
	guard, exposed := scope.Enter(t)
	if !exposed {
		return query.Cond{}, &fault.UnknownTableError{Table: t.Name}
	}
	bound, err := query.Bind(t, where)
	if err != nil || bound.IsZero() {
		return bound, err
	}
	if !judgeable(bound.Node()) {
		return query.Cond{}, &fault.QueryError{Kind: fault.QueryUnsupported, Reason: "a view has no patterns of regular expressions, searches and conditions on related rows"}
	}
	var used schema.ColumnSet
	bound.Node().Columns(&used)
	for _, c := range t.Columns {
		if used.Has(c) && guard != nil && !guard.Readable.Has(c) {
			return query.Cond{}, &fault.UnknownColumnError{Table: t.Name, Column: c.Name}
		}
	}
	return bound, nil
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
	return c.SeenIn(ctx, on, View{Scope: scope})
}

// SeenIn is [Change.SeenBy] for the rows of a view: a row that enters the filter is an insert
// too, and one that leaves it a delete, with ByFilter set.
func (c Change) SeenIn(ctx context.Context, on store.Session, view View) (Seen, error) {
	j, err := c.Judge(on)
	if err != nil {
		return Seen{}, err
	}
	return j.See(ctx, view)
}

// Judge says what views see of one change. It reads the change once. It is not safe for
// concurrent use.
type Judge struct {
	change  Change
	s       core.Session
	table   *schema.Table // nil for a table that is not registered
	was, is *imageRow     // nil without a row
}

// imageRow is a row of the change log: its values, one for each column, and the columns that
// it lacks.
type imageRow struct {
	values []any
	absent schema.ColumnSet

	allowed map[*query.Scope]bool // by Decide
}

// allow keeps what the read rule of a scope says of the row.
func (r *imageRow) allow(scope *query.Scope, allowed bool) {
	if r.allowed == nil {
		r.allowed = map[*query.Scope]bool{}
	}
	r.allowed[scope] = allowed
}

func newImageRow(t *schema.Table, text json.RawMessage) (*imageRow, error) {
	values, err := imageValues(t, text)
	r := &imageRow{values: values}
	for i := range values {
		if _, gap := values[i].(value.Absent); gap {
			r.absent.Add(t.Columns[i])
		}
	}
	return r, err
}

// Judge returns the judge of a change.
func (c Change) Judge(on store.Session) (*Judge, error) {
	j := &Judge{change: c, s: core.SessionOf(on)}
	if j.table = j.s.DB.Registry.Named(c.Table); j.table == nil {
		return j, nil
	}
	var err error
	if c.Old != nil {
		j.was, err = newImageRow(j.table, c.Old)
	}
	if c.New != nil && err == nil {
		j.is, err = newImageRow(j.table, c.New)
	}
	return j, err
}

// Values returns what a column of the table held before and after the change. complete is false
// if the log lacks one of them.
func (j *Judge) Values(c *schema.Column) (values []any, complete bool) {
	for _, row := range []*imageRow{j.was, j.is} {
		if row == nil {
			continue
		}
		if row.absent.Has(c) {
			return nil, false
		}
		values = append(values, c.ValueIn(row.values))
	}
	return values, true
}

// See returns what a view sees of the change.
func (j *Judge) See(ctx context.Context, view View) (Seen, error) {
	scope := view.Scope
	if scope == nil {
		return Seen{}, fault.ErrNoScope
	}
	if j.table == nil {
		return Seen{}, nil
	}
	guard, ok := scope.Enter(j.table)
	if !ok {
		return Seen{}, nil
	}
	for _, key := range j.table.PrimaryKey {
		if !guard.Readable.Has(key) {
			return Seen{}, nil
		}
	}
	image := image{s: j.s, table: j.table, scope: scope, guard: guard, where: view.Where, columns: guard.Readable}
	if view.Columns != nil {
		image.columns = guard.Readable.With(*view.Columns)
	}
	was, wasIn, err := image.visible(ctx, j.was)
	if err != nil {
		return Seen{}, err
	}
	is, isIn, err := image.visible(ctx, j.is)
	if err != nil {
		return Seen{}, err
	}
	seen, err := image.seen(j.change, wasIn, isIn)
	seen.ByFilter = wasIn != isIn && was && is
	return seen, err
}

// Pin returns a column and the one value that its rows must have there, if the read rule or
// the filter of the view compares them on its top level. Others need to be asked about every
// change of the table. The value is comparable.
func (v View) Pin(t *schema.Table) (c *schema.Column, pinned any, ok bool) {
	guard, exposed := v.Scope.Enter(t)
	if !exposed {
		return nil, nil, false
	}
	for _, cond := range []query.Cond{v.Where, guard.Read} {
		if c, pinned, ok = cond.Pin(v.Scope); ok {
			return c, pinned, true
		}
	}
	return nil, nil, false
}

// image judges the rows of a change of one table for one scope.
type image struct {
	s     core.Session
	table *schema.Table
	scope *query.Scope
	guard *query.Guard

	where   query.Cond
	columns schema.ColumnSet
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

// visible reports whether the scope may read a row of the change log, and whether the row is
// in the view.
func (i *image) visible(ctx context.Context, row *imageRow) (visible, inView bool, err error) {
	if row == nil {
		return false, false, nil
	}
	guard, err := i.guardOf(row)
	if err != nil {
		return false, false, err
	}
	visible, decided := row.allowed[i.scope]
	if !decided {
		visible, err = i.allows(ctx, guard, row.values)
	}
	if err != nil || !visible || i.where.IsZero() {
		return visible, visible, err
	}
	filter := *guard
	filter.Read, err = query.Lacking(i.where, i.table, &row.absent)
	if err == nil {
		inView, err = i.allows(ctx, &filter, row.values)
	}
	return visible, inView, err
}

// allows reports whether the standing predicates and the read rule of a guard hold for a row.
func (i *image) allows(ctx context.Context, guard *query.Guard, values []any) (bool, error) {
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
func (i *image) guardOf(row *imageRow) (*query.Guard, error) {
	var read schema.ColumnSet
	if !i.guard.Read.IsZero() {
		i.guard.Read.Node().Columns(&read)
	}
	if read.With(row.absent) == (schema.ColumnSet{}) {
		return i.guard, nil
	}
	rule, err := query.Lacking(i.guard.Read, i.table, &row.absent)
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
		if c := i.table.Column(string(name)); c != nil && i.columns.Has(c) {
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
