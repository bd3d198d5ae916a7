package strictjson_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/strictjson"
)

// TestAppendStringIsToJSON compares with PostgreSQL 15's to_json of all characters from
// U+0001 to U+007F and some beyond.
func TestAppendStringIsToJSON(t *testing.T) {
	t.Parallel()

	want, err := os.ReadFile("testdata/to_json.txt")
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for c := rune(1); c < 0x80; c++ {
		text.WriteRune(c)
	}
	text.WriteString("é漢😀\u2028\u2029\ufeff<>&")
	if got := string(strictjson.AppendString(nil, text.String())); got != strings.TrimSuffix(string(want), "\n") {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestAppendStringAtEveryPosition puts each byte that needs care at each place of
// the words of eight and of the four of them that the fast path looks at together,
// where it could miss it.
func TestAppendStringAtEveryPosition(t *testing.T) {
	t.Parallel()

	for _, special := range []string{"\"", "\\", "\n", "\x00", "\x1f", "\x7f", "é", "\xff", "#", "!", "[", " ", "\"#", " \x1f!", "漢é字", "é\xff\n"} {
		for before := range 42 {
			for _, after := range []int{0, 1, 7, 8, 9, 31, 32, 40} {
				s := strings.Repeat("a", before) + special + strings.Repeat("b", after)
				got := strictjson.AppendString([]byte("x"), s)
				var back string
				if err := json.Unmarshal(got[1:], &back); err != nil || back != strings.ToValidUTF8(s, "\uFFFD") {
					t.Fatalf("%q became %s: %v", s, got, err)
				}
			}
		}
	}
}

func TestAppendStringOfInvalidUTF8(t *testing.T) {
	t.Parallel()

	tests := []struct{ in, want string }{
		{"", `""`},
		{"a\xffb\xfe\xfdc", "\"a\uFFFDb\uFFFD\uFFFDc\""},
		{"\xed\xa0\x80", "\"\uFFFD\uFFFD\uFFFD\""},
		{"é\xe2\x82", "\"é\uFFFD\uFFFD\""},
		{"\uFFFD", "\"\uFFFD\""},
		{"\x00\x0b", `"\u0000\u000b"`},
	}
	for _, tt := range tests {
		if got := string(strictjson.AppendStringBytes(nil, []byte(tt.in))); got != tt.want {
			t.Errorf("%q: got %s, want %s", tt.in, got, tt.want)
		}
	}
}
