package value

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/uptrace/bun/schema"
)

// GoType is how the Go type of a field holds the values of its column. It is
// made once when a table is registered; all reflection on types is here and in
// the files gotype_*.go.
type GoType struct {
	Kind     driver.Kind
	Nullable bool
	Bits     int  // of integers and floats
	Unsigned bool // integers
	NullZero bool // the zero of base is NULL

	// base is the field's type without pointer and sql.Null, getBase its get.
	base    reflect.Type
	getBase func(reflect.Value) (any, error)

	// Get returns the bound value of a field, nil for NULL.
	Get func(reflect.Value) (any, error)

	// Set sets a field, which must be settable, to a bound value or nil. It
	// copies slices.
	Set func(reflect.Value, any) error

	// scan sets a field from canonical JSON other than null, without a
	// detour over a bound value. It is nil where set must do.
	scan func(reflect.Value, []byte) error

	// Zero is the bound value of the type's zero. A column that is not nullable gets it
	// if no value is given.
	Zero any
}

// errNull reports NULL for a field that cannot hold it.
var errNull = errors.New("NULL in a field that cannot hold it: make it a pointer")

// Of reads the type of a field, which may be one of the known types. The error says
// what to do instead.
func Of(f *schema.Field, known map[reflect.Type]GoType) (GoType, error) {
	tag, err := typeTag(f)
	if err != nil {
		return GoType{}, err
	}
	t := f.StructField.Type
	var g GoType
	switch {
	case t.Kind() == reflect.Pointer:
		if g, err = baseType(t.Elem(), tag, f, known); err == nil {
			g = g.pointer()
		}
	case isSQLNull(t):
		if g, err = baseType(t.Field(0).Type, tag, f, known); err == nil {
			g = g.sqlNull()
		}
	default:
		g, err = baseType(t, tag, f, known)
	}
	if err != nil {
		return GoType{}, err
	}
	if f.Tag.HasOption("nullzero") {
		g = g.zeroAsNull(f.IsZero)
		g.NullZero = g.base == t
	}
	if f.Tag.HasOption("notnull") {
		g.Nullable = false
	}
	if g.Nullable && g.Kind == driver.KindJSON {
		g = g.withoutNullDocument()
	}
	return g, nil
}

// baseType reads a type that is neither pointer nor sql.Null.
func baseType(t reflect.Type, tag driver.Kind, f *schema.Field, known map[reflect.Type]GoType) (GoType, error) {
	g, err := plainType(t, tag, f.Tag.HasOption("array"), known)
	if err != nil {
		return GoType{}, err
	}
	if tag != 0 && tag != g.Kind {
		return GoType{}, fmt.Errorf("a field of type %s cannot be %s as its type tag says", t, tag)
	}
	g.base, g.getBase = t, g.Get
	g.Zero, err = g.Get(reflect.New(t).Elem())
	if err != nil || g.Zero == nil {
		g.Zero = ZeroValue(g.Kind)
	}
	return g, nil
}

// plainType finds the kind of a type: what it says itself, then the known types, then its
// shape.
func plainType(t reflect.Type, tag driver.Kind, array bool, known map[reflect.Type]GoType) (GoType, error) {
	if reflect.PointerTo(t).Implements(reflect.TypeFor[codec]()) {
		return codecType(t)
	}
	if g, ok := knownType(t, tag); ok {
		return g, nil
	}
	if g, ok := known[t]; ok {
		return g, nil
	}
	if tag == driver.KindJSON {
		return documentType(t)
	}
	switch t.Kind() {
	case reflect.String:
		return StringType(t, tag), nil
	case reflect.Bool:
		return boolType(), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return intType(t.Bits()), nil
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return uintType(t.Bits()), nil
	case reflect.Uint, reflect.Uint64, reflect.Uintptr:
		return GoType{}, fmt.Errorf("%s does not fit the 64-bit integers of the engines, where 1<<63 would turn negative: "+
			"use int64, uint32 or store.Decimal", t)
	case reflect.Float32, reflect.Float64:
		return floatType(t.Bits()), nil
	case reflect.Array:
		if isUUIDArray(t) {
			return uuidType(t), nil
		}
	case reflect.Slice:
		return sliceType(t, array)
	case reflect.Map, reflect.Struct, reflect.Interface:
		return GoType{}, fmt.Errorf("no column type for %s: tag it `bun:\"type:jsonb\"` to keep it as JSON document, or implement store.Codec", t)
	}
	return GoType{}, fmt.Errorf("no column type for %s: implement store.Codec", t)
}

