package store

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// rowPlan is what one row of an answer consists of. It does not change once it
// is made.
type rowPlan struct {
	columns []planColumn
	embeds  []planEmbed
	members []driver.Member
	groups  *groupPlan // nil unless the rows are groups

	// list is the select list for PostgreSQL under the first alias, of a plan
	// that is kept.
	list string

	// fields is [driver.Shape.Fields], nil in a plan that is kept.
	fields []int
}

type planColumn struct {
	column *Column
	cast   string // "" or a normalised name
	alias  string // client's name to be bound; "" uses the column's
}

type planEmbed struct {
	embed    *Embed
	relation *Relation
	target   source
	plan     *rowPlan
	keys     []query.OrderKey
	shape    *driver.Shape // of the embedded rows
}

// plan resolves the names of a query. Columns precede embeds; an embed with the name of
// a column replaces it.
func (b *builder) plan(s source, q *Query) (*rowPlan, error) {
	if q.Select == nil && len(q.With) == 0 {
		return s.allColumns(), nil
	}
	if s.grouped(q) {
		return b.planGroups(s, q)
	}
	p := &rowPlan{}
	taken := make(map[string]bool, len(q.With)+max(len(q.Select), len(s.table.Columns)))
	for i := range q.With {
		if q.With[i].Spread {
			continue
		}
		name := embedName(&q.With[i])
		if err := checkName(q.With[i].As); err != nil {
			return nil, err
		}
		if taken[name] {
			return nil, errTaken(name)
		}
		taken[name] = true
	}
	if err := p.addColumns(s, q, taken); err != nil {
		return nil, err
	}
	for i := range q.With {
		e, err := b.planEmbed(s, &q.With[i])
		if err != nil {
			return nil, err
		}
		p.embeds = append(p.embeds, e)
		if q.With[i].Spread {
			if err := p.spread(&e, taken); err != nil {
				return nil, err
			}
			continue
		}
		p.members = append(p.members, driver.Member{Key: value.JSONKey(embedName(&q.With[i])), Embed: e.shape, Many: e.relation.Many})
	}
	return p, nil
}

// memberOf returns the index of the member that is an unmodified column of the table,
// or -1.
func (p *rowPlan) memberOf(col *Column) int {
	if p == nil {
		return -1
	}
	for i := range p.columns {
		if p.columns[i].column == col && p.columns[i].cast == "" {
			return i
		}
	}
	return -1
}

func errTaken(name string) error {
	return &fault.QueryError{Kind: fault.QueryMalformed, Reason: fmt.Sprintf("%q is selected twice; give one of them another name", name)}
}

func embedName(e *Embed) string {
	if e.As != "" {
		return e.As
	}
	name, _, _ := strings.Cut(e.Relation, schema.HintMark)
	return name
}

func (p *rowPlan) addColumns(s source, q *Query, taken map[string]bool) error {
	if q.Select == nil {
		p.addAll(s, taken)
		return nil
	}
	for _, sel := range q.Select {
		if sel.Column == "*" && sel.As == "" && sel.Cast == "" {
			p.addAll(s, taken)
			continue
		}
		col, err := query.Lookup(s.table, s.guard, sel.Column)
		if err == nil {
			col, err = query.ColumnAt(col, sel.Path)
		}
		if err != nil {
			return err
		}
		if sel.As == "" && col.Place != nil {
			sel.As = cmp.Or(sel.Path.Name(), col.Name)
		}
		name := sel.As
		if name == "" {
			name = col.Name
		} else if err := checkName(name); err != nil {
			return err
		}
		if taken[name] {
			if sel.As == "" && sel.Cast == "" {
				continue
			}
			return errTaken(name)
		}
		taken[name] = true
		if err := p.add(col, sel); err != nil {
			return err
		}
	}
	return nil
}

// allPlans are the plans for all columns of a table, which most requests select.
type allPlans struct {
	whole    *rowPlan
	columns  ColumnSet
	readable *rowPlan // for columns
}

