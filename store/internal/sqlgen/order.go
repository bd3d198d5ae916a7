package sqlgen

import (
	"fmt"
	"strings"

	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// orderKeys resolves the order of a query and appends the primary key, so that
// the order is total and the same on both engines. The appended keys follow the
// direction of the last one: an index on the columns and the key serves the order
// forwards and backwards, and a page begins in it at one row value. A view without a
// key has the selected columns instead.
func (b *Builder) orderKeys(s Source, q *query.Query, plan *RowPlan) ([]query.OrderKey, error) {
	keys := make([]query.OrderKey, 0, len(q.Order)+len(s.Table.PrimaryKey))
	for _, o := range q.Order {
		k, err := b.orderKey(s, o)
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	desc := len(keys) > 0 && keys[len(keys)-1].Desc
	for _, pk := range s.Table.PrimaryKey {
		if !hasKey(keys, pk) {
			keys = append(keys, query.OrderKey{Column: pk, Desc: desc})
		}
	}
	if len(s.Table.PrimaryKey) == 0 {
		keys = plan.orderKeys(keys, desc)
	}
	return keys, nil
}

// orderKeys appends what distinguishes rows without a key: the columns of the plan, and
// those that lead to embedded rows. Documents and arrays have no order.
func (p *RowPlan) orderKeys(keys []query.OrderKey, desc bool) []query.OrderKey {
	add := func(col *schema.Column) {
		if col.Kind.Ordered() && !hasKey(keys, col) {
			keys = append(keys, query.OrderKey{Column: col, Desc: desc, First: desc, Nullable: col.Nullable})
		}
	}
	for i := range p.Columns {
		add(p.Columns[i].Column)
	}
	for i := range p.embeds {
		for _, col := range p.embeds[i].relation.SourceKeys {
			add(col)
		}
	}
	return keys
}

func hasKey(keys []query.OrderKey, col *schema.Column) bool {
	for _, k := range keys {
		if k.Relation == nil && k.Column == col {
			return true
		}
	}
	return false
}

func (c *CondWriter) orderKey(s Source, o query.Order) (query.OrderKey, error) {
	k := query.OrderKey{Desc: o.Desc, First: o.Nulls == query.NullsFirst || o.Nulls == query.NullsDefault && o.Desc}
	holder := s
	if o.Relation != "" {
		rel, target, err := c.follow(s, o.Relation, nil)
		if err != nil {
			return k, err
		}
		if rel.Many {
			name, _, _ := strings.Cut(o.Relation, schema.HintMark)
			return k, &fault.QueryError{Kind: fault.QueryOrderToMany, Reason: fmt.Sprintf("A related order on '%s' is not possible", name)}
		}
		k.Relation, holder = rel, target
	}
	name := o.Column
	if o.Field.Owner != nil {
		col, err := o.Field.Column(s.Table)
		if err != nil {
			return k, err
		}
		name = col.Name
	}
	col, err := query.Lookup(holder.Table, holder.Guard, name)
	if err != nil {
		return k, err
	}
	if col, err = query.ColumnAt(col, o.Path); err != nil {
		return k, err
	}
	if !col.Kind.Ordered() {
		return k, schema.OperatorError(col, "has no order")
	}
	k.Column, k.Nullable = col, col.Nullable || k.Relation != nil
	return k, nil
}

// orderValue writes the value of a key: a column, or a column of the one
// related row under the guard of its table.
func (c *CondWriter) orderValue(s Source, k query.OrderKey) error {
	if k.Relation == nil {
		c.Column(s, k.Column)
		return nil
	}
	target, err := c.beside(s, k.Relation.Target)
	if err != nil {
		return err
	}
	c.Write("(select ")
	c.Column(target, k.Column)
	c.Write(" from ")
	if err := c.joinedFrom(s, k.Relation, target); err != nil {
		return err
	}
	c.Write(" limit 1)")
	return nil
}

// orderBy writes ORDER BY: over the columns, or over the keys that the page has
// computed, see keyName.
func (c *CondWriter) orderBy(s Source, keys []query.OrderKey, computed bool) error {
	for i, k := range keys {
		if i == 0 {
			c.Write(" order by ")
		} else {
			c.Write(", ")
		}
		if computed {
			c.keyName(s.Alias+".", i)
		} else if err := c.orderValue(s, k); err != nil {
			return err
		}
		c.collate(k.Column, true)
		if k.Desc {
			c.Write(" desc")
		}
		// The engines' defaults differ; where the default is right it is not
		// written, so that an index serves the order.
		if k.Nullable && (k.Desc == c.Syntax.nullsGreatest) != k.First {
			if k.First {
				c.Write(" nulls first")
			} else {
				c.Write(" nulls last")
			}
		}
	}
	return nil
}
