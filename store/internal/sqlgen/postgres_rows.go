package sqlgen

import (
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// streams lets members that select the same value share a column. The rows of arrays are
// sent as a stream if their number has a limit.
func (*postgres) streams(b *Builder, p *RowPlan) bool {
	stream := b.Budget > 0 && p.many()
	p.shareFields(&b.shape, stream)
	return stream
}

// RowColumns writes plain columns, and records of embedded rows.
func (d *postgres) RowColumns(b *Builder, s Source, p *RowPlan, _ bool) error {
	if p.list != "" && s.Alias == aliases[0] {
		b.Write(p.list)
		return nil
	}
	first := true
	for i := range p.Members {
		if !p.sends(i) {
			continue
		}
		if !first {
			b.Write(", ")
		}
		first = false
		if err := b.member(s, p, i); err != nil {
			return err
		}
	}
	return nil
}

func (*postgres) pageOrder(b *Builder, root Source, _ bool, keys []query.OrderKey) error {
	return b.orderBy(root, keys, true)
}

// value writes a column; the driver encodes it.
func (d *postgres) value(b *Builder, s Source, pc PlanColumn) {
	switch pc.Cast {
	case "int":
		b.Column(s, pc.Column)
		b.Write("::int::int8")
	case "date":
		b.Write("(")
		b.Column(s, pc.Column)
		b.Write(" at time zone 'UTC')::date")
	case "int8", "float8", "numeric", "bool":
		d.parsed(&b.Writer, s, pc.Column, pc.Cast)
	default:
		b.Column(s, pc.Column)
	}
}

// embed writes a record or array of records.
func (d *postgres) embed(b *Builder, s Source, e *planEmbed) error {
	if e.relation.Many {
		b.Write("array(select row(")
	} else {
		b.Write("(select row(")
	}
	if err := d.RowColumns(b, e.target, e.plan, false); err != nil {
		return err
	}
	b.Write(") from ")
	if err := b.embedRows(s, e, false); err != nil {
		return err
	}
	b.Write(")")
	return nil
}

func (d *postgres) groupOperand(b *Builder, s Source, v groupValue) {
	if v.cast == castFloat || v.cast == castDecimal {
		b.Column(s, v.column)
		b.Write("::", v.cast)
		return
	}
	d.value(b, s, PlanColumn{Column: v.column, Cast: v.cast})
}

// groupTotal adds floats as the decimal numbers they are written as: their sum would depend
// on the order of rows.
func (d *postgres) groupTotal(b *Builder, s Source, v groupValue) {
	b.Write(v.aggregate.String(), "(")
	d.groupOperand(b, s, v)
	if v.kind == driver.KindFloat {
		b.Write("::float8::text::numeric)")
	} else {
		b.Write(")::numeric")
	}
}

// greatest writes min or max. For a kind that has none it is that of a text in the same
// order.
func (d *postgres) greatest(b *Builder, s Source, v groupValue, name string) {
	before, after := name+"(", ")"
	switch v.kind {
	case driver.KindDecimal:
		// Which of 1.5 and 1.50 comes out would depend on the order of rows.
		b.Write("round(", name, "(")
		d.groupOperand(b, s, v)
		b.Write("), max(scale(")
		before, after = "", ")))"
	case driver.KindText:
		after = ` collate "C")`
	case driver.KindBool:
		before = "bool_or("
		if name == "min" {
			before = "bool_and("
		}
	case driver.KindUUID:
		after = `::text collate "C")::uuid`
	case driver.KindBytes:
		before, after = "decode("+name+"(encode(", `, 'hex') collate "C"), 'hex')`
	}
	b.Write(before)
	d.groupOperand(b, s, v)
	b.Write(after)
}
