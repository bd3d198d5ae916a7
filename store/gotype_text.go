package store

import (
	"encoding"
	"errors"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/seed-7694ebf6/plinth/internal/canon"
)

var textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()

// errText reports text that PostgreSQL cannot store.
var errText = errors.New("text must be valid UTF-8 without the character 0")

// checkText rejects text that only SQLite would store.
func checkText(s string) error {
	if strings.IndexByte(s, 0) >= 0 || !utf8.ValidString(s) {
		return errText
	}
	return nil
}

// stringType is text, or by its tag a decimal, date or uuid as string. Reading
// one of these from an empty string gives the zero of the kind, as for every
// other field that was left out.
func stringType(t reflect.Type, tag Kind) goType {
	parse := func(s string) (string, error) { return s, checkText(s) }
	kind := KindText
	switch tag {
	case KindDecimal:
		kind, parse = tag, canon.ParseDecimal
	case KindDate:
		kind, parse = tag, canon.ParseDate
	case KindUUID:
		kind, parse = tag, canon.ParseUUID
	}
	return goType{
		kind: kind,
		get: func(v reflect.Value) (any, error) {
			s := v.String()
			if s == "" && kind != KindText {
				return zeroValue(kind), nil
			}
			s, err := parse(s)
			if err != nil {
				return nil, err
			}
			return s, nil
		},
		set:  setter(reflect.Value.SetString),
		scan: scanString,
	}
}

// scanString also takes a number, as decimals are.
func scanString(v reflect.Value, raw []byte) error {
	if raw[0] != '"' {
		v.SetString(string(raw))
		return nil
	}
	s, err := unquoteJSON(raw)
	if err == nil {
		v.SetString(s)
	}
	return err
}

// uuidType is an array of 16 bytes.
func uuidType(t reflect.Type) goType {
	bytesOf := func(v reflect.Value) (u [16]byte) {
		if v.CanAddr() {
			copy(u[:], v.Bytes())
		} else {
			reflect.Copy(reflect.ValueOf(&u).Elem(), v)
		}
		return u
	}
	return goType{
		kind: KindUUID,
		get: func(v reflect.Value) (any, error) {
			var buf [36]byte
			return string(canon.AppendUUID(buf[:0], bytesOf(v))), nil
		},
		set: func(v reflect.Value, x any) error {
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

func textArrayType() goType {
	return goType{
		kind: KindTextArray,
		get: func(v reflect.Value) (any, error) {
			list := v.Convert(reflect.TypeFor[[]string]()).Interface().([]string)
			if list == nil {
				return []string{}, nil
			}
			for _, s := range list {
				if err := checkText(s); err != nil {
					return nil, err
				}
			}
			return list, nil
		},
		set: func(v reflect.Value, x any) error {
			list, ok := x.([]string)
			if !ok {
				return mismatch(v, x)
			}
			v.Set(reflect.ValueOf(slices.Clone(list)).Convert(v.Type()))
			return nil
		},
	}
}
