package store

// groupRead compiles a list of groups: they are made, sorted and cut in a
// subquery under the alias of the root, and written as rows around it.
func (b *builder) groupRead(root source, q *Query, p *rowPlan) error {
	b.write("select ")
	if q.Count {
		b.write("c.n, ", root.alias, ".", presentName, " is not null, ")
	}
	if err := b.rowColumns(root, p, q.Count); err != nil {
		return err
	}
	b.write(" from ")
	if q.Count {
		if err := b.groupCount(root.table, q, p.groups); err != nil {
			return err
		}
		b.write(" left join ")
	}
	inner := source{table: root.table, alias: b.alias(), guard: root.guard}
	err := b.groupRows(root.alias, inner, p.groups, q, func() error {
		b.write(inner.table.sqlName, " ", inner.alias)
		return b.where(inner, q, nil)
	})
	if err != nil {
		return err
	}
	if q.Count {
		b.write(" on ", b.trueLiteral())
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
func (b *builder) groupCount(t *Table, q *Query, g *groupPlan) error {
	guard, err := b.guarded(t)
	if err != nil {
		return err
	}
	s := source{table: t, alias: b.alias(), guard: guard}
	b.write("(select count(*) as n from (select count(*) from ", t.sqlName, " ", s.alias)
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
		b.groupOperand(s, v)
		if !b.pg {
			b.collate(v.column, true)
		}
	}
}

// groupValue writes a value of a group.
func (b *builder) groupValue(s source, v groupValue) {
	switch v.aggregate {
	case 0:
		if v.kind == KindDecimal {
			b.greatest(s, v, "max") // 1.5 and 1.50 are one group
			return
		}
		b.groupOperand(s, v)
	case AggregateCount:
		b.write("count(")
		if v.column == nil {
			b.write("*")
		} else {
			b.column(s, v.column)
		}
		b.write(")")
	case AggregateSum, AggregateAvg:
		b.total(s, v)
	default:
		b.greatest(s, v, v.aggregate.String())
	}
}

// groupOperand writes a column after its cast.
func (b *builder) groupOperand(s source, v groupValue) {
	switch {
	case b.pg && (v.cast == castFloat || v.cast == castDecimal):
		b.column(s, v.column)
		b.write("::", v.cast)
	case b.pg:
		b.plainColumn(s, planColumn{column: v.column, cast: v.cast})
	case v.cast == "date":
		b.wrapped("substr(", s, v.column, ", 1, 10)")
	case v.cast == castFloat:
		b.wrapped("cast(", s, v.column, " as real)")
	default:
		b.column(s, v.column)
	}
}

// total writes a sum or an average. On SQLite our own functions calculate, with all
// digits. The sum of floats depends on the order of rows, so they are added as the
// decimal numbers they are written as, and stay one: a sum that no float holds is a
// mistake where its group is in the answer, and not before, which would depend on how
// an engine finds the page.
func (b *builder) total(s source, v groupValue) {
	before, after := v.aggregate.String()+"(", ")"
	switch {
	case b.pg && v.kind == KindFloat:
		after = "::float8::text::numeric)"
	case b.pg:
		after = ")::numeric"
	default:
		before = "pl_" + before
	}
	b.write(before)
	b.groupOperand(s, v)
	b.write(after)
}

// greatest writes min or max. Where PostgreSQL has none for a kind, it is that
// of a text in the same order.
func (b *builder) greatest(s source, v groupValue, name string) {
	before, after := name+"(", ")"
	switch {
	case v.kind == KindDecimal && b.pg:
		// Which of 1.5 and 1.50 comes out would depend on the order of rows.
		b.write("round(", name, "(")
		b.groupOperand(s, v)
		b.write("), max(scale(")
		before, after = "", ")))"
	case v.kind == KindDecimal:
		before = "pl_" + name + "("
	case !b.pg:
	case v.kind == KindText:
		after = ` collate "C")`
	case v.kind == KindBool && name == "min":
		before = "bool_and("
	case v.kind == KindBool:
		before = "bool_or("
	case v.kind == KindUUID:
		after = `::text collate "C")::uuid`
	case v.kind == KindBytes:
		before, after = "decode("+name+"(encode(", `, 'hex') collate "C"), 'hex')`
	}
	b.write(before)
	b.groupOperand(s, v)
	b.write(after)
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
	if err != nil || !b.pg {
		return err // json_group_array takes the rows as they come
	}
	return b.orderBy(e.target, e.plan.groups.keys, false)
}
