package openapi

import (
	"encoding/json"
	"slices"

	"github.com/seed-7694ebf6/plinth/internal/strictjson"
)

// Schema is a JSON Schema (draft 2020-12) as far as documents use it. The zero
// Schema accepts everything.
type Schema struct {
	Ref         string   `json:"$ref,omitempty"`
	Description string   `json:"description,omitempty"`
	Type        TypeList `json:"type,omitempty"`
	Format      string   `json:"format,omitempty"`

	Enum             []json.RawMessage `json:"enum,omitempty"`
	Examples         []string          `json:"examples,omitempty"`
	Pattern          string            `json:"pattern,omitempty"`
	ContentEncoding  string            `json:"contentEncoding,omitempty"`
	MinLength        *int              `json:"minLength,omitempty"`
	MaxLength        *int              `json:"maxLength,omitempty"`
	Minimum          json.Number       `json:"minimum,omitempty"`
	Maximum          json.Number       `json:"maximum,omitempty"`
	ExclusiveMinimum json.Number       `json:"exclusiveMinimum,omitempty"`
	ExclusiveMaximum json.Number       `json:"exclusiveMaximum,omitempty"`

	Items    *Schema `json:"items,omitempty"`
	MinItems *int    `json:"minItems,omitempty"`
	MaxItems *int    `json:"maxItems,omitempty"`

	Properties           Properties `json:"properties,omitempty"`
	Required             []string   `json:"required,omitempty"`
	AdditionalProperties *Closed    `json:"additionalProperties,omitempty"`

	AnyOf []*Schema `json:"anyOf,omitempty"`

	ReadOnly bool `json:"readOnly,omitempty"`
}

// TypeList is the types a value may have, one of which is often "null".
type TypeList []string

// MarshalJSON writes a single type as a string.
func (t TypeList) MarshalJSON() ([]byte, error) {
	if len(t) == 1 {
		return json.Marshal(t[0])
	}
	return json.Marshal([]string(t))
}

// Closed says which members an object may have beside its properties: those of
// Values, or none without it.
type Closed struct{ Values *Schema }

// MarshalJSON writes the schema of the values, or false.
func (c *Closed) MarshalJSON() ([]byte, error) {
	if c.Values == nil {
		return []byte("false"), nil
	}
	return strictjson.Encode(c.Values)
}

// Properties are the members of an object in their order.
type Properties []Property

// Property is a member of an object.
type Property struct {
	Name   string
	Schema *Schema
}

// MarshalJSON writes an object with its members in order.
func (p Properties) MarshalJSON() ([]byte, error) { return encodeOrdered(p, Property.member) }

func (p Property) member() (name string, value any) { return p.Name, p.Schema }

// Nullable returns the schema of a value that may also be null.
func (s *Schema) Nullable() *Schema {
	switch {
	case s.Ref != "" || len(s.AnyOf) > 0:
		return &Schema{AnyOf: []*Schema{s, {Type: TypeList{"null"}}}}
	case len(s.Type) == 0 || slices.Contains(s.Type, "null"):
		return s
	}
	c := *s
	c.Type = append(slices.Clone(s.Type), "null")
	if len(s.Enum) > 0 {
		c.Enum = append(slices.Clone(s.Enum), json.RawMessage("null"))
	}
	return &c
}

// notNull returns the schema of the same values without null.
func (s *Schema) notNull() *Schema {
	if len(s.AnyOf) == 2 && slices.Equal(s.AnyOf[1].Type, TypeList{"null"}) {
		return s.AnyOf[0]
	}
	c := *s
	c.Type = slices.DeleteFunc(slices.Clone(s.Type), func(t string) bool { return t == "null" })
	c.Enum = slices.DeleteFunc(slices.Clone(s.Enum), func(e json.RawMessage) bool { return string(e) == "null" })
	return &c
}

// encodeOrdered writes a list as an object.
func encodeOrdered[T any](list []T, member func(T) (string, any)) ([]byte, error) {
	b := []byte{'{'}
	for i, item := range list {
		if i > 0 {
			b = append(b, ',')
		}
		name, value := member(item)
		key, err := strictjson.Encode(name)
		if err != nil {
			return nil, err
		}
		text, err := strictjson.Encode(value)
		if err != nil {
			return nil, err
		}
		b = append(append(append(b, key...), ':'), text...)
	}
	return append(b, '}'), nil
}

// object accepts any members. Generators for TypeScript read an object without properties as
// one that has none.
func object() *Schema {
	return &Schema{Type: TypeList{"object"}, AdditionalProperties: &Closed{&Schema{}}}
}

func text() *Schema            { return &Schema{Type: TypeList{"string"}} }
func list(of *Schema) *Schema  { return &Schema{Type: TypeList{"array"}, Items: of} }
func ref(name string) *Schema  { return &Schema{Ref: "#/components/schemas/" + name} }
func count(n int) *int         { return &n }
func jsonText(s string) []byte { b, _ := strictjson.Encode(s); return b } // of a string it cannot fail
