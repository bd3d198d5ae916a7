package value

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/canon"
	"github.com/seed-7694ebf6/plinth/store/driver"
)

// knownType returns the form of the types of the standard library that have one.
func knownType(t reflect.Type, tag driver.Kind) (GoType, bool) {
	switch t {
	case reflect.TypeFor[time.Time]():
		if tag == driver.KindDate {
			return Exact(driver.KindDate, dateFromTime, timeFromDate), true
		}
		return Exact(driver.KindTimestamp, timestampFromTime, sameTime), true
	case reflect.TypeFor[json.RawMessage]():
		return Exact(driver.KindJSON, textFromRaw,
			func(s string) (json.RawMessage, error) { return json.RawMessage(s), nil }), true
	}
	return GoType{}, false
}

// Exact makes a [GoType] of two functions between a Go type and the bound
// form of a kind.
func Exact[T, B any](kind driver.Kind, encode func(*T) (B, error), decode func(B) (T, error)) GoType {
	return GoType{
		Kind: kind,
		Get: func(v reflect.Value) (any, error) {
			b, err := encode(pointerTo[T](v))
			if err != nil {
				return nil, err
			}
			return b, nil
		},
		Set: func(v reflect.Value, x any) error {
			b, ok := x.(B)
			if !ok {
				return mismatch(v, x)
			}
			t, err := decode(b)
			if err == nil {
				*pointerTo[T](v) = t
			}
			return err
		},
	}
}

// pointerTo returns the address of a value of type T, or of a copy where it has
// none.
func pointerTo[T any](v reflect.Value) *T {
	if v.CanAddr() {
		return v.Addr().Interface().(*T)
	}
	t := v.Interface().(T)
	return &t
}

// StoredTime cuts a time to the microseconds both engines keep.
func StoredTime(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

func timestampFromTime(t *time.Time) (time.Time, error) {
	u := StoredTime(*t)
	if y := u.Year(); y < 1 || y > 9999 {
		return time.Time{}, fmt.Errorf("year %d cannot be stored: %w", y, canon.ErrRange)
	}
	return u, nil
}

func sameTime(t time.Time) (time.Time, error) { return t, nil }

func dateFromTime(t *time.Time) (string, error) {
	if y := t.Year(); y < 1 || y > 9999 {
		return "", canon.ErrRange
	}
	return t.Format(time.DateOnly), nil
}

func timeFromDate(s string) (time.Time, error) { return time.Parse(time.DateOnly, s) }

func textFromRaw(raw *json.RawMessage) (string, error) {
	if len(*raw) == 0 {
		return "null", nil
	}
	return CanonicalJSON(*raw)
}

// documentType is any type that encoding/json can write and read, kept as JSON
// document. A nil map or slice is written as an empty one, so that readers find
// what the type promises.
func documentType(t reflect.Type) (GoType, error) {
	switch t.Kind() {
	case reflect.Map, reflect.Struct, reflect.Slice, reflect.Array, reflect.Interface:
	default:
		return GoType{}, fmt.Errorf("a JSON document as %s: use store.JSON, json.RawMessage, a map, a struct or a slice", t)
	}
	if t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8 {
		return GoType{}, fmt.Errorf("a JSON document as %s: use store.JSON or json.RawMessage", t)
	}
	if t.Implements(textMarshaler) && t.Kind() == reflect.Array {
		return GoType{}, fmt.Errorf("a JSON document as %s: leave out its type tag", t)
	}
	return GoType{
		Kind: driver.KindJSON,
		Get:  encodeDocument,
		Set: func(v reflect.Value, x any) error {
			s, ok := x.(string)
			if !ok {
				return mismatch(v, x)
			}
			return decodeDocument(v, []byte(s))
		},
		scan: decodeDocument,
	}, nil
}

func encodeDocument(v reflect.Value) (any, error) {
	x := v.Interface()
	if v.CanAddr() {
		x = v.Addr().Interface()
	}
	raw, err := json.Marshal(x)
	if err != nil {
		return nil, err
	}
	if bytes.Equal(raw, []byte("null")) {
		switch v.Kind() {
		case reflect.Map:
			return "{}", nil
		case reflect.Slice:
			return "[]", nil
		}
	}
	s, err := CanonicalJSON(raw)
	if err != nil {
		return nil, err
	}
	return s, nil
}

func decodeDocument(v reflect.Value, raw []byte) error {
	p := reflect.New(v.Type())
	if err := json.Unmarshal(raw, p.Interface()); err != nil {
		return err
	}
	v.Set(p.Elem())
	return nil
}

// codec is the interface store.Codec.
type codec interface {
	ColumnKind() driver.Kind
	EncodeColumn() (any, error)
	DecodeColumn(value any) error
}

// codecType is a type with its own encoding.
func codecType(t reflect.Type) (GoType, error) {
	kind := reflect.New(t).Interface().(codec).ColumnKind()
	if kind < driver.KindText || kind > driver.KindTextArray {
		return GoType{}, fmt.Errorf("%s.ColumnKind returns no kind", t)
	}
	form := GoType{Kind: kind, Bits: 64}
	return GoType{
		Kind: kind, Bits: 64,
		Get: func(v reflect.Value) (any, error) {
			x, err := codecOf(v).EncodeColumn()
			if err != nil || x == nil {
				return nil, err
			}
			return form.FromGo(x)
		},
		Set: func(v reflect.Value, x any) error {
			p := reflect.New(t)
			if err := p.Interface().(codec).DecodeColumn(x); err != nil {
				return err
			}
			v.Set(p.Elem())
			return nil
		},
	}, nil
}

func codecOf(v reflect.Value) codec {
	if !v.CanAddr() {
		p := reflect.New(v.Type())
		p.Elem().Set(v)
		v = p.Elem()
	}
	return v.Addr().Interface().(codec)
}
