package store

// streams reports that arrays are part of the JSON of their row.
func (sqlite) streams(*builder, *rowPlan) bool { return false }

// rowColumns writes a row as one JSON object. It is not built for a row that is missing.
func (d sqlite) rowColumns(b *builder, s source, p *rowPlan, counted bool) error {
	if len(p.members) == 0 {
		return nil
	}
	if counted {
		b.write("case when ", s.alias, ".", presentName, " is not null then ")
	}
	if err := d.object(b, s, p); err != nil {
		return err
	}
	if counted {
		b.write(" end")
	}
	return nil
}

// pageOrder takes the rows of the page as they come, one by one. To sort them again would
// keep the JSON of all. With a limit around it, the page is not merged with the query around
// it, which would build JSON before it sorts.
func (sqlite) pageOrder(b *builder, root source, limited bool, keys []orderKey) error {
	if limited {
		b.write(" limit -1")
		return nil
	}
	return b.orderBy(root, keys, true)
}

// jsonObject writes a row as json_object. Children are written inside the arguments,
// where their JSON subtype survives.
func (d sqlite) jsonObject(b *builder, s source, p *rowPlan) error {
	b.write("json_object(")
	for i := range p.members {
		if i > 0 {
			b.write(", ")
		}
		if i < len(p.columns) {
			d.memberName(b, p.columns[i].alias, p.columns[i].column.Name)
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
func (sqlite) memberName(b *builder, alias, column string) {
	if alias != "" {
		b.placeholder(alias)
		return
	}
	b.write("'", column, "'")
}

// embed writes a row as an object, rows as the objects
// with commas between them, NULL where there are none. group_concat, unlike
// json_group_array, checks the length limit while the text grows.
func (d sqlite) embed(b *builder, s source, e *planEmbed) error {
	b.write("(select ")
	if e.relation.Many {
		d.countRows(b)
		b.write("group_concat(")
	}
	if err := d.object(b, e.target, e.plan); err != nil {
		return err
	}
	if e.relation.Many {
		b.write(")")
		d.countedRows(b)
	}
	b.write(" from ")
	if err := b.embedRows(s, e, e.relation.Many); err != nil {
		return err
	}
	b.write(")")
	return nil
}

// value writes a column as argument of json_object.
func (d sqlite) value(b *builder, s source, pc planColumn) {
	switch pc.cast {
	case castText:
		d.jsonText(b, s, pc.column)
		return
	case "int8", "float8", "numeric", "bool":
		d.parsed(&b.text, s, pc.column, pc.cast)
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
		d.hex(b, s, col)
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
func (d sqlite) jsonText(b *builder, s source, col *Column) {
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
		d.hex(b, s, col)
	default:
		b.column(s, col)
	}
}

func (sqlite) hex(b *builder, s source, col *Column) {
	b.wrapped("case when ", s, col, ` is not null then '\x'||lower(hex(`)
	b.column(s, col)
	b.write(")) end")
}

func (sqlite) groupOperand(b *builder, s source, v groupValue) {
	switch v.cast {
	case "date":
		b.wrapped("substr(", s, v.column, ", 1, 10)")
	case castFloat:
		b.wrapped("cast(", s, v.column, " as real)")
	default:
		b.column(s, v.column)
	}
}

// groupTotal calls functions that calculate with all digits.
func (d sqlite) groupTotal(b *builder, s source, v groupValue) {
	b.write("pl_", v.aggregate.String(), "(")
	d.groupOperand(b, s, v)
	b.write(")")
}

func (d sqlite) greatest(b *builder, s source, v groupValue, name string) {
	if v.kind == KindDecimal {
		b.write("pl_")
	}
	b.write(name, "(")
	d.groupOperand(b, s, v)
	b.write(")")
}
