package store

import (
	"fmt"
	"reflect"
)

// fieldRef is a field of a struct by its offset.
type fieldRef struct {
	owner  reflect.Type
	offset uintptr
	typ    reflect.Type
}

// column finds the column in the table of the field's struct.
func (f fieldRef) column(t *Table) (*Column, error) {
	if t.Type() == f.owner {
		if c := t.ColumnAt(f.offset, f.typ); c != nil {
			return c, nil
		}
	}
	return nil, fmt.Errorf("store: the field %s at offset %d of %s is not a column of table %s", f.typ, f.offset, f.owner, t.Name)
}
