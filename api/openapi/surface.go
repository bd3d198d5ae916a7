package openapi

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/seed-7694ebf6/plinth/store"
)

// Surface is what of an API one caller may be able to use. It must not be
// changed while a document is made of it.
type Surface struct {
	// Title and Version name the API. Documents need both.
	Title, Version string

	// Server is the URL that the paths are below, absolute or relative to the document.
	// Prefix begins the paths of tables, functions and batches.
	Server, Prefix string

	// Rows and Offset are the largest limit and offset, Steps is the largest
	// number of requests in a batch.
	Rows, Offset, Steps int

	// Repeats reports whether the caller may send an Idempotency-Key. Callers
	// without an identity may not.
	Repeats bool

	// FullText reports whether searchable columns have PostgreSQL's own search
	// beside the operator search.
	FullText bool

	// Tables, Functions and Routes are in the order of the document.
	Tables    []*Table
	Functions []*Function
	Routes    []Route
}

// Table is a resource as one caller may use it.
type Table struct {
	Table *store.Table

	// Readable, Creatable and Updatable are the columns the caller may read,
	// give on insert and set on update. No other column is mentioned.
	Readable, Creatable, Updatable store.ColumnSet

	// Relations are those the caller may follow.
	Relations []*store.Relation

	// Read, Create, Update and Delete report whether there may be rows the
	// caller can read, make, change and delete.
	Read, Create, Update, Delete bool

	// ByID reports whether single rows have an address, which needs a primary
	// key of one column that the caller may read.
	ByID bool
}

// Function is a function as one caller may call it.
type Function struct {
	Name string

	// In is the struct of its arguments, Out the type of its result.
	In, Out reflect.Type

	// Table is the resource of the rows that it returns, or nil.
	Table *Table

	// Many reports a result that is a list, Void that there is none.
	Many, Void bool

	// ReadOnly reports that it can be called by GET.
	ReadOnly bool

	// Repeats reports that the caller can name a call with an
	// Idempotency-Key.
	Repeats bool
}

// keyed reports whether the caller may read the primary key.
func (t *Table) keyed() bool {
	for _, c := range t.Table.PrimaryKey {
		if !t.Readable.Has(c) {
			return false
		}
	}
	return len(t.Table.PrimaryKey) > 0
}

// Key returns a text that is equal for two surfaces of one API exactly if their
// documents are.
func (s *Surface) Key() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%q %q %t\n", s.Server, s.Prefix, s.Repeats)
	for _, t := range s.Tables {
		fmt.Fprintln(&b, t.Table.Name, t.Readable, t.Creatable, t.Updatable, t.Read, t.Create, t.Update, t.Delete, t.ByID)
		for _, r := range t.Relations {
			b.WriteString(" " + r.Name)
		}
	}
	for _, f := range s.Functions {
		fmt.Fprintln(&b, "rpc", f.Name, f.Table != nil)
	}
	for i := range s.Routes {
		fmt.Fprintln(&b, "route", s.Routes[i].ID)
	}
	return b.String()
}
