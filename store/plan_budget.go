package store

import (
	"fmt"
	"net/url"
	"slices"
)

// most returns how many rows the arrays of one row have at most if default limits
// are lowered. Beyond enough it does not count.
func (p *rowPlan) most(limit, enough int) int {
	total := 0
	for i := range p.embeds {
		e := &p.embeds[i]
		n := e.plan.most(limit, enough)
		if e.relation.Many {
			own := enough
			if asked := e.embed.Query.Limit; asked != nil {
				own = *asked
			}
			if e.embed.Query.DefaultLimit {
				own = min(own, limit)
			}
			n = own * (1 + n)
		}
		total = min(total+n, enough+1)
	}
	return total
}

// lower returns the embeds of the plan with lower default limits, and adds each to
// the list of those that were cut.
func (p *rowPlan) lower(embeds []Embed, limit int, above string, cut *[]string) []Embed {
	embeds = slices.Clone(embeds)
	for i := range embeds {
		e := &embeds[i]
		path := above + url.QueryEscape(embedName(e))
		if p.embeds[i].relation.Many && e.Query.DefaultLimit && *e.Query.Limit > limit {
			e.Query.Limit = Limit(limit)
			*cut = append(*cut, fmt.Sprintf("%s=%d", path, limit))
		}
		e.Query.With = p.embeds[i].plan.lower(e.Query.With, limit, path+".", cut)
	}
	return embeds
}