func sliceType(t reflect.Type, array bool) (GoType, error) {
	switch {
	case t.Elem().Kind() == reflect.Uint8:
		return bytesType(), nil
	case t.Elem() == reflect.TypeFor[string]() && array:
		return textArrayType(), nil
	case t.Elem() == reflect.TypeFor[string]():
		return GoType{}, fmt.Errorf("%s needs a tag: `bun:\",array\"` for a text array or `bun:\"type:jsonb\"` for a JSON document", t)
	case array:
		return GoType{}, fmt.Errorf("%s: only []string can be an array: tag it `bun:\"type:jsonb\"` to keep it as JSON document", t)
	}
	return GoType{}, fmt.Errorf("no column type for %s: tag it `bun:\"type:jsonb\"` to keep it as JSON document", t)
}

// isSQLNull reports sql.Null[T], sql.NullString and their like: a value and
// Valid.
func isSQLNull(t reflect.Type) bool {
	return t.PkgPath() == "database/sql" && t.Kind() == reflect.Struct && t.NumField() == 2 &&
		strings.HasPrefix(t.Name(), "Null") && t.Field(1).Name == "Valid"
}

// isUUIDArray reports whether t is an unnamed array of 16 bytes or one that implements
// encoding.TextMarshaler.
func isUUIDArray(t reflect.Type) bool {
	if t.Len() != 16 || t.Elem().Kind() != reflect.Uint8 {
		return false
	}
	return t.Name() == "" || t.Implements(textMarshaler)
}

// typeTag returns the kind a tag type: names, or 0 without one. The column
// types of the database follow from the kind alone, so a tag only decides
// between the kinds a Go type could have.
func typeTag(f *schema.Field) (driver.Kind, error) {
	// Bun's field.UserSQLType can also be a type Bun has thought of itself.
	text, _ := f.Tag.Option("type")
	name := strings.ToLower(strings.TrimSpace(text))
	if name == "" {
		return 0, nil
	}
	if name, args, ok := strings.Cut(name, "("); ok && kindOfTag[strings.TrimSpace(name)] != 0 {
		return 0, fmt.Errorf("type:%s: only PostgreSQL would enforce (%s: use type:%s and a validate tag", text, args, name)
	}
	kind := kindOfTag[name]
	if kind == 0 {
		return 0, fmt.Errorf("type:%s is not a column type of both engines", text)
	}
	return kind, nil
}

var kindOfTag = map[string]driver.Kind{
	"text": driver.KindText, "varchar": driver.KindText, "character varying": driver.KindText,
	"bool": driver.KindBool, "boolean": driver.KindBool,
	"smallint": driver.KindInt, "int2": driver.KindInt, "int": driver.KindInt, "integer": driver.KindInt, "int4": driver.KindInt, "bigint": driver.KindInt, "int8": driver.KindInt,
	"real": driver.KindFloat, "float4": driver.KindFloat, "double precision": driver.KindFloat, "float8": driver.KindFloat, "float": driver.KindFloat,
	"numeric": driver.KindDecimal, "decimal": driver.KindDecimal,
	"timestamptz": driver.KindTimestamp, "timestamp with time zone": driver.KindTimestamp, "timestamp": driver.KindTimestamp,
	"date": driver.KindDate, "uuid": driver.KindUUID,
	"bytea": driver.KindBytes, "blob": driver.KindBytes,
	"json": driver.KindJSON, "jsonb": driver.KindJSON,
	"text[]": driver.KindTextArray,
}
