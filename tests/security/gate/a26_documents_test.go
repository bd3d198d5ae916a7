package gate_test

import (
	"cmp"
	"encoding/json"
	"maps"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
)

// metaPaths are paths as a client writes them, and their steps.
var metaPaths = []struct {
	text  string
	steps []any
}{
	{"->a", []any{"a"}},
	{"->b", []any{"b"}},
	{"->b->c", []any{"b", "c"}},
	{"->0", []any{0}},
	{"->-1", []any{-1}},
	{"->a->2", []any{"a", 2}},
	{`->"x y"`, []any{"x y"}},
	{"->x y", []any{"x y"}},
	{`->"0"`, []any{"0"}},
	{`->2->"a"`, []any{2, "a"}},
	{"->A", []any{"A"}},
}

// metaComparison compares a document, what a path leads to, or that as text.
func metaComparison(r *rand.Rand) predicate {
	path := metaPaths[r.IntN(len(metaPaths))]
	column, text := "meta"+path.text, r.IntN(2) == 0
	if r.IntN(6) == 0 {
		column, path.steps, text = "meta", nil, false
	}
	if text {
		i := strings.LastIndex(column, "->")
		column = column[:i] + "->>" + column[i+2:]
	}
	find := func(x row) (any, bool) {
		v, ok := x["meta"]
		if !ok {
			return nil, false
		}
		if v, ok = at(v, path.steps); text && ok {
			return asText(v)
		}
		return v, ok
	}
	if r.IntN(6) == 0 {
		return predicate{column + ".is.null", func(x row) truth { _, ok := find(x); return known(!ok) }}
	}
	if text {
		return textAtPath(r, column, find)
	}
	operand := append([]string{`1`, `1.00`, `"x"`, `{"a":1.000}`, `{"c":"x"}`, `["x"]`, `{"b":{}}`, `true`, `["a",{}]`}, sheetMetas...)
	return compared(r, column, []string{"cs", "cs", "cd", "eq", "neq", "isdistinct"}, operand, func(op string, x row, value string) truth {
		v, ok := find(x)
		switch {
		case !ok && op == "isdistinct":
			return isTrue
		case !ok:
			return unknown
		case op == "cs":
			return known(holds(v, document(value), true))
		case op == "cd":
			return known(holds(document(value), v, true))
		}
		return known((printed(v, "") == printed(document(value), "")) == (op == "eq"))
	})
}

func textAtPath(r *rand.Rand, column string, find func(x row) (any, bool)) predicate {
	ops := []string{"eq", "neq", "gt", "lte", "isdistinct", "like", "ilike"}
	values := []string{"1", "1.0", "10", "9", "a", "A", "x", "X", "true", "", `é'"`, `{"c": "x"}`, `["x", "y"]`, "zero"}
	return compared(r, column, ops, values, func(op string, x row, value string) truth {
		v, ok := find(x)
		switch {
		case !ok && op == "isdistinct":
			return isTrue
		case !ok:
			return unknown
		case op == "isdistinct":
			return known(v != value)
		case op == "like" || op == "ilike":
			return likes(op, v, value) // values have no wildcards
		}
		return compare("name", op, v, value)
	})
}

// at goes the steps of a path; a scalar counts as an array of itself.
func at(v any, steps []any) (any, bool) {
	for _, step := range steps {
		switch step := step.(type) {
		case string:
			m, _ := v.(map[string]any)
			var ok bool
			if v, ok = m[step]; !ok {
				return nil, false
			}
		case int:
			list, isList := v.([]any)
			if _, isObject := v.(map[string]any); !isList && !isObject {
				list = []any{v}
			}
			if step < 0 {
				step += len(list)
			}
			if step < 0 || step >= len(list) {
				return nil, false
			}
			v = list[step]
		}
	}
	return v, true
}

// asText is what ->> makes of a value: nothing of null.
func asText(v any) (any, bool) {
	if s, ok := v.(string); ok || v == nil {
		return s, ok
	}
	return printed(v, " "), true
}

// printed writes a document with a space, or none, behind commas and colons;
// shorter keys come first.
func printed(v any, space string) string {
	switch v := v.(type) {
	case []any:
		items := make([]string, len(v))
		for i := range v {
			items[i] = printed(v[i], space)
		}
		return "[" + strings.Join(items, ","+space) + "]"
	case map[string]any:
		var members []string
		for _, k := range slices.SortedFunc(maps.Keys(v), func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) }) {
			members = append(members, printed(k, space)+":"+space+printed(v[k], space))
		}
		return "{" + strings.Join(members, ","+space) + "}"
	}
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

// holds says whether a document holds another. On top an array holds a scalar
// among its elements.
func holds(a, b any, top bool) bool {
	switch b := b.(type) {
	case map[string]any:
		m, ok := a.(map[string]any)
		for k, part := range b {
			whole, found := m[k]
			ok = ok && found && holds(whole, part, false)
		}
		return ok
	case []any:
		list, ok := a.([]any)
		for _, part := range b {
			ok = ok && slices.ContainsFunc(list, func(e any) bool { return holds(e, part, false) })
		}
		return ok
	}
	switch a := a.(type) {
	case []any:
		return top && slices.ContainsFunc(a, func(e any) bool { return holds(e, b, false) })
	case map[string]any:
		return false
	case json.Number:
		if n, ok := b.(json.Number); ok {
			x, _ := new(big.Rat).SetString(a.String())
			y, _ := new(big.Rat).SetString(n.String())
			return x.Cmp(y) == 0
		}
	}
	return a == b
}
