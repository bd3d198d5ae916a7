package api

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/api/catalog"
	"github.com/seed-7694ebf6/plinth/api/internal/variables"
	"github.com/seed-7694ebf6/plinth/api/openapi"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/store"
)

// Catalog returns what a caller may be able to see and do. It has the columns that the
// gates of the policies open, and the methods unless their rule is false for every row. A
// caller of kind auth.Service gets everything that any caller may be able to do, with the
// rules as they are written. Catalog fails before [API.Handler] has succeeded.
func (a *API) Catalog(caller auth.Principal) (*catalog.Catalog, error) {
	if a.built == nil {
		return nil, errors.New("api: call Handler before Catalog")
	}
	c := a.built.catalogFor(&caller)
	who := newCaller(caller, a.built.resources, variables.Request{Any: true})
	for _, t := range c.Tables {
		r := a.built.resources.byTable[t.Table]
		if caller.Kind == auth.Service {
			t.Rules = r.writtenRules()
		} else {
			t.Rules = r.decidedRules(who.possibleGuard(t.Table))
		}
	}
	return c, nil
}

// catalogFor returns the catalog of a caller. A secret key belongs to the owner of the
// application and shows the complete catalog.
func (s *server) catalogFor(p *auth.Principal) *catalog.Catalog {
	if p.Kind == auth.Service {
		return s.completeCatalog(p)
	}
	c := newCaller(*p, s.resources, variables.Request{Any: true})
	c.scope.Guard = c.possibleGuard
	return s.catalog(&view{
		scope: &c.scope, known: p.Kind != auth.Anonymous, holds: c.mayHold,
		opens: opensFor(p),
	})
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

// completeCatalog returns what any caller may be able to do.
func (s *server) completeCatalog(service *auth.Principal) *catalog.Catalog {
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
	return s.catalog(&view{
		scope: &scope, known: true,
		holds: func(rule store.Cond) bool { return !rule.IsZero() },
		opens: opensFor(service),
	})
}

// view is how a catalog sees the API.
type view struct {
	scope *store.Scope
	known bool                  // the caller has an identity
	holds func(store.Cond) bool // whether a rule can hold for some row
	opens func(Gate) bool
}

// catalog describes what a view shows. Tables and functions are sorted by name, so that
// the result does not depend on the order in which the program adds them.
func (s *server) catalog(v *view) *catalog.Catalog {
	out := &catalog.Catalog{
		Rows: s.limits.Rows, Offset: s.limits.Offset, Steps: s.config.Limits.Steps,
		Repeats: v.known, FullText: s.db.Capabilities().FullText,
	}
	shown := map[*store.Table]*catalog.Table{}
	for _, r := range s.resources.list {
		if t := describeTable(r, v.scope.Guard(r.table), v.holds); t != nil {
			shown[r.table] = t
			out.Tables = append(out.Tables, t)
		}
	}
	for _, t := range out.Tables {
		for _, rel := range t.Table.Relations {
			target := shown[rel.Target]
			if t.Read && target != nil && target.Read && v.scope.Sees(rel) {
				t.Relations = append(t.Relations, rel)
			}
		}
	}
	for _, f := range s.functions.list {
		if v.opens(f.gate) {
			d := describeFunction(f, shown)
			d.Repeats = v.known && f.inTx && !f.readOnly
			out.Functions = append(out.Functions, d)
		}
	}
	slices.SortFunc(out.Tables, func(a, b *catalog.Table) int { return cmp.Compare(a.Table.Name, b.Table.Name) })
	slices.SortFunc(out.Functions, func(a, b *catalog.Function) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// decidedRules returns the rules of a guard, in which all gates are decided.
func (r *resource) decidedRules(g *store.Guard) []catalog.Rule {
	var all []catalog.Rule
	for _, part := range []struct {
		name string
		cond store.Cond
	}{
		{"read", g.Read},
		{"create", g.Create},
		{"update", g.Update},
		{"update to", g.UpdateCheck},
		{"delete", g.Delete},
		{"restore", g.Restore},
	} {
		if part.cond.IsZero() && part.name == "update to" {
			continue // the rule of update
		}
		text := "false"
		if !part.cond.IsZero() {
			text = part.cond.Text(r.table)
		}
		switch text {
		case "true":
			text = "every row"
		case "false":
			text = "no row"
		}
		all = append(all, catalog.Rule{Name: part.name, Text: text})
	}
	return all
}

// writtenRules returns the rules of the policy as the program has them.
func (r *resource) writtenRules() []catalog.Rule {
	var all []catalog.Rule
	for line := range strings.Lines(r.policy.String()) {
		name, text, found := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		if !found {
			name, text = "policy", name
		}
		all = append(all, catalog.Rule{Name: name, Text: text})
	}
	return all
}

// described returns the catalog of a caller with what a document needs beside it. Opens
// decides about the routes of the application.
func (s *server) described(c *catalog.Catalog, opens func(Gate) bool) *openapi.API {
	out := &openapi.API{Catalog: c, Title: s.config.Title, Version: s.config.Version}
	out.Server, out.Prefix = s.documentServer()
	for _, r := range s.config.Routes {
		if opens(r.Gate) {
			out.Routes = append(out.Routes, r.Route)
		}
	}
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
func describeTable(r *resource, g *store.Guard, holds func(store.Cond) bool) *catalog.Table {
	t := &catalog.Table{
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

func describeFunction(f *function, shown map[*store.Table]*catalog.Table) *catalog.Function {
	d := &catalog.Function{Name: f.name, In: f.in, Out: f.out, Many: f.many, Void: f.void, ReadOnly: f.readOnly, Gate: f.gate.String()}
	if f.resource != nil {
		d.Table = shown[f.resource.table]
		if d.Table == nil {
			d.Table = &catalog.Table{Table: f.resource.table} // the caller may see none of its columns
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
