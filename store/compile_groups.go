package store

// groupRead compiles a list of groups: they are made, sorted and cut in a
// subquery under the alias of the root, and written as rows around it.
func (c *compiler) groupRead(root source, q *Query, p *rowPlan) error {
	c.write("select ")
	if q.Count {
		c.write("c.n, ", root.alias, ".", presentName, " is not null, ")
	}
	if err := c.rowColumns(root, p, q.Count); err != nil {
		return err
	}
	c.write(" from ")
	if q.Count {
		if err := c.groupCount(root.table, q, p.groups); err != nil {
			return err
		}
		c.write(" left join ")
	}
	inner := source{table: root.table, alias: c.alias(), guard: root.guard}
	err := c.groupRows(root.alias, inner, p.groups, q, func() error {
		c.write(inner.table.sqlName, " ", inner.alias)
		return c.where(inner, q, nil)
	})
	if err != nil {
		return err
	}
	if q.Count {
		c.write(" on ", c.trueLiteral())
	}
	return c.orderBy(root, p.groups.keys, false)
}

// groupRows writes the page of groups as a derived table. rows writes FROM and
// WHERE of the rows that are grouped.
func (c *compiler) groupRows(alias string, s source, g *groupPlan, q *Query, rows func() error) error {
	all := source{table: s.table, alias: c.alias()}
	c.write("(select ", all.alias, ".*, 1 as ", presentName, " from (select ")
	for i, v := range g.values {
		if i > 0 {
			c.write(", ")
		}
		c.groupValue(s, v)
		c.write(" as ", v.name)
	}
	c.write(" from ")
	if err := rows(); err != nil {
		return err
	}
	c.groupBy(s, g)
	c.write(") ", all.alias)
	if err := c.orderBy(all, g.keys, false); err != nil {
		return err
	}
	c.page(q)
	c.write(") ", alias)
	return nil
}

// groupCount writes the number of groups as the derived table c.
func (c *compiler) groupCount(t *Table, q *Query, g *groupPlan) error {
	guard, err := c.guarded(t)
	if err != nil {
		return err
	}
	s := source{table: t, alias: c.alias(), guard: guard}
	c.write("(select count(*) as n from (select count(*) from ", t.sqlName, " ", s.alias)
	if err := c.where(s, q, nil); err != nil {
		return err
	}
	c.groupBy(s, g)
	c.write(") ", c.alias(), ") c")
	return nil
}

func (c *compiler) groupBy(s source, g *groupPlan) {
	word := " group by "
	for _, v := range g.values {
		if v.aggregate != 0 {
			continue
		}
		c.write(word)
		word = ", "
		c.groupOperand(s, v)
		if !c.pg {
			c.collate(v.column, true)
		}
	}
}

// groupValue writes a value of a group.
func (c *compiler) groupValue(s source, v groupValue) {
	switch v.aggregate {
	case 0:
		if v.kind == KindDecimal {
			c.greatest(s, v, "max") // 1.5 and 1.50 are one group
			return
		}
		c.groupOperand(s, v)
	case AggregateCount:
		c.write("count(")
		if v.column == nil {
			c.write("*")
		} else {
			c.column(s, v.column)
		}
		c.write(")")
	case AggregateSum, AggregateAvg:
		c.total(s, v)
	default:
		c.greatest(s, v, v.aggregate.String())
	}
}

// groupOperand writes a column after its cast.
func (c *compiler) groupOperand(s source, v groupValue) {
	switch {
	case c.pg && (v.cast == castFloat || v.cast == castDecimal):
		c.column(s, v.column)
		c.write("::", v.cast)
	case c.pg:
		c.plainColumn(s, planColumn{column: v.column, cast: v.cast})
	case v.cast == "date":
		c.wrapped("substr(", s, v.column, ", 1, 10)")
	case v.cast == castFloat:
		c.wrapped("cast(", s, v.column, " as real)")
	default:
		c.column(s, v.column)
	}
}

// total writes a sum or an average. On SQLite our own functions calculate, with all
// digits. The sum of floats depends on the order of rows, so they are added as the
// decimal numbers they are written as, and stay one: a sum that no float holds is a
// mistake where its group is in the answer, and not before, which would depend on how
// an engine finds the page.
func (c *compiler) total(s source, v groupValue) {
	before, after := v.aggregate.String()+"(", ")"
	switch {
	case c.pg && v.kind == KindFloat:
		after = "::float8::text::numeric)"
	case c.pg:
		after = ")::numeric"
	default:
		before = "pl_" + before
	}
	c.write(before)
	c.groupOperand(s, v)
	c.write(after)
}

// greatest writes min or max. Where PostgreSQL has none for a kind, it is that
// of a text in the same order.
func (c *compiler) greatest(s source, v groupValue, name string) {
	before, after := name+"(", ")"
	switch {
	case v.kind == KindDecimal && c.pg:
		// Which of 1.5 and 1.50 comes out would depend on the order of rows.
		c.write("round(", name, "(")
		c.groupOperand(s, v)
		c.write("), max(scale(")
		before, after = "", ")))"
	case v.kind == KindDecimal:
		before = "pl_" + name + "("
	case !c.pg:
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
	c.write(before)
	c.groupOperand(s, v)
	c.write(after)
}

// embedGroups writes the FROM clause of an embed of groups.
func (c *compiler) embedGroups(s source, e *planEmbed) error {
	target := e.target
	target.alias = c.alias()
	q := &e.embed.Query
	if !e.relation.Many {
		q = &Query{Limit: Limit(1)}
	}
	err := c.groupRows(e.target.alias, target, e.plan.groups, q, func() error { return c.embedFrom(s, e, target) })
	if err != nil || !c.pg {
		return err // json_group_array takes the rows as they come
	}
	return c.orderBy(e.target, e.plan.groups.keys, false)
}
