package httpheader_test

import (
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/httpheader"
)

func TestCut(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ in, before, after string }{
		{"", "", ""},
		{"a", "a", ""},
		{"a,b,c", "a", "b,c"},
		{",b", "", "b"},
		{`"a,b",c`, `"a,b"`, "c"},
		{`"a\",b",c`, `"a\",b"`, "c"},
		{`"a\\",b`, `"a\\"`, "b"},
		{`a\,b`, `a\`, "b"}, // an escape is one in a quoted string only
		{`"a,b`, `"a,b`, ""},
		{`"a\`, `"a\`, ""},
	} {
		if before, after := httpheader.Cut(tt.in, ','); before != tt.before || after != tt.after {
			t.Errorf("%q: %q and %q, want %q and %q", tt.in, before, after, tt.before, tt.after)
		}
	}
}
