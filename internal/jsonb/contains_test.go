package jsonb_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/jsonb"
)

// What PostgreSQL 17 answers to a @> b; tests/conformance asks it again.
func TestContains(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		doc, part string
		want      bool
	}{
		{`{"a":1,"b":2}`, `{"a":1}`, true},
		{`{"a":1,"b":2}`, `{}`, true},
		{`{"a":1}`, `{"a":1,"b":2}`, false},
		{`{"a":1}`, `{"a":"1"}`, false},
		{`{"a":1}`, `{"a":1.00}`, true},
		{`{"a":10}`, `{"a":1}`, false},
		{`{"a":{"b":1,"c":2}}`, `{"a":{"b":1}}`, true},
		{`{"a":{"b":1}}`, `{"b":1}`, false},
		{`{"a":[1,2]}`, `{"a":[2]}`, true},
		{`{"a":[1,2]}`, `{"a":2}`, false},
		{`{"a":null}`, `{"a":null}`, true},
		{`{"a":null}`, `{}`, true},
		{`{}`, `{"a":null}`, false},
		{`{"a":{}}`, `{"a":[]}`, false},
		{`[1,2,3]`, `[3,1]`, true},
		{`[1,2,3]`, `[1,1,1]`, true},
		{`[1,2]`, `[1,2,3]`, false},
		{`[1,2]`, `[]`, true},
		{`[]`, `[]`, true},
		{`[]`, `{}`, false},
		{`{}`, `[]`, false},
		{`[[1,2],[3]]`, `[[2]]`, true},
		{`[[1,2],[3]]`, `[2]`, false},
		{`[[1],[2]]`, `[[1,2]]`, false},
		{`[{"a":1,"b":2}]`, `[{"b":2}]`, true},
		{`[{"a":1},{"b":2}]`, `[{"a":1,"b":2}]`, false},
		{`["a","b"]`, `"a"`, true},
		{`["a","b"]`, `"c"`, false},
		{`[1.0]`, `1`, true},
		{`[["a"]]`, `"a"`, false},
		{`"a"`, `["a"]`, false},
		{`"a"`, `[]`, false},
		{`"a"`, `"a"`, true},
		{`"a"`, `"A"`, false},
		{`1`, `1.0`, true},
		{`-0.5`, `-0.50`, true},
		{`null`, `null`, true},
		{`null`, `false`, false},
		{`true`, `true`, true},
		{`{"a":1}`, `"a"`, false},
	} {
		got, err := jsonb.Contains([]byte(tt.doc), []byte(tt.part))
		if err != nil || got != tt.want {
			t.Errorf("%s @> %s: %v, %v, want %v", tt.doc, tt.part, got, err, tt.want)
		}
	}
}

func TestOverlaps(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{`["a","b"]`, `["b","c"]`, true},
		{`["a"]`, `["A"]`, false},
		{`[]`, `["a"]`, false},
		{`["a"]`, `[]`, false},
		{`[""]`, `[""]`, true},
	} {
		got, err := jsonb.Overlaps([]byte(tt.a), []byte(tt.b))
		if err != nil || got != tt.want {
			t.Errorf("%s && %s: %v, %v, want %v", tt.a, tt.b, got, err, tt.want)
		}
	}
}

func TestNoDocument(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "{", `{"a":}`, "[1", "[]]", "\"a", "tru", "{\"a\":1"} {
		if _, err := jsonb.Contains([]byte(text), []byte("{}")); err == nil {
			t.Errorf("contains: %q is taken for a document", text)
		}
		if _, err := jsonb.Contains([]byte("{}"), []byte(text)); err == nil {
			t.Errorf("contained: %q is taken for a document", text)
		}
		if _, err := jsonb.Overlaps([]byte(text), []byte("[]")); err == nil {
			t.Errorf("overlaps: %q is taken for a document", text)
		}
	}
}

// TestContainsAtRandom compares with a search of everything in everything.
func TestContainsAtRandom(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	held, overlapping := 0, 0
	for range 20_000 {
		doc, part := randomDocument(r, 3), randomDocument(r, 3)
		if kept, ok := doc.([]any); ok && r.IntN(2) == 0 {
			kept = append([]any{}, kept...)
			r.Shuffle(len(kept), func(i, j int) { kept[i], kept[j] = kept[j], kept[i] })
			part = kept[:r.IntN(len(kept)+1)]
		}
		a, b := text(doc), text(part)
		want := naive(doc, part, true)
		if got, err := jsonb.Contains(a, b); err != nil || got != want {
			t.Fatalf("seed %d: %s @> %s: %v, %v, want %v", seed, a, b, got, err, want)
		}
		if want {
			held++
		}
		x, isX := doc.([]any)
		y, isY := part.([]any)
		if !isX || !isY || strings.ContainsAny(string(a[1:])+string(b[1:]), "[{") {
			continue
		}
		want = false
		for _, v := range y {
			want = want || naive(x, v, true)
		}
		if got, err := jsonb.Overlaps(a, b); err != nil || got != want {
			t.Fatalf("seed %d: %s && %s: %v, %v, want %v", seed, a, b, got, err, want)
		}
		if want {
			overlapping++
		}
	}
	if held < 1000 || overlapping < 100 {
		t.Errorf("%d contain and %d overlap: the test finds nothing", held, overlapping)
	}
}

// randomDocument is now and then too long to be looked through one by one.
func randomDocument(r *rand.Rand, depth int) any {
	switch n := r.IntN(10); {
	case depth == 0 || n < 3:
		return []any{json.Number("1"), json.Number("1.0"), json.Number("-0.50"), json.Number("-0.5"), json.Number("10"), "1", "a", "", "a longer text for fewer of them", nil, true, false}[r.IntN(12)]
	case n < 8:
		list := []any{}
		for range r.IntN([]int{3, 3, 30}[r.IntN(3)]) {
			list = append(list, randomDocument(r, depth-1))
		}
		return list
	}
	object := map[string]any{}
	for range r.IntN([]int{3, 3, 20}[r.IntN(3)]) {
		object[fmt.Sprint("k", r.IntN(30))] = randomDocument(r, depth-1)
	}
	return object
}

func text(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return raw
}

func naive(doc, part any, top bool) bool {
	switch p := part.(type) {
	case []any:
		d, ok := doc.([]any)
		for _, v := range p {
			ok = ok && anyHolds(d, v)
		}
		return ok
	case map[string]any:
		d, ok := doc.(map[string]any)
		for key, v := range p {
			have, found := d[key]
			ok = ok && found && naive(have, v, false)
		}
		return ok
	case json.Number:
		if d, ok := doc.(json.Number); ok {
			x, _ := d.Float64()
			y, _ := p.Float64()
			return x == y
		}
	}
	if d, ok := doc.([]any); ok && top {
		return anyHolds(d, part)
	}
	return reflect.DeepEqual(doc, part)
}

func anyHolds(list []any, part any) bool {
	for _, v := range list {
		if naive(v, part, false) {
			return true
		}
	}
	return false
}
