package value

import (
	"encoding"
	"errors"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/seed-7694ebf6/plinth/internal/canon"
	"github.com/seed-7694ebf6/plinth/store/driver"
)

var textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()

// ErrText reports text that PostgreSQL cannot store.
var ErrText = errors.New("text must be valid UTF-8 without the character 0")

// CheckText rejects text that only SQLite would store.
func CheckText(s string) error {
	if strings.IndexByte(s, 0) >= 0 || !utf8.ValidString(s) {
		return ErrText
	}
	return nil
}

// StringType is text, or by its tag a decimal, date or uuid as string. Reading
// one of these from an empty string gives the zero of the kind, as for every
// other field that was left out.
func StringType(t reflect.Type, tag driver.Kind) GoType {
	parse := func(s string) (string, error) { return s, CheckText(s) }
	kind := driver.KindText
	switch tag {
	case driver.KindDecimal:
		kind, parse = tag, canon.ParseDecimal
	case driver.KindDate:
		kind, parse = tag, canon.ParseDate
	case driver.KindUUID:
		kind, parse = tag, canon.ParseUUID
	}
	return GoType{
		Kind: kind,
		Get: func(v reflect.Value) (any, error) {
			s := v.String()
			if s == "" && kind != driver.KindText {
				return ZeroValue(kind), nil
			}
			s, err := parse(s)
			if err != nil {
				return nil, err
			}
			return s, nil
		},
		Set:  setter(reflect.Value.SetString),
		scan: scanString,
	}
}

// scanString also takes a number, as decimals are.
func scanString(v reflect.Value, raw []byte) error {
	if raw[0] != '"' {
		v.SetString(string(raw))
		return nil
	}
	s, err := UnquoteJSON(raw)
	if err == nil {
		v.SetString(s)
	}
	return err
}

// uuidType is an array of 16 bytes.
func uuidType(t reflect.Type) GoType {
	bytesOf := func(v reflect.Value) (u [16]byte) {
		if v.CanAddr() {
			copy(u[:], v.Bytes())
		} else {
			reflect.Copy(reflect.ValueOf(&u).Elem(), v)
		}
		return u
	}
	return GoType{
		Kind: driver.KindUUID,
		Get: func(v reflect.Value) (any, error) {
			var buf [36]byte
			return string(canon.AppendUUID(buf[:0], bytesOf(v))), nil
		},
		Set: func(v reflect.Value, x any) error {
			s, ok := x.(string)
			if !ok {
				return mismatch(v, x)
			}
			return setUUID(v, s)
		},
		scan: func(v reflect.Value, raw []byte) error {
			if len(raw) < 2 {
				return canon.ErrSyntax
			}
			return setUUID(v, string(raw[1:len(raw)-1]))
		},
	}
}

func setUUID(v reflect.Value, s string) error {
	u, err := canon.DecodeUUID(s)
	if err == nil {
		copy(v.Bytes(), u[:])
	}
	return err
}

func textArrayType() GoType {
	return GoType{
		Kind: driver.KindTextArray,
		Get: func(v reflect.Value) (any, error) {
			list := v.Convert(reflect.TypeFor[[]string]()).Interface().([]string)
			if list == nil {
				return []string{}, nil
			}
			for _, s := range list {
				if err := CheckText(s); err != nil {
					return nil, err
				}
			}
			return list, nil
		},
		Set: func(v reflect.Value, x any) error {
			list, ok := x.([]string)
			if !ok {
				return mismatch(v, x)
			}
			v.Set(reflect.ValueOf(slices.Clone(list)).Convert(v.Type()))
			return nil
		},
	}
}
