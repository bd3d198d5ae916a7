package store

import "slices"

// rowColumns writes the select list that stands for a row's members: plain
// columns and arrays of records on PostgreSQL, one json_object on SQLite. In a
// counted read the row may be missing, then the object is not built.
func (c *compiler) rowColumns(s source, p *rowPlan, counted bool) error {
	if len(p.members) == 0 {
		return nil
	}
	if !c.pg {
		if counted {
			c.write("case when ", s.alias, ".", presentName, " is not null then ")
		}
		if err := c.object(s, p); err != nil {
			return err
		}
		if counted {
			c.write(" end")
		}
		return nil
	}
	if p.list != "" && s.alias == aliases[0] {
		c.write(p.list)
		return nil
	}
	first := true
	for i := range p.members {
		if !p.sends(i) {
			continue
		}
		if !first {
			c.write(", ")
		}
		first = false
		if err := c.member(s, p, i); err != nil {
			return err
		}
	}
	return nil
}

// member writes the value of a member: on SQLite as argument of json_object.
func (c *compiler) member(s source, p *rowPlan, member int) error {
	if member < len(p.columns) {
		if c.pg {
			c.plainColumn(s, p.columns[member])
		} else {
			c.jsonValue(s, p.columns[member])
		}
		return nil
	}
	e, lifted := p.embedOf(member)
	switch {
	case e.embed.Spread:
		return c.lifted(s, e, lifted)
	case c.pg:
		return c.recordEmbed(s, e)
	}
	return c.jsonEmbed(s, e)
}

// lifted writes a member of a spread related row as a separate subquery. It is NULL
// without a row. An array is empty then.
func (c *compiler) lifted(s source, e *planEmbed, member int) error {
	c.write("(select ")
	if err := c.member(e.target, e.plan, member); err != nil {
		return err
	}
	c.write(" from ")
	if err := c.embedRows(s, e, false); err != nil {
		return err
	}
	c.write(")")
	return nil
}

// plainColumn writes a column for PostgreSQL; the driver encodes it.
func (c *compiler) plainColumn(s source, pc planColumn) {
	switch pc.cast {
	case "int":
		c.column(s, pc.column)
		c.write("::int::int8")
	case "date":
		c.write("(")
		c.column(s, pc.column)
		c.write(" at time zone 'UTC')::date")
	case "int8", "float8", "numeric", "bool":
		c.parsed(s, pc.column, pc.cast)
	default:
		c.column(s, pc.column)
	}
}

// recordEmbed writes an embed for PostgreSQL as record or array of records.
func (c *compiler) recordEmbed(s source, e *planEmbed) error {
	if e.relation.Many {
		c.write("array(select row(")
	} else {
		c.write("(select row(")
	}
	if err := c.rowColumns(e.target, e.plan, false); err != nil {
		return err
	}
	c.write(") from ")
	if err := c.embedRows(s, e, false); err != nil {
		return err
	}
	c.write(")")
	return nil
}

// embedRows writes FROM, WHERE, ORDER and LIMIT of an embed.
func (c *compiler) embedRows(s source, e *planEmbed, inSubquery bool) error {
	if e.plan.groups != nil {
		return c.embedGroups(s, e)
	}
	target := e.target
	// SQLite does not keep what is JSON through a sort, so it sorts before it builds
	// JSON. The limit of the query around keeps it from merging the two.
	sorted := !c.pg && !e.relation.Many && !e.relation.toKey()
	inSubquery = inSubquery || sorted
	if inSubquery {
		target.alias = c.alias()
		c.write("(select ", target.alias, ".* from ")
	}
	q := &e.embed.Query
	if err := c.embedFrom(s, e, target); err != nil {
		return err
	}
	if !e.relation.toKey() {
		if err := c.orderBy(target, e.keys, false); err != nil {
			return err
		}
		if e.relation.Many {
			c.page(q)
		} else {
			c.write(" limit 1")
		}
	}
	if inSubquery {
		c.write(") ", e.target.alias)
	}
	if sorted {
		c.write(" limit 1")
	}
	return nil
}

