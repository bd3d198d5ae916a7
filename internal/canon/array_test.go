package canon_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/canon"
)

// TestElements: the elements, <NULL> for NULL, and the place and the wish of an error.
func TestElements(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text string
		want []string
	}{
		{"{}", nil},
		{" { } ", nil},
		{"{a}", []string{"a"}},
		{"{ a b , 1.5,-2 }", []string{"a b", "1.5", "-2"}},
		{"\n{\ta\r\n,\v\"b\" \f}\t", []string{"a", "b"}},
		{"{\u00a0}", []string{"\u00a0"}},
		{`{"a,}","q\"\\","","NULL"}`, []string{"a,}", `q"\`, "", "NULL"}},
		{`{null,NULL,nullx}`, []string{"<NULL>", "<NULL>", "nullx"}},
		{"", []string{`0 "{"`}},
		{" a,b", []string{`1 "{"`}},
		{"{a", []string{"a", `2 "," or "}"`}},
		{"{a} b", []string{"a", "4 end of input"}},
		{"{a, }", []string{"a", "4 element"}},
		{"{,a}", []string{"1 element"}},
		{"{{a}}", []string{"1 element"}},
		{`{ "a}`, []string{"2 quoted element"}},
		{`{"a\`, []string{"1 quoted element"}},
		{`{"`, []string{"1 quoted element"}},
		{`{"a"b}`, []string{"a", `4 "," or "}"`}},
		{`{a"b"}`, []string{"a", `2 "," or "}"`}},
		{`{a\b}`, []string{"a", `2 "," or "}"`}},
		{`{\b}`, []string{"1 element"}},
	} {
		var got []string
		for e, err := range canon.Elements(tt.text) {
			switch wrong, ok := errors.AsType[*canon.ArrayError](err); {
			case ok && errors.Is(err, canon.ErrSyntax):
				got = append(got, fmt.Sprint(wrong.At, " ", wrong.Want))
			case err == nil && e.Null && e.Text == "":
				got = append(got, "<NULL>")
			case err == nil && !e.Null:
				got = append(got, e.Text)
			default:
				t.Errorf("%q: %+v, %v", tt.text, e, err)
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%q: %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestParseTextArray(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"{}": {}, "{ }": {}, `{a, b c ,"d\"e","f,g","NULL",""}`: {"a", "b c", `d"e`, "f,g", "NULL", ""}, "{\ta\n,b\t}": {"a", "b"},
	} {
		if got, err := canon.ParseTextArray(text); err != nil || got == nil || !slices.Equal(got, want) {
			t.Errorf("%q: %q, %v, want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"", "{", "}", " {a}", "{a} ", "{NULL}", "{a,null}", "{a,}", `{"a}`, "{a}{b}", "{{a}}"} {
		if got, err := canon.ParseTextArray(text); !errors.Is(err, canon.ErrSyntax) {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}

// FuzzElements: nothing follows an error, which is at a place in the text, and an array of
// texts has the same elements.
func FuzzElements(f *testing.F) {
	for _, text := range []string{"{}", "{a,b}", ` { "a,\\"b" , NULL, c d } `, "{a", "{a,}", "{{a}}", `{"a`, `{a"b"}`, "{a}x", `{\x}`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var (
			texts []string
			wrong error
			null  bool
		)
		for e, err := range canon.Elements(text) {
			if wrong != nil {
				t.Fatalf("%q goes on behind an error: %+v, %v", text, e, err)
			}
			if wrong = err; err == nil {
				texts, null = append(texts, e.Text), null || e.Null
			}
		}
		if at, ok := errors.AsType[*canon.ArrayError](wrong); wrong != nil && (!ok || at.At < 0 || at.At > len(text) || at.Want == "") {
			t.Errorf("%q: %+v", text, wrong)
		}
		list, err := canon.ParseTextArray(text)
		if err == nil && (wrong != nil || null || !slices.Equal(list, texts)) {
			t.Errorf("%q: %q, and %q, %v", text, list, texts, wrong)
		}
	})
}
