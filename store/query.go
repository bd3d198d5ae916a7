package store

// Query says which rows of a table to read, in which order, and what of them.
// It is a value: copy it, keep it, change the copy.
type Query struct {
	// Select lists the columns of the answer. Nil selects every column the
	// scope may read; an empty slice selects none.
	Select []Selected

	// With lists the relations to load into the answer.
	With []Embed

	// Where filters the rows. In a scoped read it may name only what the
	// caller may read, and the guard applies besides it.
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
	// read beyond its [ReadOptions] Budget lowers it.
	DefaultLimit bool

	// Offset skips rows from the start.
	Offset int

	// After continues behind the row a cursor names; the order must be the
	// one the cursor was made for.
	After Cursor

	// Count asks for the number of rows the filter selects, without Limit,
	// Offset and After.
	Count bool
}

// Limit returns a pointer to n, for [Query.Limit].
func Limit(n int) *int { return &n }

// Selected is one column of an answer.
type Selected struct {
	// Column is the name of a column. Empty stands for the rows themselves,
	// which can be counted; so does "count" in a table without such a column.
	Column string

	// Path leads into the documents of a JSON column.
	Path Path

	// As is the name in the answer. Empty means the name of the column,
	// or the last key of Path.
	As string

	// Cast names a type to convert the value to: text, int8, float8, numeric,
	// bool, date, and their usual other names. Empty converts nothing. What
	// cannot be converted alike on both engines is refused.
	Cast string

	// Aggregate makes one value of the column's values in a group of rows,
	// after Cast. The rows of the answer are then groups. Zero groups by the
	// column where another is aggregated.
	Aggregate Aggregate

	// ResultCast converts what Aggregate made, as Cast does a column. Empty
	// converts nothing.
	ResultCast string
}

// Embed loads a relation into every row of an answer: an object or null for a
// relation to one row, an array for a relation to many.
type Embed struct {
	// Relation names a relation of the table: the snake_case name of the
	// field, or another name that [Table.Relation] knows.
	Relation string

	// As is the name in the answer. Empty means Relation, without a hint. An
	// embed that is spread has none.
	As string

	// Spread puts the members of the related row among those of the row itself
	// instead of into an object of their own: null, and empty arrays, where
	// there is no such row. It takes a relation to one row. Typed reads cannot
	// take it.
	Spread bool

	// Inner keeps only rows that have at least one row in the relation that
	// fulfils Query.Where.
	Inner bool

	// Query selects, filters, sorts and limits the related rows, for each
	// parent on its own. It has no After and no Count, and in a relation to one
	// row no Offset beyond zero; Limit does not count there.
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

	// Path leads to a text in the documents of a JSON column; a path to JSON
	// has no order.
	Path Path

	// Relation names a relation to one row, as in [Embed]; the key is a column of that
	// row. The relation need not be embedded.
	Relation string

	// Desc sorts descending.
	Desc bool

	// Nulls places NULL.
	Nulls Nulls

	field fieldRef // typed column
}
