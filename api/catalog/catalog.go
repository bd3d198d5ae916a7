// Package catalog describes what one caller may see and do in an API: tables, columns,
// relations, functions, and the rules as they apply to the caller. Package api makes a
// [Catalog] from its policies. The OpenAPI document, the types for supabase-js and the
// command policy are made from it.
package catalog

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// Catalog is the part of an API that one caller may be able to use. What the caller may
// not use is not in it. It must not be changed.
type Catalog struct {
	// Tables and Functions are sorted by name.
	Tables    []*Table
	Functions []*Function

	// Rows and Offset are the largest limit and offset, Steps is the largest
	// number of requests in a batch.
	Rows, Offset, Steps int

	// Repeats reports whether the caller may send an Idempotency-Key. Callers
	// without an identity may not.
	Repeats bool

	// FullText reports whether searchable columns have PostgreSQL's own search
	// beside the operator search.
	FullText bool
}

// Table is a resource as one caller may use it.
type Table struct {
	Table *store.Table

	// Readable, Creatable and Updatable are the columns the caller may read,
	// give on insert and set on update. No other column is mentioned.
	Readable, Creatable, Updatable store.ColumnSet

	// Relations are those the caller may follow.
	Relations []*schema.Relation

	// Read, Create, Update and Delete report whether there may be rows the
	// caller can read, make, change and delete.
	Read, Create, Update, Delete bool

	// ByID reports whether single rows have an address, which needs a primary
	// key of one column that the caller may read.
	ByID bool

	// Rules are the rules of the table as text. In the catalog of a caller their gates
	// are decided, so that only conditions on rows remain. Documents need no rules.
	Rules []Rule
}

// Rule is one rule of a table.
type Rule struct {
	// Name is what the rule allows, such as "read" or "column price".
	Name string

	// Text is the condition: "owner_id = principal.id", "every row" or "no row".
	Text string
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

	// Gate is the rule of its callers as text.
	Gate string
}

// Keyed reports whether the caller may read the primary key.
func (t *Table) Keyed() bool {
	for _, c := range t.Table.PrimaryKey {
		if !t.Readable.Has(c) {
			return false
		}
	}
	return len(t.Table.PrimaryKey) > 0
}

// Key returns a text that is equal for two catalogs of one API exactly if a document
// about them is.
func (c *Catalog) Key() string {
	var b strings.Builder
	fmt.Fprintln(&b, c.Repeats)
	for _, t := range c.Tables {
		fmt.Fprintln(&b, t.Table.Name, t.Readable, t.Creatable, t.Updatable, t.Read, t.Create, t.Update, t.Delete, t.ByID)
		for _, r := range t.Relations {
			b.WriteString(" " + r.Name)
		}
	}
	for _, f := range c.Functions {
		fmt.Fprintln(&b, "rpc", f.Name, f.Table != nil)
	}
	return b.String()
}

// String returns the rules of all tables and functions as text for people.
func (c *Catalog) String() string {
	var b strings.Builder
	for _, t := range c.Tables {
		fmt.Fprintf(&b, "/%s\n", t.Table.Name)
		for _, r := range t.Rules {
			fmt.Fprintf(&b, "  %s: %s\n", r.Name, r.Text)
		}
	}
	for _, f := range c.Functions {
		fmt.Fprintf(&b, "/rpc/%s\n  call: %s\n", f.Name, f.Gate)
	}
	return b.String()
}
