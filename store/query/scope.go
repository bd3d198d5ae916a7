package query

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// Scope holds the caller's identity and permissions. Every network request runs in a
// scope. Tables, columns and rows that its guards do not allow do not exist for it.
//
// The zero Scope allows nothing, and a missing one is [fault.ErrNoScope]. Only
// store.For without store.Repo.As, store.Repo.Unscoped and access.Trusted are trusted.
// A Scope must not be changed after its first use. It is safe for concurrent use if its
// functions are.
type Scope struct {
	// Actor is the changelog.Change.Actor of writes in this scope. Writes of trusted code under
	// a context with this scope carry it too, unless [WithActor] names another.
	Actor string

	// Origin is where writes in this scope come from, and writes of trusted code under a
	// context with this scope.
	Origin Origin

	// Caller limits the connections that the statements and transactions of one caller
	// hold at the same time to half of a pool, at least one. Further ones wait for the
	// engine's AcquireTimeout and then fail with [fault.ErrBusy].
	//
	// The zero Caller has no limit, and neither have statements under store.WithReserve.
	Caller Caller

	// StatementTimeout ends longer statements of this scope with [fault.ErrTimeout]. Zero
	// means no limit beyond the engine's Options.StatementTimeout, which always
	// applies.
	StatementTimeout time.Duration

	// Tenant is the tenant of the caller. Empty means none: tables with store.Tenant then
	// show no rows and reject writes.
	Tenant string

	// Var returns the value of a variable as text, and whether it has one. Empty text
	// counts as no value. The values of a list are separated by "\x00", so values from
	// a client must not contain it. An operator with a single operand, such as OpEq,
	// takes the text unsplit; OpIn splits it. A nil Var has no variables.
	Var func(name string) (string, bool)

	// Guard returns the guard of a table, or nil for a table that is not exposed. It is
	// called at least once for each table a request touches and must be cheap. A nil
	// function exposes no table.
	Guard func(*schema.Table) *Guard
}

// Guard is what a scope may do with one table. The zero Guard allows nothing.
type Guard struct {
	// Read, Create, Update and Delete are conditions on the row. Create applies to the
	// new row, the others to the stored row. UpdateCheck is the condition on the row after
	// an update; zero means Update. Restore is the condition on a deleted row to be
	// restored.
	//
	// Relations of new rows lead to rows from before the write, not to rows of the
	// write itself. A key that the database makes is NULL there.
	Read, Create, Update, UpdateCheck, Delete, Restore Cond

	// Readable are the columns that may be read, filtered, sorted or used in any other
	// part of a query. Creatable may be given on insert, Updatable set on update.
	Readable, Creatable, Updatable schema.ColumnSet

	// Aggregable are the columns that aggregates may use if they are also Readable.
	// Rows may always be counted.
	Aggregable schema.ColumnSet

	// Presets are values the scope fixes on insert. A client may send an equal value; a
	// different one is rejected.
	Presets []Preset

	// UncheckedReferences lists the foreign-key columns that may point to rows the
	// scope cannot read.
	UncheckedReferences schema.ColumnSet

	// UnguardedFilters lists the columns of which patterns, searches and comparisons of
	// documents may also be evaluated on rows that Read hides. These rows stay out of
	// the answer, but how long the statement takes may reveal what they contain.
	UnguardedFilters schema.ColumnSet
}

// Preset fixes a column of new rows to the scope's variable Var, or to Value if Var is
// empty.
type Preset struct {
	Column *schema.Column
	Var    string // name of a variable of the scope
	Value  any    // in the type of the column's field
}

type scopeKey struct{}

type tenantKey struct{}

type actorKey struct{}

// WithScope returns a context that carries the scope of a caller.
func WithScope(ctx context.Context, s *Scope) context.Context {
	return context.WithValue(ctx, scopeKey{}, s)
}

// WithScopeFunc returns a context with the scope of a caller that scopeOf makes on
// first use. scopeOf is called with ctx, at most once before and once after [RemakeScope].
// If it returns nil or panics, the scope allows nothing.
func WithScopeFunc(ctx context.Context, scopeOf func(context.Context) *Scope) context.Context {
	return &scoped{Context: ctx, scopeOf: scopeOf}
}

// RemakeScope lets a context of [WithScopeFunc] call scopeOf again on the next use of the scope.
// Call it when the caller becomes known, before anything uses ctx concurrently. Other contexts
// do not change.
func RemakeScope(ctx context.Context) {
	if c, ok := ctx.(*scoped); ok {
		c.once, c.scope = sync.Once{}, nil
	}
}

// scoped is a context that makes its scope on first use.
type scoped struct {
	context.Context // the parent context

	scopeOf func(context.Context) *Scope
	once    sync.Once
	scope   *Scope
}

// Value returns the scope for its key.
func (c *scoped) Value(key any) any {
	if key != (scopeKey{}) {
		return c.Context.Value(key)
	}
	c.once.Do(func() {
		c.scope = new(Scope) // kept if scopeOf panics, so that it allows nothing
		if made := c.scopeOf(c.Context); made != nil {
			c.scope = made
		}
	})
	return c.scope
}

