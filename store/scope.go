package store

import (
	"context"
	"sync"
	"time"
)

// Scope says who acts. Everything that starts from the network runs in a scope:
// what the scope's guards do not allow does not exist for it. The zero Scope allows
// nothing, and a missing one is [ErrNoScope]: only [For] without [Repo.As],
// [Repo.Unscoped] and [UnscopedGate] are trusted. A Scope must not be changed after
// its first use; it is safe for concurrent use if its functions are.
type Scope struct {
	// Actor is who writes, for the change log: of writes in this scope, and of trusted
	// code under a context that carries it, unless [WithActor] names another.
	Actor string

	// Caller bounds how many connections the statements and transactions of one caller hold
	// at the same time: half of a pool, at least one. Further ones wait for the engine's
	// AcquireTimeout and then fail with [ErrBusy].
	//
	// The zero Caller is not bounded.
	Caller Caller

	// StatementTimeout ends a statement of this scope that runs longer, with [ErrTimeout].
	// Zero leaves it to the engine's Options.StatementTimeout, which always holds.
	StatementTimeout time.Duration

	// Tenant is the tenant of the caller. Empty means none: tables with
	// [Tenant] then show nothing and take nothing.
	Tenant string

	// Var returns the value of a variable as text, and whether it has one; empty
	// text is none. The values of a list have "\x00" between them, and what comes
	// from a client must not hold it: a comparison with one operand takes the text
	// as it is, one with several, as OpIn, takes it apart. Nil has none.
	Var func(name string) (string, bool)

	// Guard returns the guard of a table, or nil for a table that is not
	// exposed. It is called once or more for each table a request touches
	// and must be cheap. A nil function exposes nothing.
	Guard func(*Table) *Guard
}

// Guard is what a scope may do with one table. The zero Guard allows nothing.
type Guard struct {
	// Read, Create, Update and Delete are conditions on the row: Read, Update
	// and Delete on the row as it is, Create on the new row. UpdateTo is the
	// condition on the row an update leaves; zero means Update. Restore is
	// the condition on a deleted row to be restored. Relations of new rows lead
	// to what was there before the write, not to rows of the write itself; a
	// key that the database makes is NULL.
	Read, Create, Update, UpdateTo, Delete, Restore Cond

	// Readable, Creatable and Updatable are the columns that may be read (in
	// whatever place a name can stand), given on insert, and set on update.
	Readable, Creatable, Updatable ColumnSet

	// Aggregable are the columns of which aggregates may be asked for, as far
	// as they are Readable. Rows may always be counted.
	Aggregable ColumnSet

	// Presets are values the scope fixes on insert; a client may send an
	// equal value, never another one.
	Presets []Preset

	// AnyTarget lists the foreign-key columns that may point to rows the
	// scope cannot read.
	AnyTarget ColumnSet
}

// Preset fixes a column of new rows: to the scope's variable Var, or to Value
// where Var is empty.
type Preset struct {
	Column *Column
	Var    string
	Value  any
}

// ColumnSet is a set of columns of one table. The zero set is empty.
type ColumnSet struct {
	bits [maxColumns / 64]uint64
}

// maxColumns is the largest number of columns of a table. SQLite's json_object
// takes 500 pairs; a table that wide is a mistake long before.
const maxColumns = 256

// Has reports whether the set holds c.
func (s *ColumnSet) Has(c *Column) bool {
	return s.bits[c.index/64]&(1<<(c.index%64)) != 0
}

// Add puts c into the set.
func (s *ColumnSet) Add(c *Column) { s.bits[c.index/64] |= 1 << (c.index % 64) }

// Remove takes c out of the set.
func (s *ColumnSet) Remove(c *Column) { s.bits[c.index/64] &^= 1 << (c.index % 64) }

// fill puts every column into the set.
func (s *ColumnSet) fill() {
	for i := range s.bits {
		s.bits[i] = ^uint64(0)
	}
}

// With returns the columns that are in both sets.
func (s ColumnSet) With(o ColumnSet) ColumnSet {
	for i := range s.bits {
		s.bits[i] &= o.bits[i]
	}
	return s
}

type scopeKey struct{}

type tenantKey struct{}

type actorKey struct{}

// WithScope returns a context that carries the scope of a caller.
func WithScope(ctx context.Context, s *Scope) context.Context {
	return context.WithValue(ctx, scopeKey{}, s)
}

// WithScopeFunc returns a context that carries the scope of a caller, which scopeOf makes
// of ctx once somebody asks for it: who asks for none pays for none. scopeOf is called once
// at most, by whoever asks first. A scope that it has not made, nil, allows nothing.
func WithScopeFunc(ctx context.Context, scopeOf func(context.Context) *Scope) context.Context {
	return &scoped{Context: ctx, scopeOf: scopeOf}
}

// scoped is a context whose scope is made when somebody asks for it.
type scoped struct {
	context.Context // it is one

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
		c.scope = new(Scope) // also where scopeOf panics: nobody is trusted by mistake
		if made := c.scopeOf(c.Context); made != nil {
			c.scope = made
		}
	})
	return c.scope
}

// noScope is the scope of code that asked for one and got nil. It allows nothing, and
// every operation in it is [ErrNoScope].
var noScope = new(Scope)

// orNoScope keeps nil, which stands for trusted code inside this package, from being
// passed in.
func orNoScope(s *Scope) *Scope {
	if s == nil {
		return noScope
	}
	return s
}

// ScopeFrom returns the scope of the caller, or nil if the context carries none.
// [Repo.As] and [NewGate] reject nil, so As(ScopeFrom(ctx)) outside a request is
// [ErrNoScope] and not trusted.
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

// WithActor returns a context in which trusted code writes on behalf of an actor, whose
// name its changes carry ([Change.Actor]). Without it they carry the actor of the scope
// that the context has: the caller of the request. A scope brings its own actor and
// ignores it.
func WithActor(ctx context.Context, actor string) context.Context {
	return context.WithValue(ctx, actorKey{}, actor)
}

// actorOf returns the actor of a write: the scope's, or for trusted code the context's.
func actorOf(ctx context.Context, scope *Scope) string {
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

func tenantFrom(ctx context.Context) string {
	if t, ok := ctx.Value(tenantKey{}).(string); ok {
		return t
	}
	if s := ScopeFrom(ctx); s != nil {
		return s.Tenant
	}
	return ""
}

// guard returns what the scope may do with a table, nil where that is nothing and for trusted
// code, which has no scope.
func (s *Scope) guard(t *Table) *Guard {
	if s == nil || s.Guard == nil {
		return nil
	}
	return s.Guard(t)
}

func (s *Scope) variable(name string) (string, bool) {
	if s == nil || s.Var == nil {
		return "", false
	}
	v, ok := s.Var(name)
	return v, ok && v != ""
}
