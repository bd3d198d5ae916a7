package sqltokens

import (
	"slices"
	"testing"
)

func TestScan(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		`a >= -1.5e3 and "B c"<>'it''s' -- end`: {"a", ">=", "-", "1.5e3", "and", "B c", "<>", "it's"},
		"x::text /* why */ = any(array['é'])":   {"x", "::", "text", "=", "any", "(", "array", "[", "é", "]", ")"},
		"'' `k``` .5 1e":                        {"", "k`", ".5", "1", "e"},
	} {
		tokens, err := Scan(text)
		got := make([]string, len(tokens))
		for i, token := range tokens {
			got[i] = token.Text
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v, want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"a = 'b", `"a`, "/* a"} {
		if tokens, err := Scan(text); err == nil {
			t.Errorf("%s: %v, want an error", text, tokens)
		}
	}
}
