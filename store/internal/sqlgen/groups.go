package sqlgen

import (
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// groupRead compiles a list of groups: they are made, sorted and cut in a
// subquery under the alias of the root, and written as rows around it.
func (b *Builder) groupRead(root Source, q *query.Query, p *RowPlan) error {
	b.Write("select ")
	if q.Count {
		b.Write("c.n, ", root.Alias, ".", presentName, " is not null, ")
	}
	if err := b.Dialect.RowColumns(b, root, p, q.Count); err != nil {
		return err
	}
	b.Write(" from ")
	if q.Count {
		if err := b.groupCount(root, q, p.Groups); err != nil {
			return err
		}
		b.Write(" left join ")
	}
	inner := root.as(b.Alias())
	err := b.groupRows(root.Alias, inner, p.Groups, q, func() error {
		b.Write(inner.Table.SQLName, " ", inner.Alias)
		return b.where(inner, q, nil)
	})
	if err != nil {
		return err
	}
	if q.Count {
		b.Write(" on ", b.Syntax.yes)
	}
	return b.orderBy(root, p.Groups.keys, false)
}

// groupRows writes the page of groups as a derived table. rows writes FROM and
// WHERE of the rows that are grouped.
func (b *Builder) groupRows(alias string, s Source, g *groupPlan, q *query.Query, rows func() error) error {
	all := Source{Table: s.Table, Alias: b.Alias()}
	b.Write("(select ", all.Alias, ".*, 1 as ", presentName, " from (select ")
	for i, v := range g.values {
		if i > 0 {
			b.Write(", ")
		}
		b.groupValue(s, v)
		b.Write(" as ", v.name)
	}
	b.Write(" from ")
	if err := rows(); err != nil {
		return err
	}
	b.groupBy(s, g)
	b.Write(") ", all.Alias)
	if err := b.orderBy(all, g.keys, false); err != nil {
		return err
	}
	b.page(q)
	b.Write(") ", alias)
	return nil
}

// groupCount writes the number of groups as the derived table c.
func (b *Builder) groupCount(root Source, q *query.Query, g *groupPlan) error {
	s := root.as(b.Alias())
	b.Write("(select count(*) as n from (select count(*) from ", s.Table.SQLName, " ", s.Alias)
	if err := b.where(s, q, nil); err != nil {
		return err
	}
	b.groupBy(s, g)
	b.Write(") ", b.Alias(), ") c")
	return nil
}

func (b *Builder) groupBy(s Source, g *groupPlan) {
	word := " group by "
	for _, v := range g.values {
		if v.aggregate != 0 {
			continue
		}
		b.Write(word)
		word = ", "
		b.Dialect.groupOperand(b, s, v)
		b.collate(v.column, false)
	}
}

// groupValue writes a value of a group.
func (b *Builder) groupValue(s Source, v groupValue) {
	switch v.aggregate {
	case 0:
		if v.kind == driver.KindDecimal {
			b.Dialect.greatest(b, s, v, "max") // 1.5 and 1.50 are one group
			return
		}
		b.Dialect.groupOperand(b, s, v)
	case query.AggregateCount:
		b.Write("count(")
		if v.column == nil {
			b.Write("*")
		} else {
			b.Column(s, v.column)
		}
		b.Write(")")
	case query.AggregateSum, query.AggregateAvg:
		b.Dialect.groupTotal(b, s, v)
	default:
		b.Dialect.greatest(b, s, v, v.aggregate.String())
	}
}

// embedGroups writes the FROM clause of an embed of groups.
func (b *Builder) embedGroups(s Source, e *planEmbed) error {
	target := e.target
	target.Alias = b.Alias()
	q := &e.embed.Query
	if !e.relation.Many {
		q = &query.Query{Limit: query.Limit(1)}
	}
	err := b.groupRows(e.target.Alias, target, e.plan.Groups, q, func() error { return b.embedFrom(s, e, target) })
	if err != nil || !b.Syntax.records {
		return err // json_group_array takes the rows as they come
	}
	return b.orderBy(e.target, e.plan.Groups.keys, false)
}
