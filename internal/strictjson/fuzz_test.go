package strictjson_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/strictjson"
)

func seed(f *testing.F) {
	f.Helper()
	for _, p := range jsonbPairs(f, "jsonb.tsv") {
		f.Add([]byte(p.document))
	}
	for _, s := range []string{`{"a":1,"\u0061":2}`, `"\ud800"`, `[1e999]`, "\xef\xbb\xbf1", `{"a":{"b":[`, distinctKeys(40), "[" + strings.Repeat("1e-399,", 200) + "1e99]"} {
		f.Add([]byte(s))
	}
}

// generic decodes with encoding/json, numbers as they are written.
func generic(t *testing.T, b []byte) any {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%q: encoding/json refuses what was accepted: %v", b, err)
	}
	return v
}

// walk builds from a Value what encoding/json builds, and finds duplicates on the way.
func walk(t *testing.T, v strictjson.Value) any {
	t.Helper()
	switch v.Kind() {
	case strictjson.Object:
		out := map[string]any{}
		for key, member := range v.Members() {
			if _, twice := out[string(key)]; twice {
				t.Fatalf("key %q twice in %q", key, v.Raw())
			}
			out[string(key)] = walk(t, member)
		}
		return out
	case strictjson.Array:
		out := []any{}
		for _, item := range v.Elements() {
			out = append(out, walk(t, item))
		}
		return out
	case strictjson.String:
		s, _ := v.Text()
		if strings.ContainsRune(s, 0) {
			t.Fatalf("NUL in %q", v.Raw())
		}
		return s
	case strictjson.Number:
		return json.Number(v.Raw())
	case strictjson.Bool:
		return v.Bool()
	}
	return nil
}

// FuzzParse compares what is accepted with encoding/json, which is laxer: everything
// accepted must mean the same there.
func FuzzParse(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		v, err := strictjson.Parse(body, strictjson.Limits{})
		if err != nil {
			return
		}
		if want, got := generic(t, body), walk(t, v); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %#v, want %#v", body, got, want)
		}
	})
}

// FuzzCanonical holds the canonical form to four properties: it is its own canonical
// form, it means the same, it is bounded, and spaces as PostgreSQL prints them can be taken
// out of it.
func FuzzCanonical(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := strictjson.Canonical(nil, body, strictjson.Limits{})
		if err != nil {
			return
		}
		again, err := strictjson.Canonical(nil, got, strictjson.Limits{})
		if err != nil || !bytes.Equal(again, got) {
			t.Fatalf("%q: canonical form of %q is %q, %v", body, got, again, err)
		}
		if len(got) > 2*len(body)+strictjson.FreeGrowth {
			t.Fatalf("%d bytes became %d", len(body), len(got))
		}
		// encoding/json's floats agree where numbers are written differently.
		var before, after any
		if json.Unmarshal(body, &before) == nil {
			if err := json.Unmarshal(got, &after); err != nil || !reflect.DeepEqual(positive(before), positive(after)) {
				t.Fatalf("%q became %q", body, got)
			}
		}
		if back := strictjson.StripSpaces(nil, spaced(got)); !bytes.Equal(back, got) {
			t.Fatalf("%q stripped is %q, want %q", spaced(got), back, got)
		}
	})
}

// positive folds the negative zero, which the canonical form does not have.
func positive(v any) any {
	switch v := v.(type) {
	case float64:
		return v + 0
	case []any:
		for i := range v {
			v[i] = positive(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = positive(v[key])
		}
	}
	return v
}

// spaced prints a canonical form as PostgreSQL prints jsonb, reading byte by byte and
// with nothing of the code under test.
func spaced(canonical []byte) []byte {
	var out []byte
	inString, escaped := false, false
	for _, c := range canonical {
		out = append(out, c)
		switch {
		case escaped:
			escaped = false
		case inString && c == '\\':
			escaped = true
		case c == '"':
			inString = !inString
		case !inString && (c == ',' || c == ':'):
			out = append(out, ' ')
		}
	}
	return out
}

// FuzzAppendString reads back what was written with encoding/json and with Parse.
func FuzzAppendString(f *testing.F) {
	for _, s := range []string{"", "plain", "\"\\\x00\x1f\x7f\u2028", "\xff\xc0\xaf", "😀\ud7ff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := strictjson.AppendString(nil, s)
		var back string
		if err := json.Unmarshal(got, &back); err != nil {
			t.Fatalf("%q became %q: %v", s, got, err)
		}
		// ToValidUTF8 makes one of a run of bad bytes, []rune one of each.
		if want := string([]rune(s)); back != want {
			t.Errorf("%q came back as %q", s, back)
		}
		if err := valid(got, strictjson.Limits{}); err != nil && !strings.ContainsRune(s, 0) {
			t.Errorf("%q: %v", got, err)
		}
	})
}

// FuzzDecode holds Decode against the strictest reading encoding/json offers: what is
// accepted must decode to the same there, with unknown fields refused.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"id":1,"role":"a","lines":[{"sku":"b"}],"by_name":{"k":{"count":2}},"next":{"ID":"x"}}`))
	f.Add([]byte(`{"Role":"a","next":{"free":{"x":[null]}}}`))
	shape := strictjson.Compile(reflect.TypeFor[order]())
	f.Fuzz(func(t *testing.T, body []byte) {
		var got, want order
		if shape.Decode(body, &got, strictjson.Limits{}) != nil {
			return
		}
		dec := json.NewDecoder(bytes.NewReader(body))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&want); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %+v, want %+v, %v", body, got, want, err)
		}
	})
}
