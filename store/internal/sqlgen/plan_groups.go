package sqlgen

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// groupPlan is the plan for an answer of groups. Its columns are synthetic and name the
// values.
type groupPlan struct {
	values []groupValue
	keys   []query.OrderKey // of the groups
}

// groupValue is what the rows are grouped by, or an aggregate over a group.
type groupValue struct {
	column    *schema.Column  // nil: the rows themselves are counted
	cast      string          // of the column: "", castFloat, ...
	kind      driver.Kind     // of the column after the cast
	aggregate query.Aggregate // zero: grouped by
	name      string          // quoted, in the statement
}

// Casts of a column inside a group, besides those that castKind knows.
const (
	castFloat   = "float8"
	castDecimal = "numeric"
)

// countName names the number of rows, if a table has no such column. PostgreSQL accepts
// t.count for count(t), and clients count related rows with it, as in orders(count).
const countName = "count"

// ErrGroupsOfRow is the answer where a single row, or a written one, would be a
// group.
var ErrGroupsOfRow error = &fault.QueryError{Kind: fault.QueryUnsupported, Reason: "aggregates are made of lists only, not of single or written rows"}

var errGroupPath error = &fault.QueryError{Kind: fault.QueryUnsupported, Reason: "paths into JSON documents are not supported with aggregates"}

// grouped reports whether the rows of a query are groups.
func (s Source) grouped(q *query.Query) bool {
	return slices.ContainsFunc(q.Select, func(sel query.Selected) bool { return sel.Aggregate != 0 || s.countsRows(sel) })
}

// countsRows reports whether a selected column is the number of rows.
func (s Source) countsRows(sel query.Selected) bool {
	if sel.Column != countName || sel.Aggregate != 0 || !sel.Path.IsZero() {
		return false
	}
	_, err := query.Lookup(s.Table, s.Guard, countName)
	return err != nil
}

// planGroups resolves the names of a query for groups.
func (b *Builder) planGroups(s Source, q *query.Query) (*RowPlan, error) {
	switch {
	case len(q.With) > 0:
		return nil, &fault.QueryError{Kind: fault.QueryUnsupported, Reason: "relations cannot be embedded with aggregates"}
	case q.After != "":
		return nil, &fault.QueryError{Kind: fault.QueryUnsupported, Reason: "cursors do not continue lists of aggregates; use limit and offset"}
	}
	p := &RowPlan{Groups: &groupPlan{}}
	taken := make(map[string]bool, len(q.Select))
	for _, sel := range q.Select {
		if err := p.addGroupValues(s, sel, taken); err != nil {
			return nil, err
		}
	}
	return p, p.Groups.sort(s, q.Order, p.Columns)
}

// addGroupValues adds one selected column or, for a star, all.
func (p *RowPlan) addGroupValues(s Source, sel query.Selected, taken map[string]bool) error {
	if sel.Column == "*" && sel == (query.Selected{Column: "*"}) {
		for _, col := range s.Table.Columns {
			if taken[col.Name] || s.Guard != nil && !s.Guard.Readable.Has(col) {
				continue
			}
			if err := p.addGroupValues(s, query.Selected{Column: col.Name}, taken); err != nil {
				return err
			}
		}
		return nil
	}
	if s.countsRows(sel) {
		sel = query.Selected{Aggregate: query.AggregateCount, As: sel.As, ResultCast: sel.Cast}
	}
	v, kind, err := s.groupValue(sel)
	if err != nil {
		return err
	}
	made := &schema.Column{Name: v.aggregate.String(), Kind: kind}
	if v.aggregate == 0 {
		made.Name, made.Nullable = v.column.Name, v.column.Nullable
	}
	made.Total = kind == driver.KindFloat && (v.aggregate == query.AggregateSum || v.aggregate == query.AggregateAvg)
	name := sel.As
	if name == "" {
		name = made.Name
	} else if err := checkName(name); err != nil {
		return err
	}
	if taken[name] {
		return errTaken(name)
	}
	taken[name] = true
	made.SQLName = `"group?` + strconv.Itoa(len(p.Columns)) + `"`
	v.name = made.SQLName
	p.Groups.values = append(p.Groups.values, v)
	return p.addMade(made, sel, name)
}

