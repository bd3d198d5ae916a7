package query

import (
	"fmt"
	"reflect"

	"github.com/seed-7694ebf6/plinth/store/schema"
)

// Field is a field of a struct by its offset.
type Field struct {
	Owner  reflect.Type // the struct
	Offset uintptr      // in bytes
	Type   reflect.Type // of the field
}

// Column finds the column in the table of the field's struct.
func (f Field) Column(t *schema.Table) (*schema.Column, error) {
	if t.Type() == f.Owner {
		if c := t.ColumnAt(f.Offset, f.Type); c != nil {
			return c, nil
		}
	}
	return nil, fmt.Errorf("store: the field %s at offset %d of %s is not a column of table %s", f.Type, f.Offset, f.Owner, t.Name)
}
