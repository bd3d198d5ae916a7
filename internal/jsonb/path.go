package jsonb

import (
	"fmt"

	"github.com/seed-7694ebf6/plinth/internal/strictjson"
)

// At returns the value at the end of a path, PostgreSQL's doc -> step -> step, or nil
// without one. A step is a string, the key of a member, or an int64, the index of an
// element, counted from the end if it is negative. An index takes a scalar for an array of
// itself, as in PostgreSQL.
func At(doc []byte, steps ...any) ([]byte, error) {
	v, err := parse(doc)
	if err != nil {
		return nil, err
	}
	for _, step := range steps {
		var ok bool
		switch step := step.(type) {
		case string:
			v, ok = member(v, step)
		case int64:
			v, ok = element(v, step)
		default:
			return nil, fmt.Errorf("jsonb: %T is not a step", step)
		}
		if !ok {
			return nil, nil
		}
	}
	return v.Raw(), nil
}

func member(v strictjson.Value, name string) (found strictjson.Value, ok bool) {
	for key, m := range v.Members() {
		if string(key) == name {
			found, ok = m, true // the last of equal keys
		}
	}
	return found, ok
}

func element(v strictjson.Value, position int64) (strictjson.Value, bool) {
	if isScalar(v) {
		return v, position == 0 || position == -1
	}
	if position < 0 {
		n := int64(0)
		for range v.Elements() {
			n++
		}
		if position += n; position < 0 {
			return strictjson.Value{}, false
		}
	}
	for i, e := range v.Elements() {
		if int64(i) == position {
			return e, true
		}
	}
	return strictjson.Value{}, false
}

// Text returns a canonical value as PostgreSQL's ->> does: a string without
// quotes and escapes, any other as jsonb prints it, and nothing for null.
func Text(value []byte) (text string, ok bool) {
	v, err := parse(value)
	if err != nil || v.Kind() == strictjson.Null {
		return "", false
	}
	if text, ok := v.Text(); ok {
		return text, true
	}
	if isScalar(v) {
		return string(value), true
	}
	return string(appendSpaced(nil, value)), true
}

// appendSpaced appends a document with the spaces jsonb prints, behind commas
// and colons.
func appendSpaced(dst, doc []byte) []byte {
	quoted := false
	for i := 0; i < len(doc); i++ {
		c := doc[i]
		dst = append(dst, c)
		switch {
		case c == '"':
			quoted = !quoted
		case quoted && c == '\\':
			i++
			dst = append(dst, doc[i])
		case !quoted && (c == ',' || c == ':'):
			dst = append(dst, ' ')
		}
	}
	return dst
}
