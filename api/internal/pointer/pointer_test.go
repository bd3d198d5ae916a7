package pointer_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/seed-7694ebf6/plinth/api/internal/pointer"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
)

func parse(t *testing.T, text string) strictjson.Value {
	t.Helper()
	doc, err := strictjson.Parse([]byte(text), strictjson.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// The examples of RFC 6901 section 5, and what is no pointer.
func TestFind(t *testing.T) {
	t.Parallel()
	const text = `{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8}`
	tests := map[string]string{
		"": text, "/foo": `["bar","baz"]`, "/foo/0": `"bar"`, "/": "0", "/a~1b": "1", "/c%d": "2", "/e^f": "3", "/g|h": "4",
		`/i\j`: "5", `/k"l`: "6", "/ ": "7", "/m~0n": "8",
		"foo": "!", "/foo/2": "!", "/foo/00": "!", "/foo/-": "!", "/nope": "!", "/m~n": "!", "/a/~": "!", "/foo/0/x": "!",
	}
	for at, want := range tests {
		got := "!"
		if path, err := pointer.Parse(at); err == nil {
			if v, err := pointer.Find(parse(t, text), path); err == nil {
				got = string(v.Raw())
			}
		}
		if got != want {
			t.Errorf("%q is %s, want %s", at, got, want)
		}
	}
}

func TestGraft(t *testing.T) {
	t.Parallel()
	const doc = `{"a":1,"b":{"c":[1,{"d":2}]}}`
	tests := map[string]string{
		"": "9", "/a": `{"a":9,"b":{"c":[1,{"d":2}]}}`, "/z": `{"a":1,"b":{"c":[1,{"d":2}]},"z":9}`, "/b/c/0": `{"a":1,"b":{"c":[9,{"d":2}]}}`,
		"/b/c/1/e": `{"a":1,"b":{"c":[1,{"d":2,"e":9}]}}`, "/b/c/2": "!", "/a/x": "!", "/y/z": "!", "/b/c/-": "!",
	}
	for at, want := range tests {
		path, err := pointer.Parse(at)
		if err != nil {
			t.Fatal(err)
		}
		var g pointer.Graft
		g.Add(path, []byte("9"))
		out, err := g.Append(nil, parse(t, doc))
		if err != nil {
			out = []byte("!")
		}
		if string(out) != want {
			t.Errorf("%q gives %s, want %s", at, out, want)
		}
	}
}

func FuzzPointer(f *testing.F) {
	f.Add("/a/0", `{"a":[1]}`)
	f.Add("/~0/~1", `{}`)
	f.Fuzz(func(t *testing.T, at, text string) {
		doc, err := strictjson.Parse([]byte(text), strictjson.Limits{})
		path, err2 := pointer.Parse(at)
		if err != nil || err2 != nil || !utf8.ValidString(at) || strings.Contains(at, "\x00") {
			return // a pointer comes out of a JSON document, which has no such text
		}
		var g pointer.Graft
		g.Add(path, []byte("9"))
		out, err := g.Append(nil, doc)
		if err != nil {
			return
		}
		changed, err := strictjson.Parse(out, strictjson.Limits{})
		if err != nil {
			t.Fatalf("%q in %s gives %s", at, text, out)
		}
		if v, err := pointer.Find(changed, path); err != nil || string(v.Raw()) != "9" {
			t.Errorf("%q of %s is %s, %v", at, out, v.Raw(), err)
		}
	})
}
