package query

// Query selects rows and columns of a table and their order. It is a value: a copy can
// be changed independently.
type Query struct {
	// Select lists the columns of the answer. Nil selects every column the
	// scope may read; an empty slice selects none.
	Select []Selected

	// With lists the relations to load into the answer.
	With []Embed

	// Where filters the rows. In a scoped read it may only name readable columns, and
	// the guard applies in addition.
	Where Cond

	// Order sorts the rows. Rows that compare equal are sorted by primary key,
	// in the direction of the last of these, so that an index on the columns
	// and the key serves both directions. Without an order all rows are sorted
	// by primary key, ascending.
	Order []Order

	// Limit is the largest number of rows. Nil reads all, up to the limits
	// of the surface; see [Limit] for a short way to set it.
	Limit *int

	// DefaultLimit says that the Limit of an embed is a default, not a choice: a
	// read beyond its query.ReadOptions Budget lowers it.
	DefaultLimit bool

	// Offset skips rows from the start.
	Offset int

	// After continues after the row of a cursor. The order must be the one that the
	// cursor was made for.
	After Cursor

	// Count requests the number of rows that the filter selects, ignoring Limit, Offset
	// and After.
	Count bool
}

// Limit returns a pointer to n, for [Query.Limit].
func Limit(n int) *int { return &n }

// Selected is one column of an answer.
type Selected struct {
	// Column is the name of a column. Empty means the rows themselves, which can be
	// counted. So does "count" in a table without such a column.
	Column string

	// Path leads into the documents of a JSON column.
	Path Path

	// As is the name in the answer. Empty means the name of the column,
	// or the last key of Path.
	As string

	// Cast names a type to convert the value to: text, int8, float8, numeric, bool,
	// date, and their usual other names. Empty converts nothing. Casts that differ
	// between the engines are rejected.
	Cast string

	// Aggregate computes one value from the column's values in a group of rows, after
	// Cast. The rows of the answer are then groups. If another column is aggregated, a
	// column with a zero Aggregate is a grouping column.
	Aggregate Aggregate

	// ResultCast converts what Aggregate made, as Cast does a column. Empty
	// converts nothing.
	ResultCast string
}

// Embed loads a relation into every row of an answer: an object or null for a
// relation to one row, an array for a relation to many.
type Embed struct {
	// Relation names a relation of the table: the snake_case name of the
	// field, or another name that [schema.Table.Relation] knows.
	Relation string

	// As is the name in the answer. Empty means Relation, without a hint. An
	// embed that is spread has none.
	As string

	// Spread merges the members of the related row into the row itself. Without a
	// related row they are null or empty arrays. It requires a relation to one row and
	// is not supported by typed reads.
	Spread bool

	// Inner keeps only rows that have at least one row in the relation that
	// fulfils Query.Where.
	Inner bool

	// Query selects, filters, sorts and limits the related rows of each parent
	// separately. After and Count are not supported. In a relation to one row Offset
	// must be zero and Limit is ignored.
	Query Query
}

// Nulls places NULL in an order.
type Nulls uint8

// NullsDefault sorts NULL as the greatest value: last ascending, first
// descending.
const (
	NullsDefault Nulls = iota
	NullsFirst
	NullsLast
)

// Order is one key of a sort order.
type Order struct {
	// Column is the name of a column: of the table, or of the related table
	// if Relation is set.
	Column string

	// Path selects a text in the documents of a JSON column. A path to JSON cannot be
	// sorted by.
	Path Path

	// Relation names a relation to one row, as in [Embed]; the key is a column of that
	// row. The relation need not be embedded.
	Relation string

	// Desc sorts descending.
	Desc bool

	// Nulls places NULL.
	Nulls Nulls

	Field Field // typed column
}

// Cursor is a position after a row in an ordered list. It is opaque text, authenticated
// with a key stored in the database. A cursor of another database or for another order
// is rejected.
type Cursor string
