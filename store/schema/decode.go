package schema

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"

	"github.com/seed-7694ebf6/plinth/store/internal/value"
)

// DecodePlan says how the objects of an answer fill a struct: its members in
// the order they come. It is made once for a statement and never changed.
type DecodePlan struct {
	members []decodeMember
}

// decodeMember is one member of an object: a column, or a relation with the
// plan of its rows.
type decodeMember struct {
	key      string // "name": as in the text
	column   *Column
	relation *Relation
	plan     *DecodePlan

	index []int
	typ   reflect.Type // of the field
}

// AddColumn adds a column of the row's own table.
func (p *DecodePlan) AddColumn(c *Column) {
	p.members = append(p.members, decodeMember{key: c.JSONKey, column: c, index: c.field.Index})
}

// AddRelation adds the row or rows of a relation, which the answer calls name.
func (p *DecodePlan) AddRelation(r *Relation, name string, plan *DecodePlan) {
	p.members = append(p.members, decodeMember{
		key: `"` + name + `":`, relation: r, plan: plan, index: r.field.Index, typ: r.field.StructField.Type,
	})
}

// errRow reports an answer that is not what the plan says. Answers come from
// our own encoders, so this is a mistake of the library or its database.
var errRow = errors.New("store: the row does not have the expected form")

// DecodeRow fills dst, a settable struct of the table's type, from one row in
// canonical JSON.
func (t *Table) DecodeRow(raw []byte, plan *DecodePlan, dst reflect.Value) error {
	rest, err := decodeObject(raw, plan, dst)
	if err == nil && len(rest) > 0 {
		err = errRow
	}
	if err != nil {
		return fmt.Errorf("store: reading %s: %w", t.Name, err)
	}
	return nil
}

// DecodeRows appends rows with commas between them to dst, a settable slice of
// structs of the table's type or of pointers to them.
func (t *Table) DecodeRows(body []byte, plan *DecodePlan, dst reflect.Value) error {
	if len(body) == 0 {
		return nil
	}
	rest, err := decodeItems(body, plan, dst)
	if err == nil && len(rest) > 0 {
		err = errRow
	}
	if err != nil {
		return fmt.Errorf("store: reading %s: %w", t.Name, err)
	}
	return nil
}

// decodeObject reads the object at the start of raw and returns what is behind.
func decodeObject(raw []byte, plan *DecodePlan, dst reflect.Value) ([]byte, error) {
	raw, ok := value.CutByte(raw, '{')
	if !ok {
		return nil, errRow
	}
	for i := range plan.members {
		m := &plan.members[i]
		if i > 0 {
			if raw, ok = value.CutByte(raw, ','); !ok {
				return nil, errRow
			}
		}
		if len(raw) < len(m.key) || string(raw[:len(m.key)]) != m.key {
			return nil, fmt.Errorf("%w: member %s is missing", errRow, m.key)
		}
		var err error
		if raw, err = m.decode(raw[len(m.key):], fieldAt(dst, m.index)); err != nil {
			return nil, err
		}
	}
	if raw, ok = value.CutByte(raw, '}'); !ok {
		return nil, errRow
	}
	return raw, nil
}

func (m *decodeMember) decode(raw []byte, field reflect.Value) ([]byte, error) {
	if m.column == nil {
		return m.decodeRelation(raw, field)
	}
	end := value.SkipJSON(raw)
	if end <= 0 {
		return nil, errRow
	}
	if err := m.column.GoType.Decode(raw[:end], field); err != nil {
		return nil, fmt.Errorf("%s: %w", m.column.Name, err)
	}
	return raw[end:], nil
}

func (m *decodeMember) decodeRelation(raw []byte, field reflect.Value) ([]byte, error) {
	if rest, ok := bytes.CutPrefix(raw, value.JSONNull); ok {
		field.SetZero()
		return rest, nil
	}
	if !m.relation.Many {
		row := field
		if m.typ.Kind() == reflect.Pointer {
			row = reflect.New(m.typ.Elem()).Elem()
		}
		raw, err := decodeObject(raw, m.plan, row)
		if err == nil && m.typ.Kind() == reflect.Pointer {
			field.Set(row.Addr())
		}
		return raw, err
	}
	raw, ok := value.CutByte(raw, '[')
	if !ok || m.typ.Kind() != reflect.Slice {
		return nil, errRow
	}
	field.Set(reflect.MakeSlice(m.typ, 0, 0))
	if rest, ok := value.CutByte(raw, ']'); ok {
		return rest, nil
	}
	raw, err := decodeItems(raw, m.plan, field)
	if err != nil {
		return nil, err
	}
	if raw, ok = value.CutByte(raw, ']'); !ok {
		return nil, errRow
	}
	return raw, nil
}

// decodeItems appends one object or more to a slice.
func decodeItems(raw []byte, plan *DecodePlan, dst reflect.Value) ([]byte, error) {
	elem := dst.Type().Elem()
	for more := true; more; {
		n := dst.Len()
		if n == dst.Cap() {
			dst.Grow(1)
		}
		dst.SetLen(n + 1)
		row := dst.Index(n)
		row.SetZero() // memory the caller's slice had before
		if elem.Kind() == reflect.Pointer {
			row.Set(reflect.New(elem.Elem()))
			row = row.Elem()
		}
		var err error
		if raw, err = decodeObject(raw, plan, row); err != nil {
			return nil, err
		}
		raw, more = value.CutByte(raw, ',')
	}
	return raw, nil
}

// fieldAt returns a field by its index path and makes the embedded structs on
// the way that are nil pointers.
func fieldAt(v reflect.Value, path []int) reflect.Value {
	for i, x := range path {
		if i > 0 && v.Kind() == reflect.Pointer {
			if v.IsNil() {
				v.Set(reflect.New(v.Type().Elem()))
			}
			v = v.Elem()
		}
		v = v.Field(x)
	}
	return v
}
