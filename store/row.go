package store

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
)

// fillStruct sets the fields of a struct from bound values.
func (t *Table) fillStruct(v reflect.Value, row []any) error {
	for i, c := range t.Columns {
		if _, gap := row[i].(value.Absent); gap {
			continue
		}
		if err := c.setField(v, row[i]); err != nil {
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
		bound, err := c.goType.Get(c.fieldOf(v))
		if err != nil {
			return c.goError(err)
		}
		if _, gap := row[i].(value.Absent); gap && c.Generated && value.IsZeroValue(bound) {
			continue
		}
		row[i] = bound
	}
	return nil
}

// readStruct reads all columns of a struct as bound values.
func (t *Table) readStruct(v reflect.Value) ([]any, error) {
	row := make([]any, len(t.Columns))
	for i, c := range t.Columns {
		bound, err := c.goType.Get(c.fieldOf(v))
		if err != nil {
			return nil, c.goError(err)
		}
		row[i] = bound
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
		dst = value.AppendValue(dst, pk.Kind, row[pk.index])
	}
	return append(dst, ']')
}

// fieldOf returns the field of a column in a struct.
func (c *Column) fieldOf(row reflect.Value) reflect.Value { return c.field.Value(row) }

// setField sets the field of a column in a struct to a bound value.
func (c *Column) setField(row reflect.Value, bound any) error {
	return c.goType.Set(c.fieldOf(row), bound)
}

// goValue returns a bound value in the Go type of the column's field, without its pointer.
func (c *Column) goValue(bound any) (any, error) {
	typ := c.field.StructField.Type
	if reflect.TypeOf(bound) == typ {
		return bound, nil
	}
	field := reflect.New(typ).Elem()
	if err := c.goType.Set(field, bound); err != nil {
		return nil, err
	}
	if field.Kind() == reflect.Pointer && !field.IsNil() {
		field = field.Elem()
	}
	return field.Interface(), nil
}

// columnAt returns the column of a field, which is given by its offset and its type.
func (t *Table) columnAt(offset uintptr, typ reflect.Type) *Column {
	for _, c := range t.Columns {
		if c.offset == offset && c.field.StructField.Type == typ {
			return c
		}
	}
	return nil
}

// appendImage appends a row as JSON object without secret columns, or null. A set leaves
// out all other columns.
func (t *Table) appendImage(dst []byte, row []any, some *ColumnSet) []byte {
	if row == nil {
		return append(dst, "null"...)
	}
	dst = append(dst, '{')
	first := true
	for i, c := range t.Columns {
		if c.Mode == Secret || some != nil && !some.Has(c) {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(dst, c.jsonKey...)
		dst = value.AppendValue(dst, c.Kind, row[i])
	}
	return append(dst, '}')
}

// parseRows reads canonical rows with all columns of the table.
func parseRows(t *Table, body []byte) ([][]any, error) {
	if len(body) == 0 {
		return nil, nil
	}
	doc, err := strictjson.Parse(slices.Concat([]byte{'['}, body, []byte{']'}), strictjson.Limits{Depth: 64, Digits: 1 << 17, Growth: -1})
	if err != nil {
		return nil, fmt.Errorf("store: rows of %s: %w", t.Name, err)
	}
	var rows [][]any
	for _, v := range doc.Elements() {
		row := make([]any, len(t.Columns))
		i := 0
		for _, member := range v.Members() {
			if row[i], err = t.Columns[i].parseJSON(member.Raw()); err != nil {
				return nil, err
			}
			if row[i] == nil && t.Columns[i].Kind == KindJSON && !t.Columns[i].Nullable {
				row[i] = "null" // the document
			}
			i++
		}
		rows = append(rows, row)
	}
	return rows, nil
}
