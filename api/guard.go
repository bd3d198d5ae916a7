package api

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// guardSet holds the guards of a resource. A guard depends only on the results of the
// policy's gates for a caller. Each combination of results has one guard, which is
// compiled on first use and kept.
type guardSet struct {
	resource *resource
	gates    []Gate
	made     []atomic.Pointer[store.Guard] // by the bits of the gates; nil if there are too many
	many     sync.Map                      // then the guards by the results of the gates

	service *store.Guard
	presets []query.Preset
	any     store.ColumnSet
	totals  store.ColumnSet // columns that may be aggregated

	unguarded store.ColumnSet // columns whose filters may see hidden rows
}

// maxGates is the number of gates up to which guards are kept.
const maxGates = 8

func (s *guardSet) compile(r *resource) error {
	s.resource = r
	s.collectGates()
	if len(s.gates) <= maxGates {
		s.made = make([]atomic.Pointer[store.Guard], 1<<len(s.gates))
	}
	for _, c := range r.table.Columns {
		if value, ok := r.policy.Preset[c.Name]; ok {
			preset := query.Preset{Column: c, Value: value}
			if name, isVar := value.(store.Var); isVar {
				preset.Var, preset.Value = string(name), nil
			}
			s.presets = append(s.presets, preset)
		}
		if slices.Contains(r.policy.UncheckedReferences, c.Name) {
			s.any.Add(c)
		}
		if slices.Contains(r.policy.UnguardedFilters, c.Name) {
			s.unguarded.Add(c)
		}
		if r.policy.Aggregates == nil || slices.Contains(r.policy.Aggregates, c.Name) {
			s.totals.Add(c)
		}
	}
	s.service = s.forService()
	_, err := s.make(func(Gate) bool { return true })
	return err
}

func (s *guardSet) collectGates() {
	add := func(g Gate) {
		if g.n != nil && !slices.ContainsFunc(s.gates, g.same) {
			s.gates = append(s.gates, g)
		}
	}
	for _, named := range s.resource.policy.rules() {
		if named.rule != nil {
			named.rule.walk(ruleVisitor{gate: add, cond: func(store.Cond) {}})
		}
	}
	for _, c := range s.resource.table.Columns { // in order, so that bits do not depend on a map
		rule := s.resource.policy.Columns[c.Name]
		add(rule.Read)
		add(rule.Create)
		add(rule.Update)
	}
}

// guard returns the guard of a caller.
func (s *guardSet) guard(p *auth.Principal) *store.Guard {
	if p.Kind == auth.Service {
		return s.service
	}
	if s.made == nil {
		return s.ofMany(p)
	}
	bits := 0
	for i, g := range s.gates {
		if g.Admits(p) {
			bits |= 1 << i
		}
	}
	if g := s.made[bits].Load(); g != nil {
		return g
	}
	g := s.must(func(g Gate) bool {
		i := slices.IndexFunc(s.gates, g.same)
		return i >= 0 && bits&(1<<i) != 0
	})
	s.made[bits].CompareAndSwap(nil, g) // all callers share one
	return s.made[bits].Load()
}

// ofMany is guard for a policy with more gates than maxGates. Callers with the same results
// share one guard here too, by which streams know that nothing has changed.
func (s *guardSet) ofMany(p *auth.Principal) *store.Guard {
	results := make([]byte, len(s.gates))
	for i, g := range s.gates {
		results[i] = '0'
		if g.Admits(p) {
			results[i] = '1'
		}
	}
	if g, ok := s.many.Load(string(results)); ok {
		return g.(*store.Guard)
	}
	made, _ := s.many.LoadOrStore(string(results), s.must(func(g Gate) bool {
		i := slices.IndexFunc(s.gates, g.same)
		return i >= 0 && results[i] == '1'
	}))
	return made.(*store.Guard)
}

// must is make for a policy that was checked: what cannot be bound allows
// nothing.
func (s *guardSet) must(open func(Gate) bool) *store.Guard {
	g, err := s.make(open)
	if err != nil {
		return &store.Guard{}
	}
	return g
}

// make compiles the guard for callers that pass the gates for which open returns true.
func (s *guardSet) make(open func(Gate) bool) (*store.Guard, error) {
	p, t := &s.resource.policy, s.resource.table
	g := &store.Guard{Presets: s.presets, UncheckedReferences: s.any, Aggregable: s.totals, UnguardedFilters: s.unguarded}
	for _, part := range []struct {
		rule Rule
		cond *store.Cond
	}{
		{p.Read, &g.Read},
		{p.Create, &g.Create},
		{p.Update, &g.Update},
		{p.UpdateCheck, &g.UpdateCheck},
		{p.Delete, &g.Delete},
		{p.Restore, &g.Restore},
	} {
		bound, err := store.Bind(t, ruleCond(part.rule, open))
		if err != nil {
			return nil, err
		}
		*part.cond = bound
		if bound.Equal(g.Read) {
			*part.cond = g.Read // one rule is asked once
		}
	}
	if p.UpdateCheck != nil && g.UpdateCheck.IsZero() {
		g.UpdateCheck = store.False() // zero would stand for Update
	}
	g.Readable, g.Creatable, g.Updatable = s.columns(open)
	return g, nil
}

// columns narrows what the modes of the columns allow.
func (s *guardSet) columns(open func(Gate) bool) (readable, creatable, updatable store.ColumnSet) {
	t := s.resource.table
	readable, creatable, updatable = t.PublicColumns(), t.CreatableColumns(), t.UpdatableColumns()
	for _, c := range t.Columns {
		rule, listed := s.resource.policy.Columns[c.Name]
		_, preset := s.resource.policy.Preset[c.Name]
		if listed && !open(rule.Read) {
			readable.Remove(c)
		}
		if (listed || preset) && !open(rule.Create) {
			creatable.Remove(c)
		}
		if (listed || preset) && !open(rule.Update) {
			updatable.Remove(c)
		}
	}
	return readable, creatable, updatable
}

// writable returns the columns that some caller may write.
func (s *guardSet) writable() (creatable, updatable store.ColumnSet) {
	_, creatable, updatable = s.columns(func(g Gate) bool { return g.n != nil })
	if s.resource.policy.ServiceBypass {
		return s.resource.table.CreatableColumns(), s.resource.table.UpdatableColumns()
	}
	return creatable, updatable
}

// forService returns the guard of callers with a secret key: everything the
// modes of the columns allow, or nothing.
func (s *guardSet) forService() *store.Guard {
	t := s.resource.table
	g := &store.Guard{
		Readable: t.PublicColumns(), Creatable: t.CreatableColumns(), Updatable: t.UpdatableColumns(),
		Aggregable: s.totals, UncheckedReferences: s.any,
	}
	if s.resource.policy.ServiceBypass {
		every := store.True()
		g.Read, g.Create, g.Update, g.Delete, g.Restore = every, every, every, every, every
		g.Aggregable = t.AllColumns()
	}
	return g
}
