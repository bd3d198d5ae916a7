package api

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestTags(t *testing.T) {
	t.Parallel()
	tests := map[string][]string{
		``:                       nil,
		`"a"`:                    {`"a"`},
		`"a", W/"b",*`:           {`"a"`, `W/"b"`, `*`},
		`"a,b" , ,"c"`:           {`"a,b"`, `"c"`},
		`"open, "x"`:             {`"open, "x"`},
		"\t\"a\"\t":              {`"a"`},
		strings.Repeat(`,"`, 10): {`","`, `","`, `","`, `","`, `","`},
	}
	for line, want := range tests {
		if got := tags([]string{line}); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
	if got := len(tags([]string{strings.Repeat(`"a",`, 1000)})); got != maxTags {
		t.Errorf("%d tags of 1000", got)
	}
}

func FuzzIfMatch(f *testing.F) {
	for _, seed := range []string{`"1.x"`, `W/"1.x"`, `*`, `"1.x", "2"`, `"01.x"`, `"-1"`, `"1.x`, `"9223372036854775808.x"`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		p := ifMatch(http.Header{"If-Match": {line}})
		for _, v := range p.versions {
			if v <= 0 {
				t.Errorf("%q: version %d", line, v)
			}
			// A version that is read stands in the line after a quote.
			if !strings.Contains(line, `"`) {
				t.Errorf("%q: version without a tag", line)
			}
		}
		if p.holds(0) && !p.any {
			t.Errorf("%q holds for a row without a version", line)
		}
	})
}
