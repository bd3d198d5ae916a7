package httpheader_test

import (
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/httpheader"
)

func TestIsToken(t *testing.T) {
	t.Parallel()
	// What RFC 9110 section 5.6.2 leaves of the visible characters are the delimiters.
	for c := range 256 {
		want := '!' <= c && c <= '~' && !strings.ContainsRune(`"(),/:;<=>?@[\]{}`, rune(c))
		if text := string([]byte{'a', byte(c), 'z'}); httpheader.IsToken(text) != want || httpheader.IsTokenChar(byte(c)) != want {
			t.Errorf("%q: want %v", text, want)
		}
	}
	if httpheader.IsToken("") {
		t.Error("nothing is a token")
	}
}
