package store

import (
	"context"

	"github.com/seed-7694ebf6/plinth/store/query"
)

// Aggregate computes one value from the rows of a group. A [Selected] with an aggregate
// turns the rows of an answer into groups. The columns selected without one are the
// grouping columns. Without grouping columns all rows form one group, also if there are
// no rows.
//
// NULL values are ignored. Without values Count is 0 and every other aggregate is NULL.
// The results are identical on both engines.
type Aggregate = query.Aggregate

// The aggregates. Sum and Avg are of integers, decimals and floats, Min and Max
// of every kind that has an order.
const (
	// AggregateCount is the number of values, or of rows if no column is named: an
	// integer.
	AggregateCount = query.AggregateCount

	// AggregateSum is the exact sum: a decimal, with the largest scale of the values.
	// For floats it is the float nearest to the exact sum of the values. The order of
	// the rows does not matter.
	AggregateSum = query.AggregateSum

	// AggregateAvg is the average: a decimal, rounded half away from zero to at
	// least 16 digits as PostgreSQL rounds it. Of floats it is a float.
	AggregateAvg = query.AggregateAvg

	// AggregateMin and AggregateMax are the smallest and the greatest value by
	// the order rows are sorted in. Decimals have the largest scale of the
	// values.
	AggregateMin = query.AggregateMin
	AggregateMax = query.AggregateMax
)

// AggregateNamed returns the aggregate with a name as String gives it.
func AggregateNamed(name string) (Aggregate, bool) { return query.AggregateNamed(name) }

// Bind resolves the names of a trusted condition on the table and converts its values,
// so that later uses skip both steps. It reports every mistake at once. A bound
// condition belongs to its table. As a rule, bind it once and not for each request: its
// values become part of the text of statements. A value of the request is a [Var].
func Bind(t *Table, c Cond) (Cond, error) { return query.Bind(t, c) }

// KeyCond returns the bound condition that the table's key, a single column, equals the
// value of a text. Invalid text is a [ValueError].
func KeyCond(t *Table, text string) (Cond, error) { return query.KeyCond(t, text) }

// Caller identifies the requests that share one limit on connections, see
// [Scope.Caller]. Set either ID or Network. The zero Caller has no limit.
type Caller = query.Caller

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

// Op is a comparison of a column with an operand.
type Op = query.Op

// The comparisons. OpLike and OpILike take a pattern with % and _ and backslash
// as escape; OpMatch and OpIMatch a regular expression of the subset both
// engines read alike (see [ValueError]).
const (
	OpEq      = query.OpEq
	OpNeq     = query.OpNeq
	OpLt      = query.OpLt
	OpLte     = query.OpLte
	OpGt      = query.OpGt
	OpGte     = query.OpGte
	OpLike    = query.OpLike
	OpILike   = query.OpILike
	OpMatch   = query.OpMatch
	OpIMatch  = query.OpIMatch
	OpIn      = query.OpIn
	OpIsNull  = query.OpIsNull
	OpIsTrue  = query.OpIsTrue
	OpIsFalse = query.OpIsFalse

	// OpDistinct differs as IS DISTINCT FROM does: NULL is a value like others,
	// so the comparison is never unknown.
	OpDistinct = query.OpDistinct

	// OpContains and OpContained are PostgreSQL's @> and <@ for documents and text
	// arrays: an object contains its members, an array its elements regardless of order
	// and duplicates.
	OpContains  = query.OpContains
	OpContained = query.OpContained

	// OpOverlaps reports whether two text arrays have an element in common.
	OpOverlaps = query.OpOverlaps

	// OpSearch matches the words of a query and needs a column tagged
	// `plinth:"searchable"`, see [TextCol.Search].
	OpSearch = query.OpSearch

	// OpFullText and the three behind it are PostgreSQL's own search: the column as
	// to_tsvector sees it matches the query of to_tsquery, plainto_tsquery,
	// phraseto_tsquery or websearch_to_tsquery. The operand is a [FullText]. They need
	// a searchable column but do not use its index: every row is read. Only the first
	// 100,000 characters of a text count, and ASCII punctuation only separates words.
	// SQLite rejects them; OpSearch works on both engines.
	OpFullText       = query.OpFullText
	OpFullTextPlain  = query.OpFullTextPlain
	OpFullTextPhrase = query.OpFullTextPhrase
	OpFullTextWeb    = query.OpFullTextWeb
)

// Var names a variable of the [Scope] as operand of a comparison, for example
// Compare("owner_id", OpEq, Var("principal.id")). A variable that is empty or
// cannot be read in the column's kind makes the comparison unknown, so it
// selects nothing, also under Not.
type Var = query.Var

// Text is an operand as text, read in the kind of the column it is compared
// with: what arrives in a URL. Text that cannot be read is a [ValueError].
type Text = query.Text

