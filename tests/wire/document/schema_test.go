package document_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"reflect"
	"regexp"
	"slices"
	"time"
	"unicode/utf8"
)

// schema is a JSON Schema as far as documents of this API use it.
type schema struct {
	Ref         string `json:"$ref"`
	Description string
	Type        types
	Format      string

	Enum             []any
	Default          any
	Examples         []any
	Pattern          string
	ContentEncoding  string
	MinLength        *int
	MaxLength        *int
	Minimum          json.Number
	Maximum          json.Number
	ExclusiveMinimum json.Number
	ExclusiveMaximum json.Number

	Items    *schema
	MinItems *int
	MaxItems *int

	Properties           map[string]*schema
	Required             []string
	AdditionalProperties *closed

	AnyOf    []*schema
	ReadOnly bool
}

// types is one type or a list of them.
type types []string

func (t *types) UnmarshalJSON(raw []byte) error {
	if raw[0] != '"' {
		return json.Unmarshal(raw, (*[]string)(t))
	}
	*t = make(types, 1)
	return json.Unmarshal(raw, &(*t)[0])
}

// closed is what other members an object may have: none where values is nil.
type closed struct{ values *schema }

func (c *closed) UnmarshalJSON(raw []byte) error {
	if string(raw) == "false" {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	return dec.Decode(&c.values)
}

// check returns why a value, decoded with UseNumber, is none of a schema.
func (d *document) check(s *schema, v any, at string) error {
	s = d.schema(s)
	if len(s.AnyOf) > 0 {
		var err error
		for _, one := range s.AnyOf {
			if err = d.check(one, v, at); err == nil {
				return nil
			}
		}
		return err
	}
	if typ := typeOf(v); len(s.Type) > 0 && !slices.Contains(s.Type, typ) && !(typ == "integer" && slices.Contains(s.Type, "number")) {
		return fmt.Errorf("%s is %s, not %v", at, typ, s.Type)
	}
	if len(s.Enum) > 0 && !slices.ContainsFunc(s.Enum, func(e any) bool { return reflect.DeepEqual(e, v) }) {
		return fmt.Errorf("%s is %v, none of %v", at, v, s.Enum)
	}
	switch v := v.(type) {
	case string:
		return checkText(s, v, at)
	case json.Number:
		return checkNumber(s, v, at)
	case []any:
		return d.checkList(s, v, at)
	case map[string]any:
		return d.checkObject(s, v, at)
	}
	return nil
}

func typeOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case []any:
		return "array"
	case json.Number:
		if number(v).IsInt() {
			return "integer"
		}
		return "number"
	}
	return "object"
}

// number returns the exact value.
func number(n json.Number) *big.Rat {
	r, ok := new(big.Rat).SetString(string(n))
	if !ok {
		panic("no number: " + n)
	}
	return r
}

// formats are the forms of texts.
var formats = map[string]func(string) bool{
	"uuid":      regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`).MatchString,
	"email":     regexp.MustCompile(`^[^@\s]+@[^@\s]+$`).MatchString,
	"date-time": func(s string) bool { _, err := time.Parse(time.RFC3339Nano, s); return err == nil },
	"date":      func(s string) bool { _, err := time.Parse(time.DateOnly, s); return err == nil },
	"int64":     regexp.MustCompile(`^-?[0-9]{1,19}$`).MatchString,
	"int32":     regexp.MustCompile(`^-?[0-9]{1,10}$`).MatchString,
	"decimal":   regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`).MatchString,
}

func checkText(s *schema, v, at string) error {
	n := utf8.RuneCountInString(v)
	if s.MinLength != nil && n < *s.MinLength || s.MaxLength != nil && n > *s.MaxLength {
		return fmt.Errorf("%s has %d characters", at, n)
	}
	if s.Pattern != "" && !regexp.MustCompile(s.Pattern).MatchString(v) {
		return fmt.Errorf("%s is %q, not like %s", at, v, s.Pattern)
	}
	if s.Format == "" {
		return nil
	}
	if of, ok := formats[s.Format]; !ok || !of(v) {
		return fmt.Errorf("%s is %q, no %s", at, v, s.Format)
	}
	return nil
}

func checkNumber(s *schema, v json.Number, at string) error {
	n := number(v)
	bounds := []struct {
		bound json.Number
		ok    func(int) bool
	}{
		{s.Minimum, func(c int) bool { return c >= 0 }},
		{s.Maximum, func(c int) bool { return c <= 0 }},
		{s.ExclusiveMinimum, func(c int) bool { return c > 0 }},
		{s.ExclusiveMaximum, func(c int) bool { return c < 0 }},
	}
	for _, b := range bounds {
		if b.bound != "" && !b.ok(n.Cmp(number(b.bound))) {
			return fmt.Errorf("%s is %s, beyond %s", at, v, b.bound)
		}
	}
	switch s.Format {
	case "int64":
		if !n.IsInt() || !n.Num().IsInt64() {
			return fmt.Errorf("%s is %s, no int64", at, v)
		}
	case "int32", "", "double", "decimal":
	default:
		return fmt.Errorf("%s: the format %s is unknown", at, s.Format)
	}
	return nil
}

func (d *document) checkList(s *schema, v []any, at string) error {
	if s.MinItems != nil && len(v) < *s.MinItems || s.MaxItems != nil && len(v) > *s.MaxItems {
		return fmt.Errorf("%s has %d items", at, len(v))
	}
	if s.Items == nil {
		return nil
	}
	for i, item := range v {
		if err := d.check(s.Items, item, fmt.Sprint(at, "[", i, "]")); err != nil {
			return err
		}
	}
	return nil
}

func (d *document) checkObject(s *schema, v map[string]any, at string) error {
	for _, name := range s.Required {
		if _, ok := v[name]; !ok {
			return fmt.Errorf("%s.%s is missing", at, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(v)) {
		of := s.Properties[name]
		switch {
		case of != nil:
		case s.AdditionalProperties == nil:
			continue
		case s.AdditionalProperties.values == nil:
			return fmt.Errorf("%s.%s is not in the schema", at, name)
		default:
			of = s.AdditionalProperties.values
		}
		if err := d.check(of, v[name], at+"."+name); err != nil {
			return err
		}
	}
	return nil
}