// allColumns returns the plan for all columns of a source. The table keeps the
// last one: callers with the same columns share it.
func (s source) allColumns() *rowPlan {
	if s.guard == nil {
		return wholePlan(s.table)
	}
	kept, _ := s.table.Plan.Load().(allPlans)
	if kept.readable == nil || kept.columns != s.guard.Readable {
		kept.columns, kept.readable = s.guard.Readable, s.planAll()
		s.table.Plan.Store(kept)
	}
	return kept.readable
}

// wholePlan returns the plan for all columns of a table, which the table keeps.
func wholePlan(t *Table) *rowPlan {
	kept, _ := t.Plan.Load().(allPlans)
	if kept.whole == nil {
		kept.whole = source{table: t}.planAll()
		t.Plan.Store(kept)
	}
	return kept.whole
}

// planAll makes the plan for all columns of a source.
func (s source) planAll() *rowPlan {
	n := len(s.table.Columns)
	p := &rowPlan{columns: make([]planColumn, 0, n), members: make([]driver.Member, 0, n)}
	p.addAll(s, make(map[string]bool, n))
	for i, pc := range p.columns {
		if i > 0 {
			p.list += ", "
		}
		p.list += aliases[0] + "." + pc.column.SQLName
	}
	return p
}

// checkName rejects a name for the answer that is not valid text.
func checkName(name string) error {
	if err := value.CheckText(name); err != nil {
		return &fault.QueryError{Kind: fault.QueryMalformed, Reason: "a name in the answer: " + err.Error()}
	}
	return nil
}

func (p *rowPlan) addAll(s source, taken map[string]bool) {
	for _, col := range s.table.Columns {
		if taken[col.Name] || s.guard != nil && !s.guard.Readable.Has(col) {
			continue
		}
		taken[col.Name] = true
		p.columns = append(p.columns, planColumn{column: col})
		p.members = append(p.members, driver.Member{Key: col.JSONKey, Kind: col.Kind})
	}
}

func (p *rowPlan) add(col *Column, sel Selected) error {
	kind, cast, err := castKind(col, sel.Cast)
	if err != nil {
		return err
	}
	key := col.JSONKey
	if sel.As != "" {
		key = value.JSONKey(sel.As)
	}
	p.columns = append(p.columns, planColumn{column: col, cast: cast, alias: sel.As})
	p.members = append(p.members, driver.Member{Key: key, Kind: kind, Quoted: cast == castText})
	return nil
}

func (b *builder) planEmbed(s source, e *Embed) (planEmbed, error) {
	rel, target, err := b.follow(s, e.Relation, nil)
	if err != nil {
		return planEmbed{}, err
	}
	plan, err := b.plan(target, &e.Query)
	if err != nil {
		return planEmbed{}, err
	}
	var keys []query.OrderKey
	if plan.groups == nil {
		if keys, err = b.orderKeys(target, &e.Query, plan); err != nil {
			return planEmbed{}, err
		}
	}
	if e.Query.Count || e.Query.After != "" {
		return planEmbed{}, errors.New("store: count and cursors are not supported in an embed")
	}
	if !rel.Many && e.Query.Offset > 0 {
		return planEmbed{}, &fault.QueryError{Kind: fault.QueryUnsupported, Reason: fmt.Sprintf("relation %q leads to one row and takes no offset", rel.Name)}
	}
	shape := &driver.Shape{Members: plan.members}
	return planEmbed{embed: e, relation: rel, target: target, plan: plan, keys: keys, shape: shape}, nil
}

func (p *rowPlan) decode() *schema.RowPlan {
	d := &schema.RowPlan{}
	for _, pc := range p.columns {
		d.AddColumn(pc.column)
	}
	for i := range p.embeds {
		e := &p.embeds[i]
		d.AddRelation(e.relation, embedName(e.embed), e.plan.decode())
	}
	return d
}
