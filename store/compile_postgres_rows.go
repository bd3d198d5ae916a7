package store

import "github.com/seed-7694ebf6/plinth/store/query"

// streams lets members that select the same value share a column. The rows of arrays are
// sent as a stream if their number has a limit.
func (*postgres) streams(b *builder, p *rowPlan) bool {
	stream := b.budget > 0 && p.many()
	p.shareFields(&b.shape, stream)
	return stream
}

// rowColumns writes plain columns, and records of embedded rows.
func (d *postgres) rowColumns(b *builder, s source, p *rowPlan, _ bool) error {
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

func (*postgres) pageOrder(b *builder, root source, _ bool, keys []query.OrderKey) error {
	return b.orderBy(root, keys, true)
}

// value writes a column; the driver encodes it.
func (d *postgres) value(b *builder, s source, pc planColumn) {
	switch pc.cast {
	case "int":
		b.column(s, pc.column)
		b.write("::int::int8")
	case "date":
		b.write("(")
		b.column(s, pc.column)
		b.write(" at time zone 'UTC')::date")
	case "int8", "float8", "numeric", "bool":
		d.parsed(&b.text, s, pc.column, pc.cast)
	default:
		b.column(s, pc.column)
	}
}

// embed writes a record or array of records.
func (d *postgres) embed(b *builder, s source, e *planEmbed) error {
	if e.relation.Many {
		b.write("array(select row(")
	} else {
		b.write("(select row(")
	}
	if err := d.rowColumns(b, e.target, e.plan, false); err != nil {
		return err
	}
	b.write(") from ")
	if err := b.embedRows(s, e, false); err != nil {
		return err
	}
	b.write(")")
	return nil
}

func (d *postgres) groupOperand(b *builder, s source, v groupValue) {
	if v.cast == castFloat || v.cast == castDecimal {
		b.column(s, v.column)
		b.write("::", v.cast)
		return
	}
	d.value(b, s, planColumn{column: v.column, cast: v.cast})
}

// groupTotal adds floats as the decimal numbers they are written as: their sum would depend
// on the order of rows.
func (d *postgres) groupTotal(b *builder, s source, v groupValue) {
	b.write(v.aggregate.String(), "(")
	d.groupOperand(b, s, v)
	if v.kind == KindFloat {
		b.write("::float8::text::numeric)")
	} else {
		b.write(")::numeric")
	}
}

// greatest writes min or max. For a kind that has none it is that of a text in the same
// order.
func (d *postgres) greatest(b *builder, s source, v groupValue, name string) {
	before, after := name+"(", ")"
	switch v.kind {
	case KindDecimal:
		// Which of 1.5 and 1.50 comes out would depend on the order of rows.
		b.write("round(", name, "(")
		d.groupOperand(b, s, v)
		b.write("), max(scale(")
		before, after = "", ")))"
	case KindText:
		after = ` collate "C")`
	case KindBool:
		before = "bool_or("
		if name == "min" {
			before = "bool_and("
		}
	case KindUUID:
		after = `::text collate "C")::uuid`
	case KindBytes:
		before, after = "decode("+name+"(encode(", `, 'hex') collate "C"), 'hex')`
	}
	b.write(before)
	d.groupOperand(b, s, v)
	b.write(after)
}
