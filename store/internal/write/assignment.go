package write

import "github.com/seed-7694ebf6/plinth/store/schema"

// Assignment sets a column of a row to a bound value, or adds it.
type Assignment struct {
	Column *schema.Column
	Value  any
	Add    bool
}
