package value

import (
	sqldriver "database/sql/driver"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/canon"
	"github.com/seed-7694ebf6/plinth/store/driver"
)

// FromGo converts a Go value to a bound value of the type. It accepts the field's own
// type, types with the shape of the kind, and text for kinds in text form.
func (g *GoType) FromGo(v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	rv, ok := unwrap(reflect.ValueOf(v))
	if !ok {
		return nil, nil
	}
	if rv.Type() == g.base {
		return g.getBase(rv)
	}
	if g.Kind == driver.KindJSON {
		return fromGoDocument(rv)
	}
	if valuer, ok := rv.Interface().(sqldriver.Valuer); ok {
		plain, err := valuer.Value()
		if err != nil || plain == nil {
			return nil, err
		}
		rv = reflect.ValueOf(plain)
	}
	return g.fromGoShape(rv)
}

// unwrap follows pointers and sql.Null types; it reports false for NULL.
func unwrap(rv reflect.Value) (reflect.Value, bool) {
	for {
		switch {
		case rv.Kind() == reflect.Pointer:
			if rv.IsNil() {
				return rv, false
			}
			rv = rv.Elem()
		case isSQLNull(rv.Type()):
			if !rv.Field(1).Bool() {
				return rv, false
			}
			rv = rv.Field(0)
		default:
			return rv, true
		}
	}
}

// fromGoShape reads a value by the shape of its type.
func (g *GoType) fromGoShape(rv reflect.Value) (any, error) {
	switch g.Kind {
	case driver.KindBool:
		if rv.Kind() == reflect.Bool {
			return rv.Bool(), nil
		}
	case driver.KindInt:
		if rv.CanInt() || rv.CanUint() {
			return g.fromGoInt(rv)
		}
	case driver.KindFloat:
		switch {
		case rv.CanFloat():
			return g.float(widen(rv.Float(), rv.Type().Bits()))
		case rv.CanInt():
			return g.float(float64(rv.Int()))
		}
	case driver.KindTimestamp:
		if t, ok := rv.Interface().(time.Time); ok {
			return asBound(timestampFromTime(&t))
		}
	case driver.KindBytes:
		if rv.Kind() == reflect.Slice && rv.Type().Elem().Kind() == reflect.Uint8 {
			return append([]byte{}, rv.Bytes()...), nil
		}
	case driver.KindTextArray:
		if rv.Kind() == reflect.Slice && rv.Type().Elem().Kind() == reflect.String {
			return fromGoStrings(rv)
		}
	default:
		return g.fromGoText(rv)
	}
	return g.fromGoString(rv)
}

func (g *GoType) fromGoInt(rv reflect.Value) (any, error) {
	if rv.CanInt() {
		return g.integer(rv.Int())
	}
	if u := rv.Uint(); u <= math.MaxInt64 {
		return g.integer(int64(u))
	}
	return nil, canon.ErrRange
}

// fromGoText reads the kinds with a string as bound form.
func (g *GoType) fromGoText(rv reflect.Value) (any, error) {
	switch g.Kind {
	case driver.KindDecimal:
		switch {
		case rv.CanInt():
			return strconv.FormatInt(rv.Int(), 10), nil
		case rv.CanUint():
			return strconv.FormatUint(rv.Uint(), 10), nil
		}
	case driver.KindDate:
		if t, ok := rv.Interface().(time.Time); ok {
			return asBound(dateFromTime(&t))
		}
	case driver.KindUUID:
		if rv.Kind() == reflect.Array && isUUIDArray(rv.Type()) {
			return uuidType(rv.Type()).Get(rv)
		}
	}
	return g.fromGoString(rv)
}

// fromGoString reads a string in the form of the kind, if it has one that no
// other Go type of the kind would express better.
func (g *GoType) fromGoString(rv reflect.Value) (any, error) {
	if rv.Kind() == reflect.String {
		switch g.Kind {
		case driver.KindText, driver.KindDecimal, driver.KindTimestamp, driver.KindDate, driver.KindUUID:
			return g.FromText(rv.String())
		}
	}
	return nil, FormError(fmt.Sprintf("a Go value of type %s does not fit the type %s", rv.Type(), g.Kind))
}

// fromGoDocument encodes any value as JSON document.
func fromGoDocument(rv reflect.Value) (any, error) {
	raw, err := json.Marshal(rv.Interface())
	if err != nil {
		return nil, FormError("the Go value cannot be a JSON document: " + err.Error())
	}
	return asBound(CanonicalJSON(raw))
}

func fromGoStrings(rv reflect.Value) (any, error) {
	list := make([]string, 0, rv.Len())
	for _, item := range rv.Seq2() {
		s := item.String()
		if err := CheckText(s); err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return slices.Clip(list), nil
}
