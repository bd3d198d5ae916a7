package store

import "github.com/seed-7694ebf6/plinth/store/schema"

// ColumnSet is a set of columns of one table.
type ColumnSet = schema.ColumnSet

// UniqueName returns the name of the unique index over columns of a table.
func UniqueName(t *Table, columns []*Column) string { return schema.UniqueName(t, columns) }

// Relation relates the rows of one table to rows of another.
type Relation = schema.Relation

// Junction is the table in the middle of a relation many to many.
type Junction = schema.Junction

// SearchName returns the name of the index that [OpSearch] reads for a column: an index
// over [SearchFunction] on PostgreSQL, on SQLite a table of words that triggers keep.
// It is for tools that manage the schema.
func SearchName(c *Column) string { return schema.SearchName(c) }

// SearchKeys returns the name of SQLite's table that gives the rows of a search index
// numbers.
func SearchKeys(c *Column) string { return schema.SearchKeys(c) }

// SearchFunction is the function of PostgreSQL that makes words of a text.
const SearchFunction = schema.SearchFunction

// Table describes a table as declared by its model.
type Table = schema.Table

// Column is one column of a [Table].
type Column = schema.Column

// Mode limits how clients may read and write a column.
type Mode = schema.Mode

const (
	// ReadWrite is the mode of a column without a tag.
	ReadWrite = schema.ReadWrite

	// CreateOnly is given on insert and never changed.
	CreateOnly = schema.CreateOnly

	// ReadOnly is written by the application only.
	ReadOnly = schema.ReadOnly

	// Hidden is unknown on the wire; rules, hooks and the change log see it.
	Hidden = schema.Hidden

	// Secret is hidden and also absent from log, errors and statement logs.
	Secret = schema.Secret
)

// Reference is a foreign key.
type Reference = schema.Reference

// Action is what a delete does to the rows that refer to the deleted one.
type Action = schema.Action

// The actions on delete.
const (
	Restrict = schema.Restrict
	Cascade  = schema.Cascade
	SetNull  = schema.SetNull
)
