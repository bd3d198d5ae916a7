package api

import (
	"cmp"
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/api/openapi"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/store"
)

// The documents that describe an API say what its reader may be able to do and
// nothing else. What no caller could do, the documents do not know: hidden
// columns and tables that are not exposed.

// surfaceFor returns what a caller may be able to do. It has the columns that the
// gates open, and the methods unless their rule is false for every row. A caller with
// a secret key acts for the owner of the application and gets the complete surface.
func (s *server) surfaceFor(p *auth.Principal) *openapi.Surface {
	if p.Kind == auth.Service {
		return s.wholeSurface()
	}
	c := newCaller(*p, s.resources)
	c.scope.Guard = c.possibleGuard
	return s.surface(&c.scope, p.Kind != auth.Anonymous, c.mayHold, func(g Gate) bool { return g.open(p) })
}

// mayHold reports whether a rule can hold for some row.
func (c *caller) mayHold(rule store.Cond) bool { return rule.Possible(c.variable) }

// possibleGuard is guard, except that it allows nothing of a table with tenants if the
// caller has none.
func (c *caller) possibleGuard(t *store.Table) *store.Guard {
	if t.Tenant != nil && c.scope.Tenant == "" {
		return &store.Guard{}
	}
	return c.guard(t)
}

// mayUse reports whether the document for the caller shows the resource.
func (c *caller) mayUse(r *resource) bool {
	return c.principal.Kind == auth.Service || describeTable(r, c.possibleGuard(r.table), c.mayHold) != nil
}

// wholeSurface returns what any caller may be able to do.
func (s *server) wholeSurface() *openapi.Surface {
	guards := make([]*store.Guard, len(s.resources.list))
	for i, r := range s.resources.list {
		guards[i] = r.guards.widest()
	}
	scope := store.Scope{Guard: func(t *store.Table) *store.Guard {
		if r := s.resources.byTable[t]; r != nil {
			return guards[r.index]
		}
		return nil
	}}
	holds := func(rule store.Cond) bool { return !rule.IsZero() }
	return s.surface(&scope, true, holds, func(g Gate) bool { return g.n != nil })
}

// surface describes what a scope may be able to do. Known means that the caller has an
// identity. Resources are sorted by name, so that the result does not depend on the
// order in which the program adds them.
func (s *server) surface(scope *store.Scope, known bool, holds func(store.Cond) bool, opens func(Gate) bool) *openapi.Surface {
	out := &openapi.Surface{
		Title: s.config.Title, Version: s.config.Version,
		Rows: s.limits.Rows, Offset: s.limits.Offset, Steps: s.config.Limits.Steps,
		Repeats: known, FullText: s.db.Capabilities().FullText,
	}
	out.Server, out.Prefix = s.documentServer()
	for _, r := range s.config.Routes {
		if opens(r.Gate) {
			out.Routes = append(out.Routes, r.Route)
		}
	}
	shown := map[*store.Table]*openapi.Table{}
	for _, r := range s.resources.list {
		if t := describeTable(r, scope.Guard(r.table), holds); t != nil {
			shown[r.table] = t
			out.Tables = append(out.Tables, t)
		}
	}
	for _, t := range out.Tables {
		for _, rel := range t.Table.Relations {
			target := shown[rel.Target]
			if t.Read && target != nil && target.Read && scope.Sees(rel) {
				t.Relations = append(t.Relations, rel)
			}
		}
	}
	for _, f := range s.functions.list {
		if opens(f.gate) {
			d := describeFunction(f, shown)
			d.Repeats = known && f.inTx && !f.readOnly
			out.Functions = append(out.Functions, d)
		}
	}
	slices.SortFunc(out.Tables, func(a, b *openapi.Table) int { return cmp.Compare(a.Table.Name, b.Table.Name) })
	slices.SortFunc(out.Functions, func(a, b *openapi.Function) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// documentServer returns the server of documents and what paths begin with below it. With
// routes of the application the server is above BasePath.
func (s *server) documentServer() (url, prefix string) {
	url, prefix = s.config.PublicURL, s.config.BasePath
	if len(s.config.Routes) == 0 {
		return cmp.Or(url, prefix), ""
	}
	above, ok := strings.CutSuffix(url, prefix)
	switch {
	case url == "":
		return "/", prefix
	case ok:
		return cmp.Or(above, "/"), prefix
	}
	return url, "" // behind a proxy that has another path for the API
}

// describeTable returns a resource as a guard allows to use it, nil for one that
// it does not allow to use at all. Writes reach only rows that can be read.
func describeTable(r *resource, g *store.Guard, holds func(store.Cond) bool) *openapi.Table {
	t := &openapi.Table{
		Table: r.table, Readable: g.Readable, Creatable: g.Creatable, Updatable: g.Updatable,
		Read: holds(g.Read), Create: !r.table.View && holds(g.Create),
	}
	t.Update = t.Read && holds(g.Update) && g.Updatable != (store.ColumnSet{})
	t.Delete = t.Read && !r.table.View && holds(g.Delete)
	if key := r.key(); key != nil {
		t.ByID = t.Readable.Has(key)
	}
	if !t.Read {
		t.Readable = store.ColumnSet{}
	}
	if !t.Read && !t.Create {
		return nil
	}
	return t
}

func describeFunction(f *function, shown map[*store.Table]*openapi.Table) *openapi.Function {
	d := &openapi.Function{Name: f.name, In: f.in, Out: f.out, Many: f.many, Void: f.void, ReadOnly: f.readOnly}
	if f.resource != nil {
		d.Table = shown[f.resource.table]
		if d.Table == nil {
			d.Table = &openapi.Table{Table: f.resource.table} // the caller may see none of its columns
		}
	}
	return d
}

// widest returns a guard that allows what any caller may be allowed.
func (s *guardSet) widest() *store.Guard {
	g := s.must(func(g Gate) bool { return g.n != nil })
	if s.resource.policy.ServiceBypass {
		return s.service
	}
	return g
}
