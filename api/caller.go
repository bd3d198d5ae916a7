package api

import (
	"sync/atomic"

	"github.com/seed-7694ebf6/plinth/api/internal/variables"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/netaddr"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// caller holds the principal of a request and the scope in which the request runs. It
// does no I/O: the policies were compiled at start, and a request only evaluates gates
// and binds variables.
type caller struct {
	principal auth.Principal
	request   variables.Request
	scope     store.Scope
	resources *resources
	guards    []atomic.Pointer[store.Guard] // of this request, by resource
}

// newCaller returns a caller. Without a request rules find no values of it.
func newCaller(p auth.Principal, r *resources, request variables.Request) *caller {
	c := &caller{request: request}
	c.become(p, r)
	return c
}

// become makes c the caller p of its request.
func (c *caller) become(p auth.Principal, r *resources) {
	c.principal, c.resources = p, r
	if len(c.guards) < len(r.list) {
		c.guards = make([]atomic.Pointer[store.Guard], len(r.list))
	}
	c.scope = store.Scope{Actor: p.ID, Tenant: p.Tenant, Var: c.variable, Guard: c.guard}
}

// bound puts the origin of a request and the limits of its principal into a scope. Service keys
// belong to the application's own programs, so only the limits of the engine hold for them.
func (l *Limits) bound(s *store.Scope, p *auth.Principal, origin query.Origin) {
	s.Origin = origin
	if p.Kind == auth.Service {
		return
	}
	s.StatementTimeout = l.Statement
	if p.Kind == auth.Anonymous {
		s.StatementTimeout = l.StatementAnonymous
	}
	s.Caller.ID = p.Counted()
	if s.Caller.ID == "" || p.IsAnonymous && origin.Address.IsValid() { // of which one client can be many
		s.Caller = query.Caller{Network: netaddr.Group(origin.Address)}
	}
}

func (c *caller) variable(name string) (string, bool) { return c.request.Value(&c.principal, name) }

// guard returns the caller's guard of a table, or nil if it is not exposed. Each
// policy is asked once per request.
func (c *caller) guard(t *store.Table) *store.Guard {
	r := c.resources.byTable[t]
	if r == nil {
		return nil
	}
	if g := c.guards[r.index].Load(); g != nil {
		return g
	}
	g := r.guards.guard(&c.principal)
	c.guards[r.index].Store(g)
	return g
}

// resources are the resources of an API.
type resources struct {
	list    []*resource
	byName  map[string]*resource
	byTable map[*store.Table]*resource

	variables   []string // claims, headers and parameters that rules read, sorted
	parameters  []string // of query strings among them
	readRequest bool     // rules read the request or its time
}

func (r *resources) exposed(t *store.Table) bool { return r.byTable[t] != nil }
