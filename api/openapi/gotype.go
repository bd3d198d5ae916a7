package openapi

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store"
)

// Types makes schemas of Go types, as encoding/json writes them or the strict
// decoder reads them. Structs with a name become definitions, so that a type may
// hold itself.
type Types struct {
	// Definitions are the structs met so far, in that order.
	Definitions Properties

	prefix  string
	capital bool // names begin with a capital letter
	names   map[typeKey]string
	taken   map[string]bool
}

// typeKey is a type in one direction: read and written forms differ.
type typeKey struct {
	typ   reflect.Type
	input bool
}

// NewTypes returns Types. The names of their definitions begin with prefix.
func NewTypes(prefix string) *Types {
	return &Types{prefix: prefix, names: map[typeKey]string{}, taken: map[string]bool{}}
}

// Input returns the schema of the arguments of a function: an object with no
// other members, of which those with the rule required must be there.
func (ts *Types) Input(t reflect.Type) *Schema { return ts.object(t, true) }

// Output returns the schema of a result.
func (ts *Types) Output(t reflect.Type) *Schema { return ts.of(t, false) }

// known are the types with a JSON form that does not follow from their kind.
var known = map[reflect.Type]Schema{
	reflect.TypeFor[store.ID]():        {Type: TypeList{"string"}, Format: "uuid"},
	reflect.TypeFor[store.Date]():      {Type: TypeList{"string"}, Format: "date"},
	reflect.TypeFor[store.Decimal]():   {Type: TypeList{"number"}, Format: "decimal"},
	reflect.TypeFor[store.JSON]():      {},
	reflect.TypeFor[time.Time]():       {Type: TypeList{"string"}, Format: "date-time"},
	reflect.TypeFor[json.Number]():     {Type: TypeList{"number"}},
	reflect.TypeFor[json.RawMessage](): {},
}

func (ts *Types) of(t reflect.Type, input bool) *Schema {
	if s, ok := known[t]; ok {
		return &s
	}
	switch {
	case t.Kind() == reflect.Pointer:
		return ts.of(t.Elem(), input).Nullable()
	case implements(t, input, reflect.TypeFor[json.Marshaler](), reflect.TypeFor[json.Unmarshaler]()):
		return &Schema{}
	case implements(t, input, reflect.TypeFor[encoding.TextMarshaler](), reflect.TypeFor[encoding.TextUnmarshaler]()):
		return text()
	}
	switch t.Kind() {
	case reflect.Bool:
		return &Schema{Type: TypeList{"boolean"}}
	case reflect.String:
		return text()
	case reflect.Float32:
		return &Schema{Type: TypeList{"number"}, Format: "float"}
	case reflect.Float64:
		return &Schema{Type: TypeList{"number"}, Format: "double"}
	case reflect.Slice, reflect.Array:
		return ts.list(t, input)
	case reflect.Map:
		return (&Schema{Type: TypeList{"object"}, AdditionalProperties: &Closed{ts.of(t.Elem(), input)}}).Nullable()
	case reflect.Struct:
		return ts.definition(t, input)
	}
	if t.Kind() >= reflect.Int && t.Kind() <= reflect.Uintptr {
		return integer(t)
	}
	return &Schema{} // an interface holds anything
}

func integer(t reflect.Type) *Schema {
	s := &Schema{Type: TypeList{"integer"}}
	switch t.Kind() {
	case reflect.Int, reflect.Int64:
		s.Format = "int64"
	case reflect.Int32:
		s.Format = "int32"
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		s.Minimum = "0"
	}
	return s
}

func (ts *Types) list(t reflect.Type, input bool) *Schema {
	if t.Elem().Kind() == reflect.Uint8 && t.Kind() == reflect.Slice {
		return (&Schema{Type: TypeList{"string"}, ContentEncoding: "base64"}).Nullable()
	}
	s := list(ts.of(t.Elem(), input))
	if t.Kind() == reflect.Array {
		return s
	}
	return s.Nullable() // as encoding/json writes and reads a nil slice
}

// definition returns a reference to the schema of a struct, or the schema itself
// where the type has no name.
func (ts *Types) definition(t reflect.Type, input bool) *Schema {
	if t.Name() == "" {
		return ts.object(t, input)
	}
	key := typeKey{t, input}
	name, ok := ts.names[key]
	if !ok {
		name = ts.name(t, input)
		ts.names[key] = name
		at := len(ts.Definitions)
		ts.Definitions = append(ts.Definitions, Property{Name: name})
		ts.Definitions[at].Schema = ts.object(t, input)
	}
	return ref(name)
}

// name returns a name that is not in use yet.
func (ts *Types) name(t reflect.Type, input bool) string {
	base, _, _ := strings.Cut(t.Name(), "[") // without the arguments of a generic type
	if ts.capital {
		base = strings.ToUpper(base[:1]) + base[1:]
	}
	if input {
		base += "Input"
	}
	name := ts.prefix + base
	for n := 2; ts.taken[name]; n++ {
		name = fmt.Sprint(ts.prefix, base, n)
	}
	ts.taken[name] = true
	return name
}

// object returns the schema of a struct.
func (ts *Types) object(t reflect.Type, input bool) *Schema {
	s := &Schema{Type: TypeList{"object"}}
	if input {
		s.AdditionalProperties = &Closed{}
	}
	for _, f := range strictjson.Fields(t) {
		member := ts.of(f.Struct.Type, input)
		tag, rules := f.Struct.Tag.Get("json"), f.Struct.Tag.Get("validate")
		if hasOption(tag, "string") {
			member = quoted(member)
		}
		required := !hasOption(tag, "omitempty") && !hasOption(tag, "omitzero")
		if input {
			required = isRequired(rules)
			member = ts.argument(f.Struct.Type, member, rules)
		}
		s.Properties = append(s.Properties, Property{f.Name, member})
		if required {
			s.Required = append(s.Required, f.Name)
		}
	}
	return s
}

// quoted returns the schema of a value that stands in a text.
func quoted(s *Schema) *Schema {
	q := text()
	switch s.Type[0] {
	case "integer":
		q.Format, q.Pattern = s.Format, "^-?[0-9]+$"
	case "number":
		q.Format = s.Format
	case "boolean":
		q.Enum = []json.RawMessage{jsonText("true"), jsonText("false")}
	}
	return q
}

// argument adds the rules of a validate tag. A null stands for a member that is
// absent, so a required one cannot be null.
func (ts *Types) argument(t reflect.Type, member *Schema, rules string) *Schema {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if isRequired(rules) {
		member = ts.of(t, true)
		if t.Kind() == reflect.Slice && t.Elem().Kind() != reflect.Uint8 {
			member = list(ts.of(t.Elem(), true))
		}
	}
	if member.Ref == "" && rules != "" {
		c := *member
		applyRules(&c, rules)
		member = &c
	}
	if isRequired(rules) {
		return member
	}
	return member.Nullable()
}

func hasOption(tag, option string) bool {
	_, options, _ := strings.Cut(tag, ",")
	for o := range strings.SplitSeq(options, ",") {
		if o == option {
			return true
		}
	}
	return false
}

// implements reports whether values of a type write, or read, themselves.
func implements(t reflect.Type, input bool, writes, reads reflect.Type) bool {
	if input {
		return reflect.PointerTo(t).Implements(reads)
	}
	return t.Implements(writes) || reflect.PointerTo(t).Implements(writes)
}
