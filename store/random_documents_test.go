package store_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// leafDocs are documents in canonical form, so that no two are equal as texts.
// None is null: a column that can be NULL keeps that as NULL.
var leafDocs = []string{
	`{}`, `[]`, `"a"`, `7`, `{"a":1}`, `{"a":1.0,"b":{"c":"x"}}`, `{"a":"1","b":{"c":null}}`, `{"a":null}`, `{"a":[1,2,"x"],"x y":true}`, `["a","b",{"a":1}]`,
	`{"a":"A","b":["x","y"]}`, `{"a":"a","b":{"c":"X","d":[]}}`, `{"0":"zero","a":"é'\"","b":{"c":10}}`, `{"a":9,"b":{"c":9},"x y":false}`,
}

// docPaths are steps into them: keys and positions.
var docPaths = [][]any{{"a"}, {"a"}, {"b"}, {"b", "c"}, {"b", "c"}, {0}, {-1}, {1}, {"a", 0}, {"a", 2}, {"b", -1}, {"x y"}, {"0"}, {"A"}, {"b", "c", "d"}, {2, "a"}}

// documents of a leaf as the oracle reads them.
func readDoc(text string) any {
	var v any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		panic(err)
	}
	return v
}

// documentLeaf compares a document, what a path leads to in it, or that as text.
func (f *forest) documentLeaf() tree {
	var steps []any
	var path store.Path
	if f.r.IntN(5) > 0 {
		steps = docPaths[f.r.IntN(len(docPaths))]
	}
	for _, step := range steps {
		if key, ok := step.(string); ok {
			path = path.Key(key)
		} else {
			path = path.Item(int32(step.(int)))
		}
	}
	text := len(steps) > 0 && f.r.IntN(2) == 0
	// find returns what the path leads to; ok is false for NULL.
	find := func(row *leafRow) (v any, ok bool) {
		if row.values["doc"] < 0 {
			return nil, false
		}
		v, ok = docAt(readDoc(leafDocs[row.values["doc"]]), steps)
		if ok && text {
			if v == nil {
				return nil, false
			}
			v = docText(v)
		}
		return v, ok
	}
	if text {
		path = path.Text()
	}
	var t tree
	switch {
	case f.r.IntN(8) == 0:
		t = tree{store.Null("doc"), func(row *leafRow) ternary { _, ok := find(row); return ternaryOf(!ok) }, false, "doc is null", false}
	case text:
		t = f.docTextLeaf(find)
	default:
		t = f.docJSONLeaf(find)
	}
	t.cond, t.text = t.cond.At(path), fmt.Sprintf("%s at %v text %v", t.text, steps, text)
	return t
}

// docTextLeaf compares texts that find finds in documents.
func (f *forest) docTextLeaf(find func(*leafRow) (any, bool)) tree {
	texts := []string{"1", "1.0", "10", "9", "a", "A", "x", "X", "true", "", `é'"`, `{"c": "x"}`, `["x", "y"]`, "b"}
	ops := append(slices.Clone(leafOps), query.OpLike, query.OpILike)
	op := ops[f.r.IntN(len(ops))]
	judge := func(row *leafRow, operand string) ternary {
		v, ok := find(row)
		switch {
		case !ok && op == query.OpDistinct:
			return yes
		case !ok:
			return unknown
		case op == query.OpLike:
			return ternaryOf(likeOracle(operand, v.(string)))
		case op == query.OpILike:
			return ternaryOf(likeOracle(strings.ToLower(operand), strings.ToLower(v.(string))))
		case op == query.OpDistinct:
			return ternaryOf(v != operand)
		}
		return compareNumbers(op, 1+strings.Compare(v.(string), operand), 1)
	}
	operands := make([]string, 1+f.r.IntN(3))
	for i := range operands {
		operands[i] = texts[f.r.IntN(len(texts))]
		if op == query.OpLike || op == query.OpILike {
			operands[i] = []string{"%", "_", "a%", "%x%", "1_", "%\""}[f.r.IntN(6)]
		}
	}
	if f.r.IntN(3) == 0 {
		return f.listed("doc", op, operands, func(row *leafRow, i int) ternary { return judge(row, operands[i]) })
	}
	return tree{store.Compare("doc", op, store.Text(operands[0])), func(row *leafRow) ternary { return judge(row, operands[0]) }, false, fmt.Sprintf("doc op%d %q", op, operands[0]), false}
}

