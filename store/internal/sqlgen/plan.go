package sqlgen

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

// RowPlan is what one row of an answer consists of. It does not change once it
// is made.
type RowPlan struct {
	Columns []PlanColumn
	embeds  []planEmbed
	Members []driver.Member
	Groups  *groupPlan // nil unless the rows are groups

	// list is the select list for PostgreSQL under the first alias, of a plan
	// that is kept.
	list string

	// fields is [driver.Shape.Fields], nil in a plan that is kept.
	fields []int
}

// PlanColumn is a column of a row in an answer.
type PlanColumn struct {
	Column *schema.Column
	Cast   string // "" or a normalised name
	alias  string // client's name to be bound; "" uses the column's
}

type planEmbed struct {
	embed    *query.Embed
	relation *schema.Relation
	target   Source
	plan     *RowPlan
	keys     []query.OrderKey
	shape    *driver.Shape // of the embedded rows
}

// Plan resolves the names of a query. Columns precede embeds; an embed with the name of
// a column replaces it.
func (b *Builder) Plan(s Source, q *query.Query) (*RowPlan, error) {
	if q.Select == nil && len(q.With) == 0 {
		return s.allColumns(), nil
	}
	if !b.Typed && s.grouped(q) {
		return b.planGroups(s, q)
	}
	p := &RowPlan{}
	taken := make(map[string]bool, len(q.With)+max(len(q.Select), len(s.Table.Columns)))
	for i := range q.With {
		if q.With[i].Spread {
			continue
		}
		name := EmbedName(&q.With[i])
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
		p.Members = append(p.Members, driver.Member{Key: value.JSONKey(EmbedName(&q.With[i])), Embed: e.shape, Many: e.relation.Many})
	}
	return p, nil
}

// memberOf returns the index of the member that is an unmodified column of the table,
// or -1.
func (p *RowPlan) memberOf(col *schema.Column) int {
	if p == nil {
		return -1
	}
	for i := range p.Columns {
		if p.Columns[i].Column == col && p.Columns[i].Cast == "" {
			return i
		}
	}
	return -1
}

func errTaken(name string) error {
	return &fault.QueryError{Kind: fault.QueryMalformed, Reason: fmt.Sprintf("%q is selected twice; give one of them another name", name)}
}

// EmbedName returns the name of an embed in the answer.
func EmbedName(e *query.Embed) string {
	if e.As != "" {
		return e.As
	}
	name, _, _ := strings.Cut(e.Relation, schema.HintMark)
	return name
}

func (p *RowPlan) addColumns(s Source, q *query.Query, taken map[string]bool) error {
	if q.Select == nil {
		p.addAll(s, taken)
		return nil
	}
	for _, sel := range q.Select {
		if sel.Column == "*" && sel.As == "" && sel.Cast == "" {
			p.addAll(s, taken)
			continue
		}
		col, err := query.Lookup(s.Table, s.Guard, sel.Column)
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
	whole    *RowPlan
	columns  schema.ColumnSet
	readable *RowPlan // for columns
}

// allColumns returns the plan for all columns of a source. The table keeps the
// last one: callers with the same columns share it.
func (s Source) allColumns() *RowPlan {
	if s.Guard == nil {
		return WholePlan(s.Table)
	}
	kept, _ := s.Table.Plan.Load().(allPlans)
	if kept.readable == nil || kept.columns != s.Guard.Readable {
		kept.columns, kept.readable = s.Guard.Readable, s.planAll()
		s.Table.Plan.Store(kept)
	}
	return kept.readable
}

// WholePlan returns the plan for all columns of a table, which the table keeps.
func WholePlan(t *schema.Table) *RowPlan {
	kept, _ := t.Plan.Load().(allPlans)
	if kept.whole == nil {
		kept.whole = Source{Table: t}.planAll()
		t.Plan.Store(kept)
	}
	return kept.whole
}

// planAll makes the plan for all columns of a source.
func (s Source) planAll() *RowPlan {
	n := len(s.Table.Columns)
	p := &RowPlan{Columns: make([]PlanColumn, 0, n), Members: make([]driver.Member, 0, n)}
	p.addAll(s, make(map[string]bool, n))
	for i, pc := range p.Columns {
		if i > 0 {
			p.list += ", "
		}
		p.list += aliases[0] + "." + pc.Column.SQLName
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

func (p *RowPlan) addAll(s Source, taken map[string]bool) {
	for _, col := range s.Table.Columns {
		if taken[col.Name] || s.Guard != nil && !s.Guard.Readable.Has(col) {
			continue
		}
		taken[col.Name] = true
		p.Columns = append(p.Columns, PlanColumn{Column: col})
		p.Members = append(p.Members, driver.Member{Key: col.JSONKey, Kind: col.Kind})
	}
}

func (p *RowPlan) add(col *schema.Column, sel query.Selected) error {
	kind, cast, err := castKind(col, sel.Cast)
	if err != nil {
		return err
	}
	key := col.JSONKey
	if sel.As != "" {
		key = value.JSONKey(sel.As)
	}
	p.Columns = append(p.Columns, PlanColumn{Column: col, Cast: cast, alias: sel.As})
	p.Members = append(p.Members, driver.Member{Key: key, Kind: kind, Quoted: cast == CastText})
	return nil
}

func (b *Builder) planEmbed(s Source, e *query.Embed) (planEmbed, error) {
	rel, target, err := b.follow(s, e.Relation, nil)
	if err != nil {
		return planEmbed{}, err
	}
	plan, err := b.Plan(target, &e.Query)
	if err != nil {
		return planEmbed{}, err
	}
	var keys []query.OrderKey
	if plan.Groups == nil {
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
	shape := &driver.Shape{Members: plan.Members}
	return planEmbed{embed: e, relation: rel, target: target, plan: plan, keys: keys, shape: shape}, nil
}

// DecodePlan returns the plan by which rows of the answer fill a struct.
func (p *RowPlan) DecodePlan() *schema.DecodePlan {
	d := &schema.DecodePlan{}
	for _, pc := range p.Columns {
		d.AddColumn(pc.Column)
	}
	for i := range p.embeds {
		e := &p.embeds[i]
		d.AddRelation(e.relation, EmbedName(e.embed), e.plan.DecodePlan())
	}
	return d
}
