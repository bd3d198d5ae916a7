package jsonb

import (
	"bytes"

	"github.com/seed-7694ebf6/plinth/internal/canon"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
)

// Contains reports whether doc contains part, PostgreSQL's doc @> part: an
// object the members of the other, an array something that contains each
// element of the other, in whatever order and number. Numbers are compared as
// numbers. On the top level, and only there, an array contains a scalar that is
// one of its elements.
//
// It takes time in proportion to the product of the sizes of two arrays.
func Contains(doc, part []byte) (bool, error) {
	a, b, err := parseBoth(doc, part)
	if err != nil {
		return false, err
	}
	if a.Kind() == strictjson.Array && isScalar(b) {
		return containedInAny(elements(a), b), nil
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
	list := elements(x)
	for _, v := range y.Elements() {
		if containedInAny(list, v) {
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
		list := elements(a)
		for _, v := range b.Elements() {
			if !containedInAny(list, v) {
				return false
			}
		}
		return true
	case strictjson.Number:
		return canon.CompareDecimal(string(a.Raw()), string(b.Raw())) == 0
	}
	return bytes.Equal(a.Raw(), b.Raw())
}

func containsMembers(a, b strictjson.Value) bool {
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

func containedInAny(list []strictjson.Value, part strictjson.Value) bool {
	for _, v := range list {
		if contains(v, part) {
			return true
		}
	}
	return false
}

func elements(v strictjson.Value) []strictjson.Value {
	var list []strictjson.Value
	for _, e := range v.Elements() {
		list = append(list, e)
	}
	return list
}
