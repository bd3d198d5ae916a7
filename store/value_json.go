package store

import (
	"bytes"

	"github.com/seed-7694ebf6/plinth/internal/canon"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
)

var jsonNull = []byte("null")

// fromJSON reads a JSON value without space around it as a bound value of the
// type. Types are exact, except that a string is accepted for an integer and a
// decimal: JavaScript's numbers cannot hold them all.
func (g *goType) fromJSON(raw []byte) (any, error) {
	if len(raw) == 0 {
		return nil, formError("a JSON value is missing")
	}
	if bytes.Equal(raw, jsonNull) {
		return nil, nil
	}
	quoted := raw[0] == '"'
	number := raw[0] == '-' || raw[0]-'0' <= 9
	switch g.kind {
	case KindBool:
		switch string(raw) {
		case "true":
			return true, nil
		case "false":
			return false, nil
		}
		return nil, formError("true or false is wanted")
	case KindInt, KindDecimal:
		if number {
			return g.fromText(string(raw))
		}
		if !quoted {
			return nil, formError("a number, or a string with a number, is wanted")
		}
	case KindFloat:
		if number {
			return g.fromText(string(raw))
		}
		return nil, formError("a number is wanted")
	case KindJSON:
		return asBound(canonicalJSON(raw))
	case KindTextArray:
		return textArrayFromJSON(raw)
	}
	if !quoted {
		return nil, formError("a string is wanted")
	}
	s, err := unquoteJSON(raw)
	if err != nil {
		return nil, err
	}
	return g.fromText(s)
}

func textArrayFromJSON(raw []byte) (any, error) {
	v, err := strictjson.Parse(raw, strictjson.Limits{})
	if err != nil {
		return nil, err
	}
	if v.Kind() != strictjson.Array {
		return nil, formError("an array of strings is wanted")
	}
	list := []string{}
	for _, item := range v.Elements() {
		s, ok := item.Text()
		if !ok {
			return nil, formError("an array of strings is wanted")
		}
		list = append(list, s)
	}
	return list, nil
}

// unquoteJSON returns the text of a JSON string. Strings without escapes are sliced;
// others are fully parsed.
func unquoteJSON(raw []byte) (string, error) {
	if len(raw) >= 2 && raw[0] == '"' && raw[len(raw)-1] == '"' && bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1]), nil
	}
	v, err := strictjson.Parse(raw, strictjson.Limits{})
	if err != nil {
		return "", err
	}
	s, ok := v.Text()
	if !ok {
		return "", canon.ErrSyntax
	}
	return s, nil
}