// Texts is a list of operands as text, for OpIn, [CompareAny] and [CompareAll].
type Texts = query.Texts

// True selects every row. As a rule it allows every row.
func True() Cond { return query.True() }

// False selects no row.
func False() Cond { return query.False() }

// Compare compares a column, by name, with an operand: a Go value of the
// column's type, a slice for OpIn, a [Var], a [Text] or [Texts]. Operators
// without an operand take nil.
func Compare(column string, op Op, value any) Cond { return query.Compare(column, op, value) }

// CompareAny selects the rows for which the comparison holds for at least one of the
// values, a slice or Texts. It is unknown if it holds for none and is unknown for one.
// An empty slice selects nothing; nil values are left out.
func CompareAny(column string, op Op, values any) Cond { return query.CompareAny(column, op, values) }

// CompareAll selects the rows for which the comparison holds for every value. An empty
// slice selects every row.
func CompareAll(column string, op Op, values any) Cond { return query.CompareAll(column, op, values) }

// Eq is Compare with OpEq; a nil value is IS NULL.
func Eq(column string, value any) Cond { return query.Eq(column, value) }

// Null selects the rows where the column is NULL.
func Null(column string) Cond { return query.Null(column) }

// In selects the rows where the column equals one of the values, a slice or Texts. An
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

// DefaultTextSearch is the configuration of a [FullText] that names none. It has no
// stemming and no stop words. The server's own default is not used because it differs
// between servers.
const DefaultTextSearch = query.DefaultTextSearch

// FullText is the operand of [OpFullText] and its like. A [Text] or a string is one
// in the default configuration.
type FullText = query.FullText

// FixesKey reports whether a condition compares every column of the primary key with a
// value by equality, each once, and has no other condition.
func FixesKey(t *Table, where Cond) bool { return query.FixesKey(t, where) }

// Path selects a value in the documents of a JSON column, like PostgreSQL's -> and ->>.
// A missing value is NULL. The zero Path is the column itself; paths can be compared
// with ==. Keys are bound as values, so any text can be a key.
//
//	store.Path{}.Key("address").Key("city").Text()
type Path = query.Path

// Query selects rows and columns of a table and their order. It is a value: a copy can
// be changed independently.
type Query = query.Query

// Limit returns a pointer to n, for [Query.Limit].
func Limit(n int) *int { return query.Limit(n) }

// Selected is one column of an answer.
type Selected = query.Selected

// Embed loads a relation into every row of an answer: an object or null for a
// relation to one row, an array for a relation to many.
type Embed = query.Embed

// Nulls places NULL in an order.
type Nulls = query.Nulls

// NullsDefault sorts NULL as the greatest value: last ascending, first
// descending.
const (
	NullsDefault = query.NullsDefault
	NullsFirst   = query.NullsFirst
	NullsLast    = query.NullsLast
)

// Order is one key of a sort order.
type Order = query.Order

// Cursor is a position after a row in an ordered list. It is opaque text, authenticated
// with a key stored in the database. A cursor of another database or for another order
// is rejected.
type Cursor = query.Cursor

// Rows is the answer to a statement. It can be reused; the zero value is ready to use.
type Rows = query.Rows

// Scope holds the caller's identity and permissions. Every network request runs in a
// scope. Tables, columns and rows that its guards do not allow do not exist for it.
//
// The zero Scope allows nothing, and a missing one is [ErrNoScope]. Only [For] without
// [Repo.As], [Repo.Unscoped] and access.Trusted are trusted. A Scope must not be
// changed after its first use. It is safe for concurrent use if its functions are.
type Scope = query.Scope

// Guard is what a scope may do with one table. The zero Guard allows nothing.
type Guard = query.Guard

// Preset fixes a column of new rows to the scope's variable Var, or to Value if Var is
// empty.
type Preset = query.Preset

// WithScope returns a context that carries the scope of a caller.
func WithScope(ctx context.Context, s *Scope) context.Context { return query.WithScope(ctx, s) }

// WithScopeFunc returns a context with the scope of a caller that scopeOf makes on
// first use. scopeOf is called at most once, with ctx. If it returns nil or panics, the
// scope allows nothing.
func WithScopeFunc(ctx context.Context, scopeOf func(context.Context) *Scope) context.Context {
	return query.WithScopeFunc(ctx, scopeOf)
}

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
// actor ([Change.Actor]). Without it they carry the actor of the scope in the context,
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

// ReadOptions tunes access.Gate.Read. The zero value reads all rows the query asks
// for.
type ReadOptions = query.ReadOptions

// WriteOptions tunes a write. The zero value answers only the
// number of rows.
type WriteOptions = query.WriteOptions

// UpsertOptions are the options of access.Gate.Upsert.
type UpsertOptions = query.UpsertOptions
