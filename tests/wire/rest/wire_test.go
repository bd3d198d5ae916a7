package rest_test

import (
	"strconv"
	"testing"
)

// sections is docs/wire.md, in its order.
func sections() []section {
	return []section{
		paths, selects, filters, embeds, aggregates, order, paging, counting, accept, conditional,
		writes, prefer, rows, functions, repeats, errors,
	}
}

// TestWire sends every example on both engines.
func TestWire(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, a *application) {
		for _, s := range sections() {
			for i, r := range s.rows {
				t.Run(s.title+"/"+strconv.Itoa(i+1), func(t *testing.T) { r.run(t, a) })
			}
		}
	})
}

// TestMatches compares texts with and without what may be anything.
func TestMatches(t *testing.T) {
	t.Parallel()
	tests := []struct {
		got, want string
		ok        bool
	}{
		{"abc", "abc", true},
		{"abc", "ab", false},
		{"abc", "…", true},
		{"abc", "a…c", true},
		{"abc", "a…b", false},
		{"abcd", "…b…d", true},
		{"abcd", "…c…b…", false},
		{"a", "a…a", false},
		{"", "", true},
		{"x", "", false},
	}
	for _, tt := range tests {
		if matches(tt.got, tt.want) != tt.ok {
			t.Errorf("matches(%q, %q) is %t", tt.got, tt.want, !tt.ok)
		}
	}
}
