package errtext_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/seed-7694ebf6/plinth/internal/errtext"
)

func TestText(t *testing.T) {
	t.Parallel()
	const dots = "..."
	for _, tt := range []struct{ in, want string }{
		{"", ""},
		{"name", "name"},
		{strings.Repeat("a", 200), strings.Repeat("a", 200)},
		{strings.Repeat("a", 201), strings.Repeat("a", 200) + dots},
		{strings.Repeat("a", 199) + "é", strings.Repeat("a", 199) + dots},
		{strings.Repeat("a", 198) + "éé", strings.Repeat("a", 198) + "é" + dots},
		{strings.Repeat("a", 197) + "😀b", strings.Repeat("a", 197) + dots},
		{strings.Repeat("\x80", 300), dots}, // no rune begins in it
	} {
		if got := errtext.Quote(tt.in); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.in, got, tt.want)
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add(strings.Repeat("ü", 150))
	f.Fuzz(func(t *testing.T, s string) {
		got := errtext.Quote(s)
		if len(got) > errtext.MaxQuote+3 || utf8.ValidString(s) && !utf8.ValidString(got) || !strings.HasPrefix(s, strings.TrimSuffix(got, "...")) {
			t.Errorf("%q: %q", s, got)
		}
	})
}

func TestStorable(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ in, want string }{
		{"", ""},
		{"né", "né"},
		{"12345678", "12345678"},
		{"123456789", "12345678"},
		{"1234567é", "1234567"},
		{"12345😀", "12345"},
		{"a\x00b\xff\xfec", "a\uFFFDb\uFFFD"},
		{"\xff\xff\xff\xff\xff\xff\xff\xff\xff", "\uFFFD"},
	} {
		if got := errtext.Storable(tt.in, 8); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.in, got, tt.want)
		}
	}
}
