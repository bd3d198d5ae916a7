package store

import "slices"

// rowColumns writes the select list that stands for a row's members: plain
// columns and arrays of records on PostgreSQL, one json_object on SQLite. In a
// counted read the row may be missing, then the object is not built.
func (b *builder) rowColumns(s source, p *rowPlan, counted bool) error {
	if len(p.members) == 0 {
		return nil
	}
	if !b.pg {
		if counted {
			b.write("case when ", s.alias, ".", presentName, " is not null then ")
		}
		if err := b.object(s, p); err != nil {
			return err
		}
		if counted {
			b.write(" end")
		}
		return nil
	}
	if p.list != "" && s.alias == aliases[0] {
		b.write(p.list)
		return nil
	}
	first := true
	for i := range p.members {
		if !p.sends(i) {
			continue
		}
		if !first {
			b.write(", ")
		}
		first = false
		if err := b.member(s, p, i); err != nil {
			return err
		}
	}
	return nil
}

// member writes the value of a member: on SQLite as argument of json_object.
func (b *builder) member(s source, p *rowPlan, member int) error {
	if member < len(p.columns) {
		if b.pg {
			b.plainColumn(s, p.columns[member])
		} else {
			b.jsonValue(s, p.columns[member])
		}
		return nil
	}
	e, lifted := p.embedOf(member)
	switch {
	case e.embed.Spread:
		return b.lifted(s, e, lifted)
	case b.pg:
		return b.recordEmbed(s, e)
	}
	return b.jsonEmbed(s, e)
}

// lifted writes a member of a spread related row as a separate subquery. It is NULL
// without a row. An array is empty then.
func (b *builder) lifted(s source, e *planEmbed, member int) error {
	b.write("(select ")
	if err := b.member(e.target, e.plan, member); err != nil {
		return err
	}
	b.write(" from ")
	if err := b.embedRows(s, e, false); err != nil {
		return err
	}
	b.write(")")
	return nil
}

// plainColumn writes a column for PostgreSQL; the driver encodes it.
func (b *builder) plainColumn(s source, pc planColumn) {
	switch pc.cast {
	case "int":
		b.column(s, pc.column)
		b.write("::int::int8")
	case "date":
		b.write("(")
		b.column(s, pc.column)
		b.write(" at time zone 'UTC')::date")
	case "int8", "float8", "numeric", "bool":
		b.parsed(s, pc.column, pc.cast)
	default:
		b.column(s, pc.column)
	}
}

// recordEmbed writes an embed for PostgreSQL as record or array of records.
func (b *builder) recordEmbed(s source, e *planEmbed) error {
	if e.relation.Many {
		b.write("array(select row(")
	} else {
		b.write("(select row(")
	}
	if err := b.rowColumns(e.target, e.plan, false); err != nil {
		return err
	}
	b.write(") from ")
	if err := b.embedRows(s, e, false); err != nil {
		return err
	}
	b.write(")")
	return nil
}

// embedRows writes FROM, WHERE, ORDER and LIMIT of an embed.
func (b *builder) embedRows(s source, e *planEmbed, inSubquery bool) error {
	if e.plan.groups != nil {
		return b.embedGroups(s, e)
	}
	target := e.target
	// SQLite does not keep what is JSON through a sort, so it sorts before it builds
	// JSON. The limit of the query around keeps it from merging the two.
	sorted := !b.pg && !e.relation.Many && !e.relation.toKey()
	inSubquery = inSubquery || sorted
	if inSubquery {
		target.alias = b.alias()
		b.write("(select ", target.alias, ".* from ")
	}
	q := &e.embed.Query
	if err := b.embedFrom(s, e, target); err != nil {
		return err
	}
	if !e.relation.toKey() {
		if err := b.orderBy(target, e.keys, false); err != nil {
			return err
		}
		if e.relation.Many {
			b.page(q)
		} else {
			b.write(" limit 1")
		}
	}
	if inSubquery {
		b.write(") ", e.target.alias)
	}
	if sorted {
		b.write(" limit 1")
	}
	return nil
}

