package jsonb_test

import (
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/jsonb"
)

// What PostgreSQL 17 answers to a @> b; the conformance suite asks it again.
func TestContains(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		doc, part string
		want      bool
	}{
		{`{"a":1,"b":2}`, `{"a":1}`, true},
		{`{"a":1,"b":2}`, `{}`, true},
		{`{"a":1}`, `{"a":1,"b":2}`, false},
		{`{"a":1}`, `{"a":"1"}`, false},
		{`{"a":1}`, `{"a":1.00}`, true},
		{`{"a":10}`, `{"a":1}`, false},
		{`{"a":{"b":1,"c":2}}`, `{"a":{"b":1}}`, true},
		{`{"a":{"b":1}}`, `{"b":1}`, false},
		{`{"a":[1,2]}`, `{"a":[2]}`, true},
		{`{"a":[1,2]}`, `{"a":2}`, false},
		{`{"a":null}`, `{"a":null}`, true},
		{`{"a":null}`, `{}`, true},
		{`{}`, `{"a":null}`, false},
		{`{"a":{}}`, `{"a":[]}`, false},
		{`[1,2,3]`, `[3,1]`, true},
		{`[1,2,3]`, `[1,1,1]`, true},
		{`[1,2]`, `[1,2,3]`, false},
		{`[1,2]`, `[]`, true},
		{`[]`, `[]`, true},
		{`[]`, `{}`, false},
		{`{}`, `[]`, false},
		{`[[1,2],[3]]`, `[[2]]`, true},
		{`[[1,2],[3]]`, `[2]`, false},
		{`[[1],[2]]`, `[[1,2]]`, false},
		{`[{"a":1,"b":2}]`, `[{"b":2}]`, true},
		{`[{"a":1},{"b":2}]`, `[{"a":1,"b":2}]`, false},
		{`["a","b"]`, `"a"`, true},
		{`["a","b"]`, `"c"`, false},
		{`[1.0]`, `1`, true},
		{`[["a"]]`, `"a"`, false},
		{`"a"`, `["a"]`, false},
		{`"a"`, `[]`, false},
		{`"a"`, `"a"`, true},
		{`"a"`, `"A"`, false},
		{`1`, `1.0`, true},
		{`-0.5`, `-0.50`, true},
		{`null`, `null`, true},
		{`null`, `false`, false},
		{`true`, `true`, true},
		{`{"a":1}`, `"a"`, false},
	} {
		got, err := jsonb.Contains([]byte(tt.doc), []byte(tt.part))
		if err != nil || got != tt.want {
			t.Errorf("%s @> %s: %v, %v, want %v", tt.doc, tt.part, got, err, tt.want)
		}
	}
}

func TestOverlaps(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{`["a","b"]`, `["b","c"]`, true},
		{`["a"]`, `["A"]`, false},
		{`[]`, `["a"]`, false},
		{`["a"]`, `[]`, false},
		{`[""]`, `[""]`, true},
	} {
		got, err := jsonb.Overlaps([]byte(tt.a), []byte(tt.b))
		if err != nil || got != tt.want {
			t.Errorf("%s && %s: %v, %v, want %v", tt.a, tt.b, got, err, tt.want)
		}
	}
}

func TestNoDocument(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "{", `{"a":}`, "[1", "[]]", "\"a", "tru", "{\"a\":1"} {
		if _, err := jsonb.Contains([]byte(text), []byte("{}")); err == nil {
			t.Errorf("contains: %q is taken for a document", text)
		}
		if _, err := jsonb.Contains([]byte("{}"), []byte(text)); err == nil {
			t.Errorf("contained: %q is taken for a document", text)
		}
		if _, err := jsonb.Overlaps([]byte(text), []byte("[]")); err == nil {
			t.Errorf("overlaps: %q is taken for a document", text)
		}
	}
}
