package store

import (
	"fmt"
	"reflect"
)

// fillStruct sets the fields of a struct from bound values.
func (t *Table) fillStruct(v reflect.Value, row []any) error {
	for i, c := range t.Columns {
		if _, gap := row[i].(absent); gap {
			continue
		}
		if err := c.goType.set(c.field.Value(v), row[i]); err != nil {
			return fmt.Errorf("store: %s.%s: %w", t.Name, c.Name, err)
		}
	}
	return nil
}

// takeStruct reads the new row of a hook into bound values, without the columns that the
// library sets. The key is read on insert only.
func (t *Table) takeStruct(v reflect.Value, row []any, insert bool) error {
	for i, c := range t.Columns {
		if t.managed(c) || c.Key && !insert {
			continue
		}
		value, err := c.goType.get(c.field.Value(v))
		if err != nil {
			return c.goError(err)
		}
		if _, gap := row[i].(absent); gap && c.Generated && isZeroValue(value) {
			continue
		}
		row[i] = value
	}
	return nil
}

// readStruct reads all columns of a struct as bound values.
func (t *Table) readStruct(v reflect.Value) ([]any, error) {
	row := make([]any, len(t.Columns))
	for i, c := range t.Columns {
		value, err := c.goType.get(c.field.Value(v))
		if err != nil {
			return nil, c.goError(err)
		}
		row[i] = value
	}
	return row, nil
}

// readModels reads the structs in a value as bound values.
func (t *Table) readModels(models reflect.Value) ([][]any, error) {
	if models.Kind() == reflect.Slice {
		rows := make([][]any, 0, models.Len())
		for i := range models.Len() {
			row, err := t.readModels(models.Index(i))
			if err != nil {
				return nil, err
			}
			rows = append(rows, row...)
		}
		return rows, nil
	}
	if models.Kind() == reflect.Pointer {
		if models.IsNil() {
			return nil, nil
		}
		models = models.Elem()
	}
	if models.Type() != t.goType {
		return nil, fmt.Errorf("store: %s is not a row of %s", models.Type(), t.Name)
	}
	row, err := t.readStruct(models)
	return [][]any{row}, err
}

// appendKey appends the primary key of a row as JSON array.
func (t *Table) appendKey(dst []byte, row []any) []byte {
	dst = append(dst, '[')
	for i, pk := range t.PrimaryKey {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendValue(dst, pk.Kind, row[pk.index])
	}
	return append(dst, ']')
}
