package spelling_test

import (
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/spelling"
)

func TestLimit(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]int{"": 1, "a": 1, "id": 2, "note": 2, "title": 3, "description": 3, strings.Repeat("x", 129): 0} {
		if got := spelling.Limit(name); got != want {
			t.Errorf("%q: %d, want %d", name, got, want)
		}
	}
}

func TestDistance(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a, b        string
		limit, want int
	}{
		{"", "", 3, 0},
		{"note", "note", 3, 0},
		{"note", "notes", 3, 1},
		{"notes", "note", 3, 1},
		{"note", "nete", 3, 1},
		{"kitten", "sitting", 9, 3},
		{"kitten", "sitting", 4, 3},
		{"kitten", "sitting", 3, 3},
		{"kitten", "sitting", 2, 2},
		{"", "abc", 9, 3},
		{"", "abc", 2, 2},
		{"abcdefgh", "x", 5, 5},
	} {
		if got := spelling.Distance(tt.a, tt.b, tt.limit); got != tt.want {
			t.Errorf("%q to %q, limit %d: %d, want %d", tt.a, tt.b, tt.limit, got, tt.want)
		}
	}
}