// docJSONLeaf compares documents that find finds in documents.
func (f *forest) docJSONLeaf(find func(*leafRow) (any, bool)) tree {
	parts := append([]string{`null`, `1`, `1.00`, `"x"`, `{"a":1.000}`, `{"c":"x"}`, `["x"]`, `{"b":{}}`, `true`, `[[]]`, `["a",{}]`, `{"b":{"c":9.0}}`}, leafDocs...)
	ops := []query.Op{query.OpContains, query.OpContains, query.OpContained, query.OpEq, query.OpNeq, query.OpDistinct}
	op := ops[f.r.IntN(len(ops))]
	judge := func(row *leafRow, operand string) ternary {
		v, ok := find(row)
		switch {
		case !ok && op == query.OpDistinct:
			return yes
		case !ok:
			return unknown
		case op == query.OpContains:
			return ternaryOf(docContains(v, readDoc(operand), true))
		case op == query.OpContained:
			return ternaryOf(docContains(readDoc(operand), v, true))
		}
		equal := docPrinted(v, "") == docPrinted(readDoc(operand), "")
		return ternaryOf(equal == (op == query.OpEq))
	}
	operands := make([]string, 1+f.r.IntN(3))
	for i := range operands {
		operands[i] = parts[f.r.IntN(len(parts))]
	}
	if f.r.IntN(3) == 0 {
		return f.listed("doc", op, operands, func(row *leafRow, i int) ternary { return judge(row, operands[i]) })
	}
	return tree{store.Compare("doc", op, store.Text(operands[0])), func(row *leafRow) ternary { return judge(row, operands[0]) }, false, fmt.Sprintf("doc op%d %s", op, operands[0]), false}
}

// docAt goes the steps of a path. A scalar counts as an array of itself.
func docAt(v any, steps []any) (any, bool) {
	for _, step := range steps {
		key, named := step.(string)
		if named {
			m, _ := v.(map[string]any)
			var ok bool
			if v, ok = m[key]; !ok {
				return nil, false
			}
			continue
		}
		list, isList := v.([]any)
		if _, isObject := v.(map[string]any); !isList && !isObject {
			list = []any{v}
		}
		i := step.(int)
		if i < 0 {
			i += len(list)
		}
		if i < 0 || i >= len(list) {
			return nil, false
		}
		v = list[i]
	}
	return v, true
}

// docText is the text of a value that is not null.
func docText(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return docPrinted(v, " ")
}

// docPrinted writes a document with a space, or none, behind commas and colons;
// shorter keys come first.
func docPrinted(v any, space string) string {
	switch v := v.(type) {
	case []any:
		items := make([]string, len(v))
		for i := range v {
			items[i] = docPrinted(v[i], space)
		}
		return "[" + strings.Join(items, ","+space) + "]"
	case map[string]any:
		var members []string
		keys := slices.SortedFunc(maps.Keys(v), func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
		for _, k := range keys {
			members = append(members, docPrinted(k, space)+":"+space+docPrinted(v[k], space))
		}
		return "{" + strings.Join(members, ","+space) + "}"
	}
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

// docContains says whether a holds b. On top an array holds a scalar among its
// elements.
func docContains(a, b any, top bool) bool {
	switch b := b.(type) {
	case map[string]any:
		m, ok := a.(map[string]any)
		for k, part := range b {
			whole, found := m[k]
			ok = ok && found && docContains(whole, part, false)
		}
		return ok
	case []any:
		list, ok := a.([]any)
		for _, part := range b {
			ok = ok && slices.ContainsFunc(list, func(e any) bool { return docContains(e, part, false) })
		}
		return ok
	case json.Number:
		if n, ok := a.(json.Number); ok {
			x, _ := new(big.Rat).SetString(n.String())
			y, _ := new(big.Rat).SetString(b.String())
			return x.Cmp(y) == 0
		}
	}
	if list, ok := a.([]any); ok && top {
		return slices.ContainsFunc(list, func(e any) bool { return docContains(e, b, false) })
	}
	_, isObject := a.(map[string]any)
	_, isList := a.([]any)
	return !isObject && !isList && a == b
}
