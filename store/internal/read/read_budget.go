package read

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/sqlgen"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// BudgetError is the error for a query beyond its budget of rows. It names the
// limits that a client gave.
func BudgetError(q *query.Query, budget int) error {
	e := &fault.LimitError{Name: "rows in one answer, embedded rows included", Limit: budget}
	var asked []string
	eachEmbed(q, "", func(path string, embed *query.Embed) {
		if limit := embed.Query.Limit; limit != nil && !embed.Query.DefaultLimit {
			asked = append(asked, path+".limit="+strconv.Itoa(*limit))
		}
	})
	if q.Limit != nil {
		asked = append(asked, "limit="+strconv.Itoa(*q.Limit))
	}
	e.Hint = "Ask for fewer rows."
	if len(asked) > 0 {
		e.Hint = "Lower " + strings.Join(asked, " or ") + "."
	}
	return e
}

// eachEmbed calls f with every embed of a query and its path in the answer, as
// "tasks.comments".
func eachEmbed(q *query.Query, above string, f func(path string, embed *query.Embed)) {
	for i := range q.With {
		path := above + url.QueryEscape(sqlgen.EmbedName(&q.With[i]))
		f(path, &q.With[i])
		eachEmbed(&q.With[i].Query, path+".", f)
	}
}

// lowerLimits returns a query that keeps the budget: the default limits of its
// embeds are lowered to the largest number with which even full arrays fit.
func (r Reader) lowerLimits(ctx context.Context, q *query.Query, ro sqlgen.StatementOptions, opts query.ReadOptions) (*query.Query, string, error) {
	rows, err := r.countRoot(ctx, q, ro, opts)
	if err != nil {
		return nil, "", err
	}
	b := r.Session.NewBuilder(ctx, r.Scope, r.Exemptions)
	defer b.Free()
	root, err := b.Enter(r.Table)
	if err != nil {
		return nil, "", r.TableError(err)
	}
	plan, err := b.Plan(root, q)
	if err != nil {
		return nil, "", r.TableError(err)
	}
	highest := 0
	eachEmbed(q, "", func(_ string, embed *query.Embed) {
		if embed.Query.DefaultLimit {
			highest = max(highest, *embed.Query.Limit)
		}
	})
	limit := 0
	for low, high := 1, highest; low <= high; {
		middle := (low + high) / 2
		if n := plan.Most(middle, opts.Budget); rows+min(rows*n, opts.Budget+1) <= opts.Budget {
			limit, low = middle, middle+1
		} else {
			high = middle - 1
		}
	}
	if limit == 0 {
		return nil, "", BudgetError(q, opts.Budget)
	}
	lowered := *q
	var cut []string
	lowered.With = plan.Lower(q.With, limit, "", &cut)
	return &lowered, strings.Join(cut, ", "), nil
}

// countRoot returns how many rows a query has, without their embeds.
func (r Reader) countRoot(ctx context.Context, q *query.Query, ro sqlgen.StatementOptions, opts query.ReadOptions) (int, error) {
	alone := *q
	alone.Select, alone.With, alone.Count = []query.Selected{}, nil, false
	alone.Where = query.And(q.Where, innerConds(q.With))
	if alone.After == "" {
		alone.Order = nil
	}
	var out query.Rows
	err := r.readOnce(ctx, &alone, sqlgen.StatementOptions{Single: ro.Single, Groups: ro.Groups}, query.ReadOptions{MaxRows: opts.MaxRows}, &out)
	return out.Count, err
}

// innerConds returns the condition that inner embeds are for their parents.
func innerConds(embeds []query.Embed) query.Cond {
	var conds []query.Cond
	for i := range embeds {
		if e := &embeds[i]; e.Inner {
			conds = append(conds, query.Related(e.Relation, query.And(e.Query.Where, innerConds(e.Query.With))))
		}
	}
	return query.And(conds...)
}
