package store

// assignment sets a column of a row to a bound value, or adds it.
type assignment struct {
	column *Column
	value  any
	add    bool
}
