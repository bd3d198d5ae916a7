package sqlgen

import "github.com/seed-7694ebf6/plinth/store/driver"

// many reports whether rows of the plan hold arrays of embedded rows, on any
// level.
func (p *RowPlan) many() bool {
	for i := range p.embeds {
		if e := &p.embeds[i]; e.relation.Many || e.plan.many() {
			return true
		}
	}
	return false
}

// shareFields lets members that select the same value share a column, so that
// PostgreSQL sends a large value once, however many names it has. With stream the
// arrays have no column. The fields of related rows follow.
func (p *RowPlan) shareFields(shape *driver.Shape, stream bool) {
	if p.list != "" {
		return // all columns, each once
	}
	var fields []int
	n := 0
	for i := range p.Members {
		field := n
		switch same := p.sameValue(i); {
		case stream && p.Members[i].Many:
			field = -1
		case same >= 0 && fields == nil:
			field = same
		case same >= 0:
			field = fields[same]
		}
		if field == n {
			n++
		} else if fields == nil {
			fields = make([]int, i, len(p.Members))
			for j := range fields {
				fields[j] = j
			}
		}
		if fields != nil {
			fields = append(fields, field)
		}
	}
	if fields != nil {
		p.fields, shape.Fields = fields, fields
	}
	for i := range p.embeds {
		e := &p.embeds[i]
		e.plan.shareFields(e.shape, stream)
	}
}

// sameValue returns the first member before i that has the same column, path and
// cast, or -1.
func (p *RowPlan) sameValue(i int) int {
	if i >= len(p.Columns) {
		e, lifted := p.embedOf(i)
		if !e.embed.Spread {
			return -1
		}
		if same := e.plan.sameValue(lifted); same >= 0 {
			return i - lifted + same
		}
		return -1
	}
	for j := range i {
		if p.Columns[j].sameAs(&p.Columns[i]) {
			return j
		}
	}
	return -1
}

// sameAs reports whether PostgreSQL sends the same value for both columns. A cast
// to text is made by the driver.
func (a *PlanColumn) sameAs(b *PlanColumn) bool {
	cast := func(c *PlanColumn) string {
		if c.Cast == CastText {
			return ""
		}
		return c.Cast
	}
	if a.Column == b.Column {
		return cast(a) == cast(b)
	}
	pa, pb := a.Column.Place, b.Column.Place
	return pa != nil && pb != nil && pa.Path == pb.Path && a.Column.Index == b.Column.Index && cast(a) == cast(b)
}

// sends reports whether the value of a member is written into the statement: it
// has a column that no member before it has.
func (p *RowPlan) sends(member int) bool {
	if p.fields == nil {
		return true
	}
	field := p.fields[member]
	if field < 0 {
		return false
	}
	for _, earlier := range p.fields[:member] {
		if earlier == field {
			return false
		}
	}
	return true
}
