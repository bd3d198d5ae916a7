package store

import (
	"fmt"
	"strings"

	"github.com/seed-7694ebf6/plinth/store/schema"
)

// orderKeys resolves the order of a query and appends the primary key, so that
// the order is total and the same on both engines. The appended keys follow the
// direction of the last one: an index on the columns and the key serves the order
// forwards and backwards, and a page begins in it at one row value. A view without a
// key has the selected columns instead.
func (b *builder) orderKeys(s source, q *Query, plan *rowPlan) ([]orderKey, error) {
	keys := make([]orderKey, 0, len(q.Order)+len(s.table.PrimaryKey))
	for _, o := range q.Order {
		k, err := b.orderKey(s, o)
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	desc := len(keys) > 0 && keys[len(keys)-1].desc
	for _, pk := range s.table.PrimaryKey {
		if !hasKey(keys, pk) {
			keys = append(keys, orderKey{column: pk, desc: desc})
		}
	}
	if len(s.table.PrimaryKey) == 0 {
		keys = plan.orderKeys(keys, desc)
	}
	return keys, nil
}

// orderKeys appends what distinguishes rows without a key: the columns of the plan, and
// those that lead to embedded rows. Documents and arrays have no order.
func (p *rowPlan) orderKeys(keys []orderKey, desc bool) []orderKey {
	add := func(col *Column) {
		if col.Kind.Ordered() && !hasKey(keys, col) {
			keys = append(keys, orderKey{column: col, desc: desc, first: desc, nullable: col.Nullable})
		}
	}
	for i := range p.columns {
		add(p.columns[i].column)
	}
	for i := range p.embeds {
		for _, col := range p.embeds[i].relation.SourceKeys {
			add(col)
		}
	}
	return keys
}

func hasKey(keys []orderKey, col *Column) bool {
	for _, k := range keys {
		if k.relation == nil && k.column == col {
			return true
		}
	}
	return false
}

func (c *conds) orderKey(s source, o Order) (orderKey, error) {
	k := orderKey{desc: o.Desc, first: o.Nulls == NullsFirst || o.Nulls == NullsDefault && o.Desc}
	holder := s
	if o.Relation != "" {
		rel, target, err := c.follow(s, o.Relation, nil)
		if err != nil {
			return k, err
		}
		if rel.Many {
			name, _, _ := strings.Cut(o.Relation, schema.HintMark)
			return k, &QueryError{Code: "PGRST118", Reason: fmt.Sprintf("A related order on '%s' is not possible", name)}
		}
		k.relation, holder = rel, target
	}
	name := o.Column
	if o.field.owner != nil {
		col, err := o.field.column(s.table)
		if err != nil {
			return k, err
		}
		name = col.Name
	}
	col, err := lookup(holder.table, holder.guard, name)
	if err != nil {
		return k, err
	}
	if col, err = columnAt(col, o.Path); err != nil {
		return k, err
	}
	if !col.Kind.Ordered() {
		return k, schema.OperatorError(col, "has no order")
	}
	k.column, k.nullable = col, col.Nullable || k.relation != nil
	return k, nil
}

// orderValue writes the value of a key: a column, or a column of the one
// related row under the guard of its table.
func (c *conds) orderValue(s source, k orderKey) error {
	if k.relation == nil {
		c.column(s, k.column)
		return nil
	}
	target, err := c.beside(s, k.relation.Target)
	if err != nil {
		return err
	}
	c.write("(select ")
	c.column(target, k.column)
	c.write(" from ")
	if err := c.joinedFrom(s, k.relation, target); err != nil {
		return err
	}
	c.write(" limit 1)")
	return nil
}

// orderBy writes ORDER BY: over the columns, or over the keys that the page has
// computed, see keyName.
func (c *conds) orderBy(s source, keys []orderKey, computed bool) error {
	for i, k := range keys {
		if i == 0 {
			c.write(" order by ")
		} else {
			c.write(", ")
		}
		if computed {
			c.keyName(s.alias+".", i)
		} else if err := c.orderValue(s, k); err != nil {
			return err
		}
		c.collate(k.column, true)
		if k.desc {
			c.write(" desc")
		}
		// The engines' defaults differ; where the default is right it is not
		// written, so that an index serves the order.
		if k.nullable && (k.desc == c.words.nullsGreatest) != k.first {
			if k.first {
				c.write(" nulls first")
			} else {
				c.write(" nulls last")
			}
		}
	}
	return nil
}