// embedFrom writes FROM and WHERE of an embed.
func (b *builder) embedFrom(s source, e *planEmbed, target source) error {
	if err := b.joinedFrom(s, e.relation, target, trust(b.scope == nil)); err != nil {
		return err
	}
	return b.asked(target, &e.embed.Query)
}

// toKey reports whether the relation leads to the one row of a primary key, so
// that there is nothing to sort or to cut. The key of a view is not enforced.
func (r *Relation) toKey() bool {
	return !r.Many && !r.Target.View && slices.Equal(r.TargetKeys, r.Target.PrimaryKey)
}

// jsonObject writes a row as json_object for SQLite. Children are written
// inside the arguments, where their JSON subtype survives.
func (b *builder) jsonObject(s source, p *rowPlan) error {
	b.write("json_object(")
	for i := range p.members {
		if i > 0 {
			b.write(", ")
		}
		if i < len(p.columns) {
			b.memberName(p.columns[i].alias, p.columns[i].column.Name)
		} else {
			b.placeholder(p.memberName(i))
		}
		b.write(", ")
		if err := b.member(s, p, i); err != nil {
			return err
		}
	}
	b.write(")")
	return nil
}

// memberName writes the name of a member: a column's as literal, what a client
// chose as argument.
func (b *builder) memberName(alias, column string) {
	if alias != "" {
		b.placeholder(alias)
		return
	}
	b.write("'", column, "'")
}

// jsonEmbed writes an embed for SQLite: a row as an object, rows as the objects
// with commas between them, NULL where there are none. group_concat, unlike
// json_group_array, checks the length limit while the text grows.
func (b *builder) jsonEmbed(s source, e *planEmbed) error {
	b.write("(select ")
	if e.relation.Many {
		b.countRows()
		b.write("group_concat(")
	}
	if err := b.object(e.target, e.plan); err != nil {
		return err
	}
	if e.relation.Many {
		b.write(")")
		b.countedRows()
	}
	b.write(" from ")
	if err := b.embedRows(s, e, e.relation.Many); err != nil {
		return err
	}
	b.write(")")
	return nil
}

// jsonValue writes a column as argument of json_object.
func (b *builder) jsonValue(s source, pc planColumn) {
	switch pc.cast {
	case castText:
		b.jsonText(s, pc.column)
		return
	case "int8", "float8", "numeric", "bool":
		b.parsed(s, pc.column, pc.cast)
		return
	}
	col := pc.column
	switch col.Kind {
	case KindBool:
		if pc.cast == "int" {
			b.column(s, col)
			return
		}
		b.wrapped("case when ", s, col, " then json('true') when not ")
		b.column(s, col)
		b.write(" then json('false') end")
	case KindFloat:
		b.wrapped("json(pl_float(", s, col, "))")
	case KindDecimal, KindJSON, KindTextArray:
		b.wrapped("json(", s, col, ")")
	case KindBytes:
		b.hex(s, col)
	case KindTimestamp:
		if pc.cast == "date" {
			b.wrapped("substr(", s, col, ", 1, 10)")
			return
		}
		b.column(s, col)
	default:
		b.column(s, col)
	}
}

// jsonText writes a column cast to text.
func (b *builder) jsonText(s source, col *Column) {
	switch col.Kind {
	case KindBool:
		b.wrapped("case when ", s, col, " then 'true' when not ")
		b.column(s, col)
		b.write(" then 'false' end")
	case KindFloat:
		b.wrapped("pl_float(", s, col, ")")
	case KindInt:
		b.wrapped("cast(", s, col, " as text)")
	case KindBytes:
		b.hex(s, col)
	default:
		b.column(s, col)
	}
}

func (t *text) hex(s source, col *Column) {
	t.wrapped("case when ", s, col, ` is not null then '\x'||lower(hex(`)
	t.column(s, col)
	t.write(")) end")
}

func (t *text) wrapped(before string, s source, col *Column, after string) {
	t.write(before)
	t.column(s, col)
	t.write(after)
}
