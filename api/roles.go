package api

import (
	"maps"
	"slices"

	"github.com/seed-7694ebf6/plinth/api/internal/variables"
	"github.com/seed-7694ebf6/plinth/store"
)

// Roles returns the names of the roles that the rules ask for, sorted. Complete is false
// if a rule may ask for others too: a [GateFunc], or a condition with the variable
// principal.roles. Roles is empty before [API.Handler] has succeeded.
func (a *API) Roles() (names []string, complete bool) {
	if a.built == nil {
		return nil, false
	}
	found, complete := map[string]bool{}, true
	add := func(g Gate) {
		if g.n == nil {
			return
		}
		complete = complete && !g.n.opaque
		for _, name := range g.n.roles {
			found[name] = true
		}
	}
	for _, r := range a.built.resources.list {
		for _, g := range r.guards.gates {
			add(g)
		}
		for _, named := range r.policy.rules() {
			if named.rule == nil {
				continue
			}
			named.rule.walk(ruleVisitor{gate: func(Gate) {}, cond: func(c store.Cond) {
				complete = complete && !slices.Contains(c.Variables(), variables.Roles)
			}})
		}
	}
	for _, f := range a.built.functions.list {
		add(f.gate)
	}
	return slices.Sorted(maps.Keys(found)), complete
}