// ScopeFrom returns the scope of the caller, or nil if the context carries none.
// store.Repo.As and access.New reject nil, so As(ScopeFrom(ctx)) outside a request is
// [fault.ErrNoScope] and not trusted.
func ScopeFrom(ctx context.Context) *Scope {
	s, _ := ctx.Value(scopeKey{}).(*Scope)
	return s
}

// WithTenant returns a context in which trusted code acts for a tenant. Without
// it, trusted code acts for the tenant of the scope that the context carries. A
// scope brings its own tenant and ignores it.
func WithTenant(ctx context.Context, tenant string) context.Context {
	return context.WithValue(ctx, tenantKey{}, tenant)
}

// WithActor returns a context in which changes of trusted code carry the name of an
// actor (changelog.Change.Actor). Without it they carry the actor of the scope in the context,
// the caller of the request. Writes in a scope ignore it and carry the actor of the
// scope.
func WithActor(ctx context.Context, actor string) context.Context {
	return context.WithValue(ctx, actorKey{}, actor)
}

// ActorOf returns the actor of a write: the scope's, or for trusted code the context's.
func ActorOf(ctx context.Context, scope *Scope) string {
	if scope != nil {
		return scope.Actor
	}
	if actor, ok := ctx.Value(actorKey{}).(string); ok {
		return actor
	}
	if s := ScopeFrom(ctx); s != nil {
		return s.Actor
	}
	return ""
}

// TenantFrom returns the tenant that trusted code acts for in a context, empty without one.
func TenantFrom(ctx context.Context) string {
	if t, ok := ctx.Value(tenantKey{}).(string); ok {
		return t
	}
	if s := ScopeFrom(ctx); s != nil {
		return s.Tenant
	}
	return ""
}

// Origin is where a change came from, for tables with store.History.
type Origin struct {
	// RequestID is the id of the request, empty without one.
	RequestID string

	// Address is the IP address of the client, zero if unknown.
	Address netip.Addr
}

// OriginOf returns the origin of a write: that of the scope, or for trusted code of the scope in
// the context.
func OriginOf(ctx context.Context, scope *Scope) Origin {
	if scope == nil {
		scope = ScopeFrom(ctx)
	}
	if scope == nil {
		return Origin{}
	}
	return scope.Origin
}

// Enter returns what the scope may do with a table, false if the table is not exposed to
// it. Trusted code has no scope, may enter, and has no guard. Every use of a table in the
// name of a scope begins here.
func (s *Scope) Enter(t *schema.Table) (g *Guard, exposed bool) {
	if s == nil {
		return nil, true
	}
	if s.Guard != nil {
		g = s.Guard(t)
	}
	return g, g != nil
}

// GuardOf returns what the scope may do with a table: nil without a scope, and nil also for a table that is not exposed.
func (s *Scope) GuardOf(t *schema.Table) *Guard {
	g, _ := s.Enter(t)
	return g
}

// Variable returns the value of a variable, false if the scope has none or it is empty.
func (s *Scope) Variable(name string) (string, bool) {
	if s == nil || s.Var == nil {
		return "", false
	}
	v, ok := s.Var(name)
	return v, ok && v != ""
}

// reads reports whether all columns may be read. A nil guard is trusted code's.
func (g *Guard) reads(columns []*schema.Column) bool {
	for _, col := range columns {
		if g != nil && !g.Readable.Has(col) {
			return false
		}
	}
	return true
}

// Preset returns what the scope fixes a column to, nil if it does not.
func (g *Guard) Preset(c *schema.Column) *Preset {
	for i := range g.Presets {
		if g.Presets[i].Column == c {
			return &g.Presets[i]
		}
	}
	return nil
}

// NearestColumn returns the name of the column that is most like the given one. A guard
// limits it to readable columns.
func NearestColumn(t *schema.Table, name string, guard *Guard) string {
	names := make([]string, 0, len(t.Columns))
	for _, c := range t.Columns {
		if guard == nil || guard.Readable.Has(c) {
			names = append(names, c.Name)
		}
	}
	return value.Nearest(name, names)
}

// Resolve returns the value of a preset. A scope without the variable cannot
// create rows.
func (p *Preset) Resolve(scope *Scope) (any, error) {
	if p.Var == "" {
		return p.Column.ParseValue(p.Value)
	}
	text, ok := scope.Variable(p.Var)
	if !ok {
		return nil, fault.ErrDenied
	}
	v, err := p.Column.ParseText(text)
	if err != nil {
		return nil, fault.ErrDenied
	}
	return v, nil
}

// Knows reports whether the scope can know of a column.
func (g *Guard) Knows(c *schema.Column) bool {
	return g.Readable.Has(c) || g.Creatable.Has(c) || g.Updatable.Has(c)
}

// Caller identifies the requests that share one limit on connections, see
// [Scope.Caller]. Set either ID or Network. The zero Caller has no limit.
type Caller struct {
	// ID identifies a signed-in caller.
	ID string

	// Network is the network of an unauthenticated client: one IPv4 address or an IPv6
	// prefix of 64 bits.
	Network netip.Prefix
}

// Counted reports whether the connections of a scope are bounded.
func (s *Scope) Counted() bool { return s != nil && s.Caller != (Caller{}) }

// Limit puts the limits of a scope on a statement.
func (s *Scope) Limit(st *driver.Statement) {
	if s != nil {
		st.Caller, st.Timeout = s.Counted(), s.StatementTimeout
	}
}
