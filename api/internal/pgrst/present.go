package pgrst

import (
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/errtext"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// deepestFirst sorts parameters by the number of embeds in their keys, so that
// what an embed filters by is known when its parent asks whether it is null.
// Parameters of one depth keep their order.
func (p *parser) deepestFirst(params []param) {
	var buf [4]string
	nested := false
	for i := range params {
		// A key that cannot be read fails when it is applied.
		if key := params[i].key; strings.IndexByte(key, '.') >= 0 {
			embeds, _, err := p.parseKey(key, buf[:0])
			if err == nil {
				params[i].depth = len(embeds)
				nested = nested || len(embeds) > 0
			}
		}
	}
	if nested {
		slices.SortStableFunc(params, func(a, b param) int { return b.depth - a.depth })
	}
}

// embedComparison is the condition embed=[not.]is.null: whether a row has no
// related row that fulfils the embed's own filters. No other has a meaning.
func (p *parser) embedComparison(embed *query.Embed, op query.Op, operand string, negated bool) (store.Cond, error) {
	null := strings.EqualFold(operand, "null")
	if op != query.OpIsNull || !null && !strings.EqualFold(operand, "not_null") {
		return store.Cond{}, &problem.Error{
			Code:    problem.EmbedOperator,
			Message: "Bad operator on the '" + errtext.Quote(embedName(embed)) + "' embedded resource",
			Details: "Only is null or not is null filters are allowed on embedded resources",
		}
	}
	present, err := p.present(embed)
	if null != negated {
		present = store.Not(present)
	}
	return present, err
}

// present is the condition that an embed has a row. It repeats the comparisons of
// the embed and of inner ones in it, which therefore count again.
func (p *parser) present(embed *query.Embed) (store.Cond, error) {
	var conds []store.Cond
	for i := range p.targets {
		if t := &p.targets[i]; t.query == &embed.Query {
			if err := p.compare(t.predicates); err != nil {
				return store.Cond{}, err
			}
			conds = slices.Clone(t.conds)
		}
	}
	for i := range embed.Query.With {
		inner := &embed.Query.With[i]
		if !inner.Inner {
			continue
		}
		if err := p.compare(1); err != nil {
			return store.Cond{}, err
		}
		c, err := p.present(inner)
		if err != nil {
			return store.Cond{}, err
		}
		conds = append(conds, c)
	}
	return store.Related(embed.Relation, store.And(conds...)), nil
}
