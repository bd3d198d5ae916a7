package store

import (
	"context"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// Bind resolves the names of a trusted condition on the table and converts its values,
// so that later uses skip both steps. It reports every mistake at once. A bound
// condition belongs to its table. As a rule, bind it once and not for each request: its
// values become part of the text of statements. A value of the request is a [Var].
func Bind(t *Table, c Cond) (Cond, error) { return query.Bind(t, c) }

// Cond is a condition on the rows of one table: a tree of comparisons, used for
// filters, rules and cursors. It refers to columns by name. [Bind] checks the
// names and converts the values to the kinds of the columns.
//
// The zero Cond is no condition: as a filter it selects every row, as a rule of a
// [Guard] it allows none. Conds are immutable and safe for concurrent use.
//
// Logic is three-valued as in SQL. A comparison with NULL is unknown, Not of unknown is
// unknown, and a row is selected only if the whole condition is true.
type Cond = query.Cond

// Var names a variable of the [Scope] as operand of a comparison, for example
// Compare("owner_id", query.OpEq, Var("principal.id")). A variable that is empty or
// cannot be read in the column's kind makes the comparison unknown, so it
// selects nothing, also under Not.
type Var = query.Var

// Text is an operand as text, read in the kind of the column it is compared
// with: what arrives in a URL. Text that cannot be read is a fault.ValueError.
type Text = query.Text

// True selects every row. As a rule it allows every row.
func True() Cond { return query.True() }

// False selects no row.
func False() Cond { return query.False() }

// Compare compares a column, by name, with an operand: a Go value of the
// column's type, a slice for query.OpIn, a [Var], a [Text] or query.Texts. Operators
// without an operand take nil. For the others nil and nil pointers are an error when the
// condition is used, except that query.OpDistinct takes a nil pointer.
func Compare(column string, op query.Op, value any) Cond { return query.Compare(column, op, value) }

// Eq is Compare with query.OpEq. A nil value is IS NULL, also a nil pointer.
func Eq(column string, value any) Cond { return query.Eq(column, value) }

// Null selects the rows where the column is NULL.
func Null(column string) Cond { return query.Null(column) }

// In selects the rows where the column equals one of the values, a slice or query.Texts. An
// empty slice selects nothing.
func In(column string, values any) Cond { return query.In(column, values) }

// And selects the rows that all conditions select. Zero conditions are left
// out; And of nothing is the zero Cond.
func And(conds ...Cond) Cond { return query.And(conds...) }

// Or selects the rows that any condition selects. Zero conditions are left out;
// Or of nothing is the zero Cond.
func Or(conds ...Cond) Cond { return query.Or(conds...) }

// Not selects the rows for which the condition is false; where it is unknown,
// Not is unknown too. Not of the zero Cond is the zero Cond.
func Not(c Cond) Cond { return query.Not(c) }

// Related selects the rows with at least one related row that fulfils c, see
// [Table.Relation]. The zero Cond only requires existence.
//
// In a rule the other table is read without its guard, so membership tables need not be
// exposed. In the filter of a scoped query the guard of the other table applies. The
// predicates for deleted rows and the tenant apply in both.
func Related(relation string, c Cond) Cond { return query.Related(relation, c) }

// Path selects a value in the documents of a JSON column, like PostgreSQL's -> and ->>.
// A missing value is NULL. The zero Path is the column itself; paths can be compared
// with ==. Keys are bound as values, so any text can be a key.
//
//	store.Path{}.Key("address").Key("city").Text()
type Path = query.Path

// Order is one key of a sort order.
type Order = query.Order

// Scope holds the caller's identity and permissions. Every network request runs in a
// scope. Tables, columns and rows that its guards do not allow do not exist for it.
//
// The zero Scope allows nothing, and a missing one is [ErrNoScope]. Only [For] without
// [Repo.As], [Repo.Unscoped] and access.Trusted are trusted. A Scope must not be
// changed after its first use. It is safe for concurrent use if its functions are.
type Scope = query.Scope

// Guard is what a scope may do with one table. The zero Guard allows nothing.
type Guard = query.Guard

// WithScope returns a context that carries the scope of a caller.
func WithScope(ctx context.Context, s *Scope) context.Context { return query.WithScope(ctx, s) }

// ScopeFrom returns the scope of the caller, or nil if the context carries none.
// [Repo.As] and access.New reject nil, so As(ScopeFrom(ctx)) outside a request is
// [ErrNoScope] and not trusted.
func ScopeFrom(ctx context.Context) *Scope { return query.ScopeFrom(ctx) }

// WithTenant returns a context in which trusted code acts for a tenant. Without
// it, trusted code acts for the tenant of the scope that the context carries. A
// scope brings its own tenant and ignores it.
func WithTenant(ctx context.Context, tenant string) context.Context {
	return query.WithTenant(ctx, tenant)
}

// WithActor returns a context in which changes of trusted code carry the name of an
// actor (changelog.Change.Actor). Without it they carry the actor of the scope in the context,
// the caller of the request. Writes in a scope ignore it and carry the actor of the
// scope.
func WithActor(ctx context.Context, actor string) context.Context { return query.WithActor(ctx, actor) }

// WriteOp is what happens to a row.
type WriteOp = query.WriteOp

// The operations, as the change log names them.
const (
	OpInsert  = query.OpInsert
	OpUpdate  = query.OpUpdate
	OpDelete  = query.OpDelete
	OpRestore = query.OpRestore
)

// ColumnSet is a set of columns of one table.
type ColumnSet = schema.ColumnSet

// Table describes a table as declared by its model.
type Table = schema.Table

// Column is one column of a [Table].
type Column = schema.Column

// Errors that callers branch on with errors.Is.
var (
	// ErrNotFound reports that no row matched, or none the scope may see.
	ErrNotFound = fault.ErrNotFound

	// ErrConflict reports a transaction that lost against others ten times.
	ErrConflict = fault.ErrConflict

	// ErrStale reports that the row's version is not the expected one.
	ErrStale = fault.ErrStale

	// ErrDenied reports that the scope may not do this.
	ErrDenied = fault.ErrDenied

	// ErrNoScope reports a [Repo.As] or access.New with a nil scope: code that wanted the
	// caller's scope, in a context that has none. Trusted access is [Repo.Unscoped] and
	// access.Trusted.
	ErrNoScope = fault.ErrNoScope

	// ErrNoTenant reports trusted code that uses a table with [Tenant] without
	// [WithTenant].
	ErrNoTenant = fault.ErrNoTenant

	// ErrInTx reports the use of the pool inside a transaction of the same context: use
	// the Tx.
	ErrInTx = fault.ErrInTx

	// ErrTxFailed reports a transaction in which a write failed before: only rollback is
	// left, or a savepoint around the write.
	ErrTxFailed = fault.ErrTxFailed

	// ErrUnavailable reports a database that cannot be reached.
	ErrUnavailable = fault.ErrUnavailable

	// ErrBusy reports that no connection became free within AcquireTimeout, of all or of
	// the caller's half.
	ErrBusy = fault.ErrBusy

	// ErrTimeout reports a statement that ran too long.
	ErrTimeout = fault.ErrTimeout
)

// ConstraintKind is the kind of a constraint.
type ConstraintKind = fault.ConstraintKind

// The kinds of constraints.
const (
	Unique     = fault.Unique
	ForeignKey = fault.ForeignKey
	NotNull    = fault.NotNull
	Check      = fault.Check
)

// ConstraintError reports a write that violates a constraint of the schema.
type ConstraintError = fault.ConstraintError

// FieldError is one failed rule of one column.
type FieldError = fault.FieldError

// ValidationError reports the columns of a row that break the validation rules of the
// model.
type ValidationError = fault.ValidationError

// Kind is the type of a column's values. A kind has one Go representation, one JSON
// form and one order on both engines; registering a model fails for a Go type without a
// kind.
type Kind = driver.Kind

// The kinds of columns; package driver describes their forms.
const (
	KindText      = driver.KindText
	KindBool      = driver.KindBool
	KindInt       = driver.KindInt
	KindFloat     = driver.KindFloat
	KindDecimal   = driver.KindDecimal
	KindTimestamp = driver.KindTimestamp
	KindDate      = driver.KindDate
	KindUUID      = driver.KindUUID
	KindBytes     = driver.KindBytes
	KindJSON      = driver.KindJSON
	KindTextArray = driver.KindTextArray
)
