package strictjson_test

import (
	"os"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/strictjson"
)

// pair is a document and what PostgreSQL 15 printed for document::jsonb::text.
type pair struct{ document, jsonb string }

// jsonbPairs reads what a real server was asked for, one pair a line with a tab
// between. The first lines are edge cases by hand, the rest was drawn at random.
func jsonbPairs(tb testing.TB, name string) []pair {
	tb.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		tb.Fatal(err)
	}
	var pairs []pair
	for line := range strings.Lines(string(data)) {
		document, jsonb, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if !ok {
			tb.Fatalf("no tab in %q", line)
		}
		pairs = append(pairs, pair{document, jsonb})
	}
	return pairs
}

// TestCanonicalIsPostgresJSONB holds three things equal: the canonical form of the
// document, the canonical form of the server's text, and that text without spaces.
func TestCanonicalIsPostgresJSONB(t *testing.T) {
	t.Parallel()

	tests := map[string]strictjson.Limits{
		"jsonb.tsv":            {},
		"jsonb_duplicates.tsv": {LastWins: true},
	}
	for name, lim := range tests {
		pairs := jsonbPairs(t, name)
		if len(pairs) < 4 {
			t.Fatalf("%s has %d pairs", name, len(pairs))
		}
		for _, p := range pairs {
			canonical, err := strictjson.Canonical(nil, []byte(p.document), lim)
			if err != nil {
				t.Errorf("%s: %v", p.document, err)
				continue
			}
			stripped := strictjson.StripSpaces(nil, []byte(p.jsonb))
			if string(canonical) != string(stripped) {
				t.Errorf("%s:\ncanonical %s\njsonb     %s", p.document, canonical, stripped)
			}
			again, err := strictjson.Canonical(nil, []byte(p.jsonb), strictjson.Limits{})
			if err != nil || string(again) != string(canonical) {
				t.Errorf("%s: canonical form of jsonb is %s, %v", p.document, again, err)
			}
		}
	}
}

func TestCanonicalByHand(t *testing.T) {
	t.Parallel()

	tests := []struct{ document, want string }{
		{"1e5", "100000"},
		{"1.50", "1.50"},
		{"-0", "0"},
		{"-0.0", "0.0"},
		{"1E-3", "0.001"},
		{` { "bb" : 1 , "a" : [ true , null ] } `, `{"a":[true,null],"bb":1}`},
		{`"\u00e9\/\u001F"`, `"é/\u001f"`},
		{`{"c":{"z":1,"\u0079":2},"a":{"\n":[],"b":{}}}`, `{"a":{"\n":[],"b":{}},"c":{"y":2,"z":1}}`},
		{"1e399", "1" + strings.Repeat("0", 399)},
		{"1e-398", "0." + strings.Repeat("0", 397) + "1"},
	}
	for _, tt := range tests {
		got, err := strictjson.Canonical([]byte("x"), []byte(tt.document), strictjson.Limits{})
		if err != nil || string(got) != "x"+tt.want {
			t.Errorf("%s: got %s, %v, want %s", tt.document, got, err, tt.want)
		}
	}
	if got, err := strictjson.Canonical([]byte("x"), []byte(`{"a":1,"a":2}`), strictjson.Limits{}); err == nil || string(got) != "x" {
		t.Errorf("duplicates gave %s, %v", got, err)
	}
}

func TestCanonicalOfManyMembers(t *testing.T) {
	t.Parallel()

	body := distinctKeys(3000) // hexadecimal by rising length: already in order
	var reversed strings.Builder
	reversed.WriteByte('{')
	members := strings.Split(strings.Trim(body, "{}"), ",")
	for i := len(members) - 1; i >= 0; i-- {
		reversed.WriteString(members[i])
		if i > 0 {
			reversed.WriteByte(',')
		}
	}
	reversed.WriteByte('}')
	got, err := strictjson.Canonical(nil, []byte(reversed.String()), strictjson.Limits{})
	if err != nil || string(got) != body {
		t.Errorf("reversed members are not put in order: %v", err)
	}
}
