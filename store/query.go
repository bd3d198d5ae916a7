package store

import "github.com/seed-7694ebf6/plinth/store/query"

// Query selects rows of a model and their order. It is a value: a copy can be changed
// independently. Package query has the form for rows as JSON.
type Query struct {
	// Select lists the columns to read; the fields of others stay zero. Nil reads every
	// column that the scope may read.
	Select []string

	// With lists the relations to load into their fields.
	With []Embed

	// Where filters the rows. In a scope it may only name readable columns, and the guard
	// applies in addition.
	Where Cond

	// Order sorts the rows. Rows that compare equal are sorted by primary key, in the
	// direction of the last of these, so that an index on the columns and the key serves
	// both directions. Without an order all rows are sorted by primary key, ascending.
	Order []Order

	// Limit is the largest number of rows. Nil reads all; see [Limit] for a short way to
	// set it.
	Limit *int

	// Offset skips rows from the start.
	Offset int

	// After continues after the row of a cursor, see [Repo.Page]. The order must be the
	// one that the cursor was made for.
	After query.Cursor
}

// Embed loads a relation into the field of every row.
type Embed struct {
	// Relation is the snake_case name of the field, or another name that
	// [schema.Table.Relation] knows.
	Relation string

	// Inner keeps only rows that have at least one row in the relation that fulfils
	// Query.Where.
	Inner bool

	// Query selects, filters, sorts and limits the related rows of each row separately.
	// After is not supported. In a relation to one row Offset must be zero and Limit is
	// ignored.
	Query Query
}

// Limit returns a pointer to n, for [Query.Limit].
func Limit(n int) *int { return query.Limit(n) }

// untyped returns the query for rows as JSON.
func (q Query) untyped() query.Query {
	out := query.Query{Where: q.Where, Order: q.Order, Limit: q.Limit, Offset: q.Offset, After: q.After}
	if q.Select != nil {
		out.Select = make([]query.Selected, len(q.Select))
		for i, column := range q.Select {
			out.Select[i].Column = column
		}
	}
	for _, e := range q.With {
		out.With = append(out.With, query.Embed{Relation: e.Relation, Inner: e.Inner, Query: e.Query.untyped()})
	}
	return out
}
