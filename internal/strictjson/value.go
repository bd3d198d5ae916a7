package strictjson

import (
	"bytes"
	"iter"
)

// Kind is what a JSON value is.
type Kind uint8

// The kinds. A zero [Value] is Missing; [Parse] never returns one.
const (
	Missing Kind = iota
	Null
	Bool
	Number
	String
	Array
	Object
)

// Value is a JSON value that [Parse] has accepted. It refers to the parsed bytes.
// It is small and passed by value, and safe for concurrent use.
type Value struct {
	raw []byte
}

// Kind returns what the value is.
func (v Value) Kind() Kind {
	if len(v.raw) == 0 {
		return Missing
	}
	switch v.raw[0] {
	case 'n':
		return Null
	case 't', 'f':
		return Bool
	case '"':
		return String
	case '[':
		return Array
	case '{':
		return Object
	}
	return Number
}

// Raw returns the value as it was written, without space around it. It must not be
// changed.
func (v Value) Raw() []byte { return v.raw }

// Bool returns the value of a Bool; it is false for every other kind.
func (v Value) Bool() bool { return v.Kind() == Bool && v.raw[0] == 't' }

// Text returns the text of a String, and reports false for every other kind.
func (v Value) Text() (string, bool) {
	if v.Kind() != String {
		return "", false
	}
	return string(unquote(v.raw)), true
}

// AppendText appends the text of a String to dst; other kinds append nothing.
func (v Value) AppendText(dst []byte) []byte {
	if v.Kind() != String {
		return dst
	}
	return appendUnquoted(dst, v.raw)
}

// Members iterates over an Object in the order it was written. Keys are unescaped
// and belong to the document unless they had escapes; they must not be changed. It is
// empty for every other kind.
func (v Value) Members() iter.Seq2[[]byte, Value] {
	return func(yield func([]byte, Value) bool) {
		if v.Kind() != Object {
			return
		}
		b := v.raw
		for i := skipSpace(b, 1); b[i] != '}'; i = next(b, i) {
			end := skipString(b, i)
			key := unquote(b[i:end])
			i = skipSpace(b, skipSpace(b, end)+1)
			end = skipValue(b, i)
			if !yield(key, Value{raw: b[i:end:end]}) {
				return
			}
			i = end
		}
	}
}

// Elements iterates over an Array with the index of each element. It is empty for
// every other kind.
func (v Value) Elements() iter.Seq2[int, Value] {
	return func(yield func(int, Value) bool) {
		if v.Kind() != Array {
			return
		}
		b := v.raw
		n := 0
		for i := skipSpace(b, 1); b[i] != ']'; i = next(b, i) {
			end := skipValue(b, i)
			if !yield(n, Value{raw: b[i:end:end]}) {
				return
			}
			n++
			i = end
		}
	}
}

// next passes a comma: from the end of an item to the next item or the closing
// bracket.
func next(b []byte, i int) int {
	i = skipSpace(b, i)
	if b[i] == ',' {
		i = skipSpace(b, i+1)
	}
	return i
}

// unquote returns the text of a string, without a copy where it has no escapes.
func unquote(quoted []byte) []byte {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : len(quoted)-1 : len(quoted)-1]
	}
	return appendUnquoted(make([]byte, 0, len(quoted)), quoted)
}
