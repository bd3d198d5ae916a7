package store

// groupRead compiles a list of groups: they are made, sorted and cut in a
// subquery under the alias of the root, and written as rows around it.
func (b *builder) groupRead(root source, q *Query, p *rowPlan) error {
	b.write("select ")
	if q.Count {
		b.write("c.n, ", root.alias, ".", presentName, " is not null, ")
	}
	if err := b.dialect.rowColumns(b, root, p, q.Count); err != nil {
		return err
	}
	b.write(" from ")
	if q.Count {
		if err := b.groupCount(root, q, p.groups); err != nil {
			return err
		}
		b.write(" left join ")
	}
	inner := root.as(b.alias())
	err := b.groupRows(root.alias, inner, p.groups, q, func() error {
		b.write(inner.table.SQLName, " ", inner.alias)
		return b.where(inner, q, nil)
	})
	if err != nil {
		return err
	}
	if q.Count {
		b.write(" on ", b.words.yes)
	}
	return b.orderBy(root, p.groups.keys, false)
}

// groupRows writes the page of groups as a derived table. rows writes FROM and
// WHERE of the rows that are grouped.
func (b *builder) groupRows(alias string, s source, g *groupPlan, q *Query, rows func() error) error {
	all := source{table: s.table, alias: b.alias()}
	b.write("(select ", all.alias, ".*, 1 as ", presentName, " from (select ")
	for i, v := range g.values {
		if i > 0 {
			b.write(", ")
		}
		b.groupValue(s, v)
		b.write(" as ", v.name)
	}
	b.write(" from ")
	if err := rows(); err != nil {
		return err
	}
	b.groupBy(s, g)
	b.write(") ", all.alias)
	if err := b.orderBy(all, g.keys, false); err != nil {
		return err
	}
	b.page(q)
	b.write(") ", alias)
	return nil
}

// groupCount writes the number of groups as the derived table c.
func (b *builder) groupCount(root source, q *Query, g *groupPlan) error {
	s := root.as(b.alias())
	b.write("(select count(*) as n from (select count(*) from ", s.table.SQLName, " ", s.alias)
	if err := b.where(s, q, nil); err != nil {
		return err
	}
	b.groupBy(s, g)
	b.write(") ", b.alias(), ") c")
	return nil
}

func (b *builder) groupBy(s source, g *groupPlan) {
	word := " group by "
	for _, v := range g.values {
		if v.aggregate != 0 {
			continue
		}
		b.write(word)
		word = ", "
		b.dialect.groupOperand(b, s, v)
		b.collate(v.column, false)
	}
}

// groupValue writes a value of a group.
func (b *builder) groupValue(s source, v groupValue) {
	switch v.aggregate {
	case 0:
		if v.kind == KindDecimal {
			b.dialect.greatest(b, s, v, "max") // 1.5 and 1.50 are one group
			return
		}
		b.dialect.groupOperand(b, s, v)
	case AggregateCount:
		b.write("count(")
		if v.column == nil {
			b.write("*")
		} else {
			b.column(s, v.column)
		}
		b.write(")")
	case AggregateSum, AggregateAvg:
		b.dialect.groupTotal(b, s, v)
	default:
		b.dialect.greatest(b, s, v, v.aggregate.String())
	}
}

// embedGroups writes the FROM clause of an embed of groups.
func (b *builder) embedGroups(s source, e *planEmbed) error {
	target := e.target
	target.alias = b.alias()
	q := &e.embed.Query
	if !e.relation.Many {
		q = &Query{Limit: Limit(1)}
	}
	err := b.groupRows(e.target.alias, target, e.plan.groups, q, func() error { return b.embedFrom(s, e, target) })
	if err != nil || !b.words.records {
		return err // json_group_array takes the rows as they come
	}
	return b.orderBy(e.target, e.plan.groups.keys, false)
}