// embedFrom writes FROM and WHERE of an embed.
func (c *compiler) embedFrom(s source, e *planEmbed, target source) error {
	if err := c.joinedFrom(s, e.relation, target, trust(c.scope == nil)); err != nil {
		return err
	}
	return c.asked(target, &e.embed.Query)
}

// toKey reports whether the relation leads to the one row of a primary key, so
// that there is nothing to sort or to cut. The key of a view is not enforced.
func (r *Relation) toKey() bool {
	return !r.Many && !r.Target.View && slices.Equal(r.TargetKeys, r.Target.PrimaryKey)
}

// jsonObject writes a row as json_object for SQLite. Children are written
// inside the arguments, where their JSON subtype survives.
func (c *compiler) jsonObject(s source, p *rowPlan) error {
	c.write("json_object(")
	for i := range p.members {
		if i > 0 {
			c.write(", ")
		}
		if i < len(p.columns) {
			c.memberName(p.columns[i].alias, p.columns[i].column.Name)
		} else {
			c.placeholder(p.memberName(i))
		}
		c.write(", ")
		if err := c.member(s, p, i); err != nil {
			return err
		}
	}
	c.write(")")
	return nil
}

// memberName writes the name of a member: a column's as literal, what a client
// chose as argument.
func (c *compiler) memberName(alias, column string) {
	if alias != "" {
		c.placeholder(alias)
		return
	}
	c.write("'", column, "'")
}

// jsonEmbed writes an embed for SQLite: a row as an object, rows as the objects
// with commas between them, NULL where there are none. group_concat, unlike
// json_group_array, checks the length limit while the text grows.
func (c *compiler) jsonEmbed(s source, e *planEmbed) error {
	c.write("(select ")
	if e.relation.Many {
		c.countRows()
		c.write("group_concat(")
	}
	if err := c.object(e.target, e.plan); err != nil {
		return err
	}
	if e.relation.Many {
		c.write(")")
		c.countedRows()
	}
	c.write(" from ")
	if err := c.embedRows(s, e, e.relation.Many); err != nil {
		return err
	}
	c.write(")")
	return nil
}

// jsonValue writes a column as argument of json_object.
func (c *compiler) jsonValue(s source, pc planColumn) {
	switch pc.cast {
	case castText:
		c.jsonText(s, pc.column)
		return
	case "int8", "float8", "numeric", "bool":
		c.parsed(s, pc.column, pc.cast)
		return
	}
	col := pc.column
	switch col.Kind {
	case KindBool:
		if pc.cast == "int" {
			c.column(s, col)
			return
		}
		c.wrapped("case when ", s, col, " then json('true') when not ")
		c.column(s, col)
		c.write(" then json('false') end")
	case KindFloat:
		c.wrapped("json(pl_float(", s, col, "))")
	case KindDecimal, KindJSON, KindTextArray:
		c.wrapped("json(", s, col, ")")
	case KindBytes:
		c.hex(s, col)
	case KindTimestamp:
		if pc.cast == "date" {
			c.wrapped("substr(", s, col, ", 1, 10)")
			return
		}
		c.column(s, col)
	default:
		c.column(s, col)
	}
}

// jsonText writes a column cast to text.
func (c *compiler) jsonText(s source, col *Column) {
	switch col.Kind {
	case KindBool:
		c.wrapped("case when ", s, col, " then 'true' when not ")
		c.column(s, col)
		c.write(" then 'false' end")
	case KindFloat:
		c.wrapped("pl_float(", s, col, ")")
	case KindInt:
		c.wrapped("cast(", s, col, " as text)")
	case KindBytes:
		c.hex(s, col)
	default:
		c.column(s, col)
	}
}

func (c *compiler) hex(s source, col *Column) {
	c.wrapped("case when ", s, col, ` is not null then '\x'||lower(hex(`)
	c.column(s, col)
	c.write(")) end")
}

func (c *compiler) wrapped(before string, s source, col *Column, after string) {
	c.write(before)
	c.column(s, col)
	c.write(after)
}
