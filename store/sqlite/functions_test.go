package sqlite

import (
	sqldriver "database/sql/driver"
	"fmt"
	"strings"
	"testing"
	"unicode"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

func TestFunctions(t *testing.T) {
	t.Parallel()
	d := openFile(t, nil)
	for call, want := range map[string]string{
		"pl_float(1.0)":                           `["1"]`,
		"pl_float(1e20)":                          `["1e+20"]`,
		"pl_float(0.00001)":                       `["1e-05"]`,
		"pl_float(0.1)":                           `["0.1"]`,
		"pl_float(null)":                          `[null]`,
		"pl_lower('ÄÖÜ ABC')":                     `["äöü abc"]`,
		"pl_lower('')":                            `[""]`,
		"pl_lower(null)":                          `[null]`,
		"cast(pl_lower(5) as text)":               `["5"]`,
		"pl_lower('A' || char(0) || 'B')":         `["a\u0000b"]`,
		"cast(pl_regexp('^a.c$', 'abc') as text)": `["1"]`,
		"cast(pl_regexp('^a.c$', 'ABC') as text)": `["0"]`,
		"pl_regexp(null, 'a')":                    `[null]`,
		"pl_regexp('a', null)":                    `[null]`,
		"cast('a' like 'A' as text)":              `["0"]`,
	} {
		if got := values(t, d, nil, []driver.Kind{driver.KindText}, "select "+call); got != want {
			t.Errorf("%s = %s, want %s", call, got, want)
		}
	}
}

func TestRegexpRefusesABadPattern(t *testing.T) {
	t.Parallel()
	d := openFile(t, nil)
	s := &driver.Statement{SQL: "select pl_regexp(?1, 'a')", Args: []any{"(("}, Shape: &driver.Shape{Extra: []driver.Kind{driver.KindBool}}}
	wantError(t, "bad pattern", d.Query(t.Context(), nil, s, new(driver.Result)), driver.ErrValue)
	if got := value(t, d, nil, "select 1"); got != "[1]" {
		t.Errorf("afterwards: %s", got)
	}
}

func TestPatternsAreBounded(t *testing.T) {
	t.Parallel()
	var p patterns
	for i := range 3 * maxPatterns {
		text := fmt.Sprintf("^%d$", i)
		for range 2 {
			if re, err := p.get(text); err != nil || re.String() != text {
				t.Fatalf("%q: %v, %v", text, re, err)
			}
		}
		if len(p.byText) > maxPatterns {
			t.Fatalf("%d patterns are kept", len(p.byText))
		}
	}
}

func FuzzLower(f *testing.F) {
	f.Add("ÄÖÜ")
	f.Add("ǅ İ ẞ Σς")
	f.Add("\xff A")
	f.Fuzz(func(t *testing.T, s string) {
		got, err := plLower([]sqldriver.Value{s})
		if err != nil {
			t.Fatal(err)
		}
		var want strings.Builder
		for _, r := range s {
			want.WriteRune(unicode.ToLower(r))
		}
		if got != want.String() {
			t.Errorf("lower(%q) = %q, want %q", s, got, want.String())
		}
	})
}
