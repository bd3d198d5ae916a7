package fulltext

import (
	"strings"
	"testing"
)

// TestTSQuery compares what is read with what PostgreSQL's documentation says of
// to_tsquery. An empty want is a refusal.
func TestTSQuery(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"fat":                     "'fat'",
		" fat & rat ":             "'fat' & 'rat'",
		"fat|rat&!cat":            "'fat' | 'rat' & !'cat'",
		"fat<->rat <2> cat":       "'fat' <-> 'rat' <2> 'cat'",
		"!!(fat|(rat))":           "!!('fat' | ('rat'))",
		"fat:ab* & rat:*":         "'fat':ab* & 'rat':*",
		"'fat rat':*":             "'fat rat':*",
		"'it''s' & o'clock":       "'it s' & 'o clock'",
		`fat\&rat & '\''`:         "'fat rat' & ' '",
		"http://a.b/c_d-e":        "",
		"foo-bar_baz@x.y":         "'foo bar baz x y'",
		`foo\:bar`:                "'foo bar'",
		"東京 & élan":               "'東京' & 'élan'",
		"a <16384> b":             "'a' <16384> 'b'",
		"a <16385> b":             "",
		"a <99999999999999999> b": "",
		"a <-1> b":                "",
		"a < b":                   "",
		"a <> b":                  "",
		"fat rat":                 "",
		"fat &":                   "",
		"& fat":                   "",
		"fat & | rat":             "",
		"(fat":                    "",
		"fat)":                    "",
		"()":                      "",
		"!":                       "",
		"''":                      "",
		"'fat":                    "",
		`fat\`:                    "",
		":*":                      "",
		"fat:x":                   "",
		"fat:":                    "",
	} {
		got, err := TSQuery(text)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: got %q, %v, want %q", text, got, err, want)
		}
	}
	if got, err := TSQuery(" \n"); got != "" || err != nil {
		t.Errorf("spaces: %q, %v", got, err)
	}
}

func TestWebSearch(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`"sad cat" or -rat`:   `"sad cat" or -rat`,
		`state-of-the-art!`:   `state of the art `,
		`-"a-b" & (c | d_e)`:  `-"a b"    c   d e `,
		"a\n-b":               "a\n-b",
		`it's 1.5 http://x/y`: `it s 1 5 http   x y`,
	} {
		if got := WebSearch(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// What comes out of a query has no character that could end a word.
func FuzzTSQuery(f *testing.F) {
	for _, s := range []string{"fat & (rat | !'cat''s':*a) <2> b", `a\'b`, "'", `'\`, "<->", "!(", "a:*"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := TSQuery(text)
		if err != nil {
			return
		}
		if strings.ContainsAny(got, `\"`) || strings.Count(got, "'")%2 != 0 || strings.Contains(got, "''") {
			t.Errorf("%q becomes %q", text, got)
		}
		if again, err := TSQuery(got); err != nil || again != got {
			t.Errorf("%q becomes %q and then %q, %v", text, got, again, err)
		}
	})
}
