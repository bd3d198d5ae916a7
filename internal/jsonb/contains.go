package jsonb

import (
	"bytes"

	"github.com/seed-7694ebf6/plinth/internal/canon"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
)

// Contains reports whether doc contains part, PostgreSQL's doc @> part. An object contains
// the members of another. An array contains another if each element of the other is
// contained in one of its own, in any order and number. Numbers are compared as numbers. On
// the top level only, an array contains a scalar that is one of its elements.
//
// It takes linear time, except for objects and arrays inside arrays: each is compared with
// all elements.
func Contains(doc, part []byte) (bool, error) {
	a, b, err := parseBoth(doc, part)
	if err != nil {
		return false, err
	}
	if a.Kind() == strictjson.Array && isScalar(b) {
		return containedInAny(a, b), nil
	}
	return contains(a, b), nil
}

// Overlaps reports whether two arrays of scalars have an element in common,
// PostgreSQL's a && b.
func Overlaps(a, b []byte) (bool, error) {
	x, y, err := parseBoth(a, b)
	if err != nil {
		return false, err
	}
	if len(x.Raw()) > len(y.Raw()) {
		x, y = y, x
	}
	have := scalars(x)
	for _, v := range y.Elements() {
		if isScalar(v) && have[string(spelling(v))] {
			return true, nil
		}
	}
	return false, nil
}

func parseBoth(a, b []byte) (x, y strictjson.Value, err error) {
	if x, err = parse(a); err == nil {
		y, err = parse(b)
	}
	return x, y, err
}

func parse(doc []byte) (strictjson.Value, error) {
	return strictjson.Parse(doc, strictjson.Limits{Growth: -1, LastWins: true})
}

func isScalar(v strictjson.Value) bool {
	return v.Kind() != strictjson.Array && v.Kind() != strictjson.Object
}

func contains(a, b strictjson.Value) bool {
	if a.Kind() != b.Kind() {
		return false
	}
	switch a.Kind() {
	case strictjson.Object:
		return containsMembers(a, b)
	case strictjson.Array:
		return containsElements(a, b)
	case strictjson.Number:
		return canon.CompareDecimal(string(a.Raw()), string(b.Raw())) == 0
	}
	return bytes.Equal(a.Raw(), b.Raw())
}

// few is the size up to which a linear search is used: building a map costs more than it
// saves.
const few = 64

func containsMembers(a, b strictjson.Value) bool {
	if len(b.Raw()) <= few {
		for key, part := range b.Members() {
			if v, ok := member(a, string(key)); !ok || !contains(v, part) {
				return false
			}
		}
		return true
	}
	want := make(map[string]strictjson.Value)
	for key, v := range b.Members() {
		want[string(key)] = v
	}
	found := 0
	for key, v := range a.Members() {
		part, ok := want[string(key)]
		if !ok {
			continue
		}
		if !contains(v, part) {
			return false
		}
		found++
	}
	return found == len(want)
}

func containsElements(a, b strictjson.Value) bool {
	short := min(len(a.Raw()), len(b.Raw())) <= few
	if !short && !containsScalars(a, b) {
		return false
	}
	for _, part := range b.Elements() {
		if (short || !isScalar(part)) && !containedInAny(a, part) {
			return false
		}
	}
	return true
}

func containedInAny(list, part strictjson.Value) bool {
	for _, v := range list.Elements() {
		if contains(v, part) {
			return true
		}
	}
	return false
}

// containsScalars reports whether an array has the scalars of another among its elements.
// A map is made of the shorter one.
func containsScalars(a, b strictjson.Value) bool {
	if len(a.Raw()) < len(b.Raw()) {
		have := scalars(a)
		for _, v := range b.Elements() {
			if isScalar(v) && !have[string(spelling(v))] {
				return false
			}
		}
		return true
	}
	missing := scalars(b)
	for _, v := range a.Elements() {
		if len(missing) == 0 {
			break
		}
		if missing[string(spelling(v))] {
			delete(missing, string(spelling(v)))
		}
	}
	return len(missing) == 0
}

// scalars returns the set of scalars among the elements of an array.
func scalars(list strictjson.Value) map[string]bool {
	all := make(map[string]bool)
	for _, v := range list.Elements() {
		if s := spelling(v); isScalar(v) && !all[string(s)] {
			all[string(s)] = true
		}
	}
	return all
}

// spelling returns the normal form of a scalar: equal numbers have the same form, without
// zeros at the end.
func spelling(v strictjson.Value) []byte {
	raw := v.Raw()
	if v.Kind() != strictjson.Number || bytes.IndexByte(raw, '.') < 0 {
		return raw
	}
	return bytes.TrimRight(bytes.TrimRight(raw, "0"), ".")
}