// addMade adds the made-up column of a group's value to the answer.
func (p *RowPlan) addMade(made *schema.Column, sel query.Selected, name string) error {
	to := sel.ResultCast
	if sel.Aggregate == 0 && castNames[sel.Cast] == driver.KindText {
		to = sel.Cast // texts differ where the values do, so it is cast outside
	}
	kind, cast, err := castKind(made, to)
	if err != nil {
		return err
	}
	p.Columns = append(p.Columns, PlanColumn{Column: made, Cast: cast, alias: sel.As})
	p.Members = append(p.Members, driver.Member{Key: value.JSONKey(name), Kind: kind, Quoted: cast == CastText})
	return nil
}

// groupValue resolves one value and returns the kind of its results.
func (s Source) groupValue(sel query.Selected) (v groupValue, kind driver.Kind, err error) {
	v.aggregate = sel.Aggregate
	if sel.Column == "" && sel.Aggregate == query.AggregateCount && sel.Cast == "" {
		return v, driver.KindInt, nil
	}
	if v.column, err = query.Lookup(s.Table, s.Guard, sel.Column); err != nil {
		return v, 0, err
	}
	if !sel.Path.IsZero() {
		return v, 0, errGroupPath
	}
	if v.kind, v.cast, err = groupCast(v.column, sel.Cast, v.aggregate); err != nil {
		return v, 0, err
	}
	if v.aggregate == 0 {
		if !v.kind.Ordered() {
			return v, 0, &fault.ValueError{Column: v.column.Name, Kind: fault.ValueWrongKind, Reason: "rows cannot be grouped by it: the column has no order"}
		}
		return v, v.kind, nil
	}
	if s.Guard != nil && !s.Guard.Aggregable.Has(v.column) {
		return v, 0, &fault.QueryError{Kind: fault.QueryNoAggregates, Reason: fmt.Sprintf("aggregates of column %s are not allowed", v.column.Name)}
	}
	kind, err = v.aggregate.Result(v.column, v.kind)
	return v, kind, err
}

// groupCast returns the kind of a column after a cast in front of an aggregate,
// or of a column rows are grouped by, and the cast to write.
func groupCast(col *schema.Column, cast string, a query.Aggregate) (driver.Kind, string, error) {
	to := castNames[cast]
	switch {
	case a != 0 && col.Kind == driver.KindInt && to == driver.KindFloat:
		return driver.KindFloat, castFloat, nil
	case a != 0 && col.Kind == driver.KindInt && to == driver.KindDecimal:
		return driver.KindDecimal, castDecimal, nil
	}
	kind, written, err := castKind(col, cast)
	if written != CastText || err != nil {
		return kind, written, err
	}
	if a > query.AggregateCount {
		return 0, "", &fault.QueryError{Kind: fault.QueryNoCast, Reason: fmt.Sprintf("cannot cast column %s to text before %s", col.Name, a)}
	}
	return col.Kind, "", nil
}

// sort resolves the order of groups: by what the query names, then by everything
// the rows are grouped by, which makes it total.
func (g *groupPlan) sort(s Source, orders []query.Order, made []PlanColumn) error {
	for _, o := range orders {
		i, err := g.orderedBy(s, o)
		if err != nil {
			return err
		}
		key := query.OrderKey{Column: made[i].Column, Desc: o.Desc, Nullable: made[i].Column.Nullable}
		key.First = o.Nulls == query.NullsFirst || o.Nulls == query.NullsDefault && o.Desc
		g.keys = append(g.keys, key)
	}
	for i, v := range g.values {
		if v.aggregate == 0 && !hasKey(g.keys, made[i].Column) {
			g.keys = append(g.keys, query.OrderKey{Column: made[i].Column, Nullable: made[i].Column.Nullable})
		}
	}
	return nil
}

// orderedBy returns which value an order of groups means.
func (g *groupPlan) orderedBy(s Source, o query.Order) (int, error) {
	if !o.Path.IsZero() {
		return 0, errGroupPath
	}
	name := o.Column
	if o.Field.Owner != nil {
		col, err := o.Field.Column(s.Table)
		if err != nil {
			return 0, err
		}
		name = col.Name
	}
	if o.Relation == "" {
		col, err := query.Lookup(s.Table, s.Guard, name)
		if err != nil {
			return 0, err
		}
		if i := slices.IndexFunc(g.values, func(v groupValue) bool { return v.aggregate == 0 && v.column == col }); i >= 0 {
			return i, nil
		}
	}
	return 0, &fault.QueryError{Kind: fault.QueryNotGrouped, Reason: "groups can be sorted only by the columns they are grouped by"}
}
