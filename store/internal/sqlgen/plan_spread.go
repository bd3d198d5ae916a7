package sqlgen

import (
	"fmt"

	"github.com/seed-7694ebf6/plinth/store/fault"
)

// spread adds the members of a related row to those of the row itself. The names
// of both must differ.
func (p *RowPlan) spread(e *planEmbed, taken map[string]bool) error {
	switch {
	case e.relation.Many:
		return &fault.QueryError{Kind: fault.QueryUnsupported, Reason: fmt.Sprintf("relation %q leads to many rows and cannot be spread", e.relation.Name)}
	case e.plan.Groups != nil:
		return &fault.QueryError{Kind: fault.QueryUnsupported, Reason: "aggregates cannot be spread"}
	}
	for i, m := range e.plan.Members {
		name := e.plan.memberName(i)
		if taken[name] {
			return errTaken(name)
		}
		taken[name] = true
		p.Members = append(p.Members, m)
	}
	return nil
}

// embedOf returns the embed that a member behind the columns comes from, and
// which member of the related row it is if that is spread.
func (p *RowPlan) embedOf(member int) (e *planEmbed, lifted int) {
	lifted = member - len(p.Columns)
	for i := range p.embeds {
		e = &p.embeds[i]
		width := 1
		if e.embed.Spread {
			width = len(e.plan.Members)
		}
		if lifted < width {
			break
		}
		lifted -= width
	}
	return e, lifted
}

// memberName returns the name of a member in the answer.
func (p *RowPlan) memberName(member int) string {
	if member < len(p.Columns) {
		if pc := &p.Columns[member]; pc.alias == "" {
			return pc.Column.Name
		}
		return p.Columns[member].alias
	}
	e, lifted := p.embedOf(member)
	if e.embed.Spread {
		return e.plan.memberName(lifted)
	}
	return EmbedName(e.embed)
}
