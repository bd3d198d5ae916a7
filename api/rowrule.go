package api

import (
	"github.com/seed-7694ebf6/plinth/api/internal/variables"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// RowRule is a [Rule] that depends on the row: the database decides it, or Go
// where the row is at hand. The zero RowRule allows no row.
type RowRule struct {
	cond     store.Cond
	relation string
	related  Rule // of the rows behind relation
}

// Owner allows rows that hold the caller's ID in the column. A caller without an ID
// owns nothing.
func Owner(column string) RowRule {
	return Where(store.Compare(column, query.OpEq, store.Var(variables.ID)))
}

// Where allows the rows that the condition selects. Its operands may be
// variables of the caller, written as [store.Var]:
//
//	principal.id, principal.subject, principal.tenant, principal.session
//	principal.roles           a list, for query.OpIn
//	principal.claims.<name>   a claim of the token; dots lead into objects
//	request.header.<name>     a header or query parameter of the request that
//	request.query.<name>      Policy.RequestVariables lists
//	now()                     the time of the request, for timestamps
//
// If the caller has no value for a variable, or a value of another type than the column,
// the comparison selects nothing, even under store.Not. The zero Cond allows no row.
func Where(cond store.Cond) RowRule { return RowRule{cond: cond} }

// Related allows rows with at least one related row that the rule allows. The related
// table is read without its policy, so it need not be exposed:
//
//	api.Related("memberships", api.Owner("user_id"))
func Related(relation string, rule Rule) RowRule {
	return RowRule{relation: relation, related: rule}
}

// String returns the rule as text.
func (r RowRule) String() string { return r.text(nil) }

func (r RowRule) text(t *store.Table) string {
	switch {
	case r.relation != "":
		return "exists " + r.relation + " (" + ruleText(r.related, behind(t, r.relation)) + ")"
	case r.cond.IsZero():
		return nobody
	case t == nil:
		return r.cond.String()
	}
	return r.cond.Text(t)
}

// behind returns the table a relation leads to, nil where that is not known.
func behind(t *store.Table, relation string) *store.Table {
	if t == nil {
		return nil
	}
	if rel := t.Relation(relation); rel != nil {
		return rel.Target
	}
	return nil
}

func (r RowRule) walk(v ruleVisitor) {
	if r.related != nil {
		r.related.walk(v)
	}
	v.cond(r.cond)
}

func (r RowRule) resolve(open func(Gate) bool) (store.Cond, bool) {
	if r.relation == "" {
		return r.cond, false
	}
	inner, every := resolve(r.related, open)
	if inner.IsZero() && !every {
		return store.Cond{}, false
	}
	return store.Related(r.relation, inner), false // of every row, one has to exist
}
