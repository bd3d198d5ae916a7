package store

import "github.com/seed-7694ebf6/plinth/store/schema"

// ColumnSet is a set of columns of one table.
type ColumnSet = schema.ColumnSet

// Table describes a table as declared by its model.
type Table = schema.Table

// Column is one column of a [Table].
type Column = schema.Column
