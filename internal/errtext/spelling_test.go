package errtext_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/errtext"
)

func TestLimit(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]int{"": 1, "a": 1, "id": 2, "note": 2, "title": 3, "description": 3, strings.Repeat("x", 129): 0} {
		if got := errtext.MaxTypos(name); got != want {
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
		if got := errtext.Distance(tt.a, tt.b, tt.limit); got != tt.want {
			t.Errorf("%q to %q, limit %d: %d, want %d", tt.a, tt.b, tt.limit, got, tt.want)
		}
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	self := func(s string) string { return s }
	for _, tt := range []struct {
		name, forbidden, want string
	}{
		{"title", "", "title"},
		{"titel", "", "title"},
		{"titel", "title", "tile"},
		{"tilt", "", "tile"},
		{"owner", "", ""},
	} {
		var asked []string
		got := errtext.Nearest(tt.name, errtext.MaxTypos(tt.name), []string{"body", "title", "tile", "tale"}, self, func(s string) bool {
			asked = append(asked, s)
			return s != tt.forbidden
		})
		if got != tt.want {
			t.Errorf("%q without %q: %q, want %q", tt.name, tt.forbidden, got, tt.want)
		}
		if slices.Contains(asked, "body") {
			t.Errorf("%q: asked about %q, which is not alike", tt.name, asked)
		}
	}
}
