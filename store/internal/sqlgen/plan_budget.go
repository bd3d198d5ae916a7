package sqlgen

import (
	"fmt"
	"net/url"
	"slices"

	"github.com/seed-7694ebf6/plinth/store/query"
)

// Most returns how many rows the arrays of one row have at most if default limits
// are lowered. Beyond enough it does not count.
func (p *RowPlan) Most(limit, enough int) int {
	total := 0
	for i := range p.embeds {
		e := &p.embeds[i]
		n := e.plan.Most(limit, enough)
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

// Lower returns the embeds of the plan with lower default limits, and adds each to
// the list of those that were cut.
func (p *RowPlan) Lower(embeds []query.Embed, limit int, above string, cut *[]string) []query.Embed {
	embeds = slices.Clone(embeds)
	for i := range embeds {
		e := &embeds[i]
		path := above + url.QueryEscape(EmbedName(e))
		if p.embeds[i].relation.Many && e.Query.DefaultLimit && *e.Query.Limit > limit {
			e.Query.Limit = query.Limit(limit)
			*cut = append(*cut, fmt.Sprintf("%s=%d", path, limit))
		}
		e.Query.With = p.embeds[i].plan.Lower(e.Query.With, limit, path+".", cut)
	}
	return embeds
}
