package gate_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
)

// TestA30CorpusAsKeys: every string that is text and short enough for a URL
// to hold it twice is a key of a document, and a path finds it and no other.
func TestA30CorpusAsKeys(t *testing.T) {
	t.Parallel()
	keys := slices.Compact(slices.Sorted(slices.Values(corpus())))
	keys = slices.DeleteFunc(keys, func(k string) bool { return len(inQuery(quotedValue(k))) > 3500 || !storable(k) })
	sheetEngines(t, 0, 0, func(t *testing.T, s *sheets) {
		for i, key := range keys {
			s.insertMeta(t, i, map[string]any{key: fmt.Sprintf("hit %d", i)})
		}
		for i, key := range keys {
			step := inQuery(quotedValue(key))
			for _, filter := range []string{
				"meta->>" + step + "=not.is.null",
				"meta->" + step + "=not.is.null",
				fmt.Sprintf("meta->>%s=eq.hit%%20%d", step, i),
				fmt.Sprintf("or=(meta->>%s.like.hit*,meta->%s->>0.eq.none)", step, step),
			} {
				if ids, _, err := s.find(t, asAdmin, filter); err != nil || !slices.Equal(ids, []int{i}) {
					t.Errorf("%q: %s finds %v, %v, want %d", shortened(key), shortened(filter), ids, err, i)
				}
			}
			got := s.do(t, asAdmin, ask{method: http.MethodGet, target: fmt.Sprintf("/sheets?select=v:meta->>%s&order=meta->>%s&limit=1", step, step)})
			if want := fmt.Sprintf(`[{"v":"hit %d"}]`, i); got.Body != want {
				t.Errorf("%q: selected and ordered: %s, want %s", shortened(key), got.Body, want)
			}
		}
	})
}

// TestA30Paths: what is no path is refused, and what is one finds exactly
// what stands there: a number is a position without quotes and a key with them.
func TestA30Paths(t *testing.T) {
	t.Parallel()
	docs := []any{
		map[string]any{"a'b": "quote", "x y": "space", "0": "zero", "é": "accent", "e\u0301": "mark", "a": map[string]any{"b": "deep"}, "": "nothing"},
		[]any{"first", "second"},
		map[string]any{"-1": "minus", "1e3": "hundreds", "9999999999": "big", "2147483648": "more", "a\\": "backslash", "A": "case"},
	}
	const refused = -1
	cases := []struct {
		path, value string
		want        int // the document, or refused
	}{
		{"meta->>a'b", "quote", 0},
		{`meta->>"a'b"`, "quote", 0},
		{"meta->>x y", "space", 0},
		{`meta->>"x y"`, "space", 0},
		{`meta->>"0"`, "zero", 0},
		{"meta->>é", "accent", 0},
		{"meta->>e\u0301", "mark", 0},
		{`meta->>""`, "nothing", 0},
		{"meta->a->>b", "deep", 0},
		{"meta->>0", "first", 1},
		{"meta->>-1", "second", 1},
		{`meta->>"-1"`, "minus", 2},
		{"meta->>1e3", "hundreds", 2},
		{`meta->>"9999999999"`, "big", 2},
		{`meta->>"a\\"`, "backslash", 2},
		{"meta->>A", "case", 2},
		{"meta->>9999999999", "big", refused},
		{"meta->>2147483648", "more", refused},
		{"meta->>-2147483649", "x", refused},
		{"meta" + strings.Repeat("->a", 49) + "->>b", "deep", refused},
		{"meta" + strings.Repeat("->a", 8) + "->>b", "deep", refused},
		{"meta->>a->b", "x", refused},
		{"meta->", "x", refused},
		{"meta->>", "x", refused},
		{"meta->->a", "x", refused},
		{"meta>>a", "x", refused},
		{"meta->>\"a\x00\"", "x", refused},
		{"meta->>a\xff", "x", refused},
		{"meta->>\xed\xa0\x80", "x", refused},
		{"name->>a", "x", refused},
		{"labels->>0", "x", refused},
		{"secret->>a", "x", refused},
		{"nothing->>a", "x", refused},
	}
	sheetEngines(t, 0, 0, func(t *testing.T, s *sheets) {
		for i, doc := range docs {
			s.insertMeta(t, i, doc)
		}
		for _, tt := range cases {
			ids, _, err := s.find(t, asAdmin, inQuery(tt.path)+"=eq."+tt.value)
			if tt.want == refused {
				for _, param := range []string{inQuery(tt.path) + "=eq.x", "select=" + inQuery(tt.path), "order=" + inQuery(tt.path), "or=(" + inQuery(tt.path) + ".eq.x)"} {
					s.do(t, asAdmin, ask{method: http.MethodGet, target: "/sheets?" + param}).Want(http.StatusBadRequest)
				}
				continue
			}
			if err != nil || !slices.Equal(ids, []int{tt.want}) {
				t.Errorf("%s=eq.%s finds %v, %v, want %d", tt.path, tt.value, ids, err, tt.want)
			}
		}
	})
}

// insertMeta stores a sheet with a document that the admin of the first tenant
// sees.
func (s *sheets) insertMeta(t *testing.T, id int, doc any) {
	t.Helper()
	raw, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	err = store.For[Sheet](s.db).Insert(store.WithTenant(t.Context(), tenant1), &Sheet{ID: int64(id), Secret: "x", Meta: new(store.JSON(raw))})
	if err != nil {
		t.Fatal(err)
	}
}
