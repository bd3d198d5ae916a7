package value

import (
	"bytes"
	"reflect"

	"github.com/seed-7694ebf6/plinth/internal/canon"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store/driver"
)

// JSONNull is the document null.
var JSONNull = []byte("null")

// FromJSON reads a JSON value without space around it as a bound value of the
// type. Types are exact, except that a string is accepted for an integer and a
// decimal: JavaScript's numbers cannot hold them all.
func (g *GoType) FromJSON(raw []byte) (any, error) {
	if len(raw) == 0 {
		return nil, FormError("a JSON value is missing")
	}
	if bytes.Equal(raw, JSONNull) {
		return nil, nil
	}
	quoted := raw[0] == '"'
	number := raw[0] == '-' || raw[0]-'0' <= 9
	switch g.Kind {
	case driver.KindBool:
		switch string(raw) {
		case "true":
			return true, nil
		case "false":
			return false, nil
		}
		return nil, FormError("true or false is wanted")
	case driver.KindInt, driver.KindDecimal:
		if number {
			return g.FromText(string(raw))
		}
		if !quoted {
			return nil, FormError("a number, or a string with a number, is wanted")
		}
	case driver.KindFloat:
		if number {
			return g.FromText(string(raw))
		}
		return nil, FormError("a number is wanted")
	case driver.KindJSON:
		return asBound(CanonicalJSON(raw))
	case driver.KindTextArray:
		return textArrayFromJSON(raw)
	}
	if !quoted {
		return nil, FormError("a string is wanted")
	}
	s, err := UnquoteJSON(raw)
	if err != nil {
		return nil, err
	}
	return g.FromText(s)
}

func textArrayFromJSON(raw []byte) (any, error) {
	v, err := strictjson.Parse(raw, strictjson.Limits{})
	if err != nil {
		return nil, err
	}
	if v.Kind() != strictjson.Array {
		return nil, FormError("an array of strings is wanted")
	}
	list := []string{}
	for _, item := range v.Elements() {
		s, ok := item.Text()
		if !ok {
			return nil, FormError("an array of strings is wanted")
		}
		list = append(list, s)
	}
	return list, nil
}

// UnquoteJSON returns the text of a JSON string. Strings without escapes are sliced;
// others are fully parsed.
func UnquoteJSON(raw []byte) (string, error) {
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

// Decode sets a field from the canonical JSON of one value.
func (g *GoType) Decode(raw []byte, field reflect.Value) error {
	if raw[0] == 'n' {
		if g.Kind == driver.KindJSON && !g.Nullable {
			return g.Set(field, "null") // the document, not NULL
		}
		return g.Set(field, nil)
	}
	if g.scan != nil {
		return g.scan(field, raw)
	}
	v, err := g.fromCanonical(raw)
	if err != nil {
		return err
	}
	return g.Set(field, v)
}

// fromCanonical is [GoType.FromJSON] for what the store itself has written: documents
// are canonical already.
func (g *GoType) fromCanonical(raw []byte) (any, error) {
	if g.Kind == driver.KindJSON {
		return string(raw), nil
	}
	return g.FromJSON(raw)
}
