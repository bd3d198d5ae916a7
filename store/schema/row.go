package schema

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
)

// FillStruct sets the fields of a struct from bound values.
func (t *Table) FillStruct(v reflect.Value, row []any) error {
	for i, c := range t.Columns {
		if _, gap := row[i].(value.Absent); gap {
			continue
		}
		if err := c.SetField(v, row[i]); err != nil {
			return fmt.Errorf("store: %s.%s: %w", t.Name, c.Name, err)
		}
	}
	return nil
}

// TakeStruct reads the new row of a hook into bound values, without the columns that the
// library sets. The key is read on insert only.
func (t *Table) TakeStruct(v reflect.Value, row []any, insert bool) error {
	for i, c := range t.Columns {
		if t.Managed(c) || c.Key && !insert {
			continue
		}
		bound, err := c.GoType.Get(c.FieldOf(v))
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

// ReadStruct reads all columns of a struct as bound values.
func (t *Table) ReadStruct(v reflect.Value) ([]any, error) {
	row := make([]any, len(t.Columns))
	for i, c := range t.Columns {
		bound, err := c.GoType.Get(c.FieldOf(v))
		if err != nil {
			return nil, c.goError(err)
		}
		row[i] = bound
	}
	return row, nil
}

// ReadModels reads the structs in a value as bound values.
func (t *Table) ReadModels(models reflect.Value) ([][]any, error) {
	if models.Kind() == reflect.Slice {
		rows := make([][]any, 0, models.Len())
		for i := range models.Len() {
			row, err := t.ReadModels(models.Index(i))
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
	row, err := t.ReadStruct(models)
	return [][]any{row}, err
}

// AppendKey appends the primary key of a row as JSON array.
func (t *Table) AppendKey(dst []byte, row []any) []byte {
	dst = append(dst, '[')
	for i, pk := range t.PrimaryKey {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = value.AppendValue(dst, pk.Kind, row[pk.Index])
	}
	return append(dst, ']')
}

// FieldOf returns the field of a column in a struct.
func (c *Column) FieldOf(row reflect.Value) reflect.Value { return c.field.Value(row) }

// SetField sets the field of a column in a struct to a bound value.
func (c *Column) SetField(row reflect.Value, bound any) error {
	return c.GoType.Set(c.FieldOf(row), bound)
}

// GoValue returns a bound value in the Go type of the column's field, without its pointer.
func (c *Column) GoValue(bound any) (any, error) {
	typ := c.field.StructField.Type
	if reflect.TypeOf(bound) == typ {
		return bound, nil
	}
	field := reflect.New(typ).Elem()
	if err := c.GoType.Set(field, bound); err != nil {
		return nil, err
	}
	if field.Kind() == reflect.Pointer && !field.IsNil() {
		field = field.Elem()
	}
	return field.Interface(), nil
}

// ColumnAt returns the column of a field, which is given by its offset and its type.
func (t *Table) ColumnAt(offset uintptr, typ reflect.Type) *Column {
	for _, c := range t.Columns {
		if c.offset == offset && c.field.StructField.Type == typ {
			return c
		}
	}
	return nil
}

// AppendImage appends a row as JSON object without secret columns, or null. A set leaves
// out all other columns.
func (t *Table) AppendImage(dst []byte, row []any, some *ColumnSet) []byte {
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
		dst = append(dst, c.JSONKey...)
		dst = value.AppendValue(dst, c.Kind, row[i])
	}
	return append(dst, '}')
}

// RowsOf reads canonical rows with all columns of the table.
func RowsOf(t *Table, body []byte) ([][]any, error) {
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
			if row[i], err = t.Columns[i].ParseJSON(member.Raw()); err != nil {
				return nil, err
			}
			if row[i] == nil && t.Columns[i].Kind == driver.KindJSON && !t.Columns[i].Nullable {
				row[i] = "null" // the document
			}
			i++
		}
		rows = append(rows, row)
	}
	return rows, nil
}
