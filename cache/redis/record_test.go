package redis

import (
	"slices"
	"strings"
	"testing"
)

func TestRecord(t *testing.T) {
	t.Parallel()
	for _, tags := range [][]string{nil, {""}, {"a b", "c\n"}, {strings.Repeat("x", 300), "y", "z"}} {
		versions := slices.Repeat([]string{"17"}, len(tags))
		text := strings.Join(versions, " ") + "\n" + string(appendTags(nil, tags)) + "value\n"
		r, ok := parseRecord(text)
		if !ok || !slices.Equal(r.tags, tags) || !slices.Equal(r.versions, versions) || r.value != "value\n" {
			t.Errorf("tags %q: %+v, %t", tags, r, ok)
		}
		for i := range len(text) - len("value\n") {
			if _, ok := parseRecord(text[:i]); ok {
				t.Errorf("tags %q: cut after %d bytes", tags, i)
			}
		}
	}
}

func FuzzRecord(f *testing.F) {
	f.Add("17 18\n" + string(appendTags(nil, []string{"a", "b"})) + "value")
	f.Add("\n")
	f.Fuzz(func(t *testing.T, text string) {
		r, ok := parseRecord(text)
		if ok && (len(r.tags) != len(r.versions) || len(r.value) > len(text)) {
			t.Errorf("%q: %+v", text, r)
		}
	})
}
