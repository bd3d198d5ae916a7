package openapi

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-7694ebf6/plinth/api/catalog"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// kinds are the schemas of what answers hold, and of what bodies may hold where
// that is more.
var kinds = map[store.Kind]struct{ read, write Schema }{
	store.KindText:      {read: Schema{Type: TypeList{"string"}}},
	store.KindBool:      {read: Schema{Type: TypeList{"boolean"}}},
	store.KindInt:       {read: Schema{Type: TypeList{"integer"}, Format: "int64"}, write: Schema{Type: TypeList{"integer", "string"}, Format: "int64"}},
	store.KindFloat:     {read: Schema{Type: TypeList{"number"}, Format: "double"}},
	store.KindDecimal:   {read: Schema{Type: TypeList{"number"}, Format: "decimal"}, write: Schema{Type: TypeList{"number", "string"}, Format: "decimal"}},
	store.KindTimestamp: {read: Schema{Type: TypeList{"string"}, Format: "date-time"}},
	store.KindDate:      {read: Schema{Type: TypeList{"string"}, Format: "date"}},
	store.KindUUID:      {read: Schema{Type: TypeList{"string"}, Format: "uuid"}},
	store.KindBytes:     {read: Schema{Type: TypeList{"string"}, Pattern: `^\\x([0-9a-f]{2})*$`, Description: `Bytes as \x and hexadecimal digits.`}},
	store.KindJSON:      {read: Schema{Description: "Any JSON value."}},
	store.KindTextArray: {read: Schema{Type: TypeList{"array"}, Items: &Schema{Type: TypeList{"string"}}}},
}

// readSchema returns what an answer holds in a column.
func readSchema(t *catalog.Table, c *store.Column) *Schema {
	s := kinds[c.Kind].read
	describe(t, &s, c)
	s.ReadOnly = !t.Creatable.Has(c) && !t.Updatable.Has(c)
	if c.Kind == store.KindInt {
		integerRange(&s, c)
	}
	applyEnum(&s, c)
	if c.Nullable {
		return s.Nullable()
	}
	return &s
}

// applyEnum lists the values of a column with an enum.
func applyEnum(s *Schema, c *store.Column) {
	if c.Enum == nil {
		return
	}
	s.Enum = make([]json.RawMessage, len(c.Enum))
	for i, v := range c.Enum {
		s.Enum[i] = jsonText(v)
	}
}

// writeSchema returns what a body may hold in a column.
func writeSchema(t *catalog.Table, c *store.Column, insert bool) *Schema {
	s := kinds[c.Kind].write
	if len(s.Type) == 0 {
		s = kinds[c.Kind].read
	}
	describe(t, &s, c)
	if c.Kind == store.KindInt {
		integerRange(&s, c)
	}
	if c.Kind == store.KindJSON && !c.Nullable {
		s.Type, s.Items = TypeList{"object", "array", "string", "number", "boolean"}, &Schema{} // all but null
	}
	applyRules(&s, c.Rules)
	applyEnum(&s, c)
	if insert && !Required(t, c) {
		// Not as default of the schema: openapi-typescript makes such members required.
		if d := defaultOf(c); d != nil {
			s.Description = strings.TrimSpace(s.Description + " Default: `" + string(d) + "`.")
		}
	}
	if c.Nullable && !isRequired(c.Rules) {
		return s.Nullable()
	}
	return &s
}

// defaultOf returns the default of an omitted column. It returns nil for null and for a
// zero value that the rules of the column might reject.
func defaultOf(c *store.Column) json.RawMessage {
	if d := c.DefaultJSON(); string(d) != "null" && (c.Default != "" || c.Rules == "" && c.Enum == nil) {
		return d
	}
	return nil
}

// integerRange sets the range of an integer narrower than 64 bits. The range of 64 bits
// follows from the format.
func integerRange(s *Schema, c *store.Column) {
	least, greatest := c.IntegerRange()
	if least == math.MinInt64 && greatest == math.MaxInt64 {
		return
	}
	s.Minimum, s.Maximum = json.Number(strconv.FormatInt(least, 10)), json.Number(strconv.FormatInt(greatest, 10))
	if least == math.MinInt32 && greatest == math.MaxInt32 {
		s.Format = "int32"
	}
}

// Required reports whether a new row has to be given the column. A key, or a
// reference, that has no default could be left out only to fail later.
func Required(t *catalog.Table, c *store.Column) bool {
	if isRequired(c.Rules) || c.NoDefault {
		return true
	}
	if c.Nullable || c.Default != "" || c.Generated {
		return false
	}
	if c.Key && (c.Kind != store.KindUUID || len(t.Table.PrimaryKey) > 1) || refusesZero(c) {
		return true
	}
	return slices.ContainsFunc(t.Table.ForeignKeys, func(r *schema.Reference) bool { return slices.Contains(r.Columns, c) })
}

// refusesZero reports whether the rules of a column refuse what a new row has in it
// that was not given it.
func refusesZero(c *store.Column) bool {
	s := kinds[c.Kind].read
	applyRules(&s, c.Rules)
	applyEnum(&s, c)
	beyond := func(n json.Number, outside func(float64) bool) bool {
		f, err := n.Float64()
		return err == nil && outside(f)
	}
	return beyond(s.Minimum, func(f float64) bool { return f > 0 }) || beyond(s.ExclusiveMinimum, func(f float64) bool { return f >= 0 }) ||
		beyond(s.Maximum, func(f float64) bool { return f < 0 }) || beyond(s.ExclusiveMaximum, func(f float64) bool { return f <= 0 }) ||
		s.MinLength != nil && *s.MinLength > 0 || s.MinItems != nil && *s.MinItems > 0 ||
		len(s.Enum) > 0 && !slices.ContainsFunc(s.Enum, func(e json.RawMessage) bool { return string(e) == `""` }) ||
		c.Kind == store.KindText && s.Format != ""
}

// describe says of a column what its type does not: that it is a key, and what
// it refers to. It names no table that is not in the document.
func describe(t *catalog.Table, s *Schema, c *store.Column) {
	var notes []string
	if s.Description != "" {
		notes = append(notes, s.Description)
	}
	if c.Key {
		notes = append(notes, "Part of the primary key.")
		if len(t.Table.PrimaryKey) == 1 {
			notes[len(notes)-1] = "Primary key."
		}
	}
	for _, r := range t.Relations {
		i := slices.Index(r.SourceKeys, c)
		if i >= 0 && !r.Many && r.Junction == nil && holds(t, r) {
			note := "References " + r.Target.Name + "." + r.TargetKeys[i].Name + "."
			if !slices.Contains(notes, note) {
				notes = append(notes, note)
			}
		}
	}
	s.Description = strings.Join(notes, " ")
}

// holds reports whether the foreign key of a relation is in the table itself.
func holds(t *catalog.Table, r *schema.Relation) bool {
	return slices.ContainsFunc(t.Table.ForeignKeys, func(f *schema.Reference) bool {
		return f.Target == r.Target && slices.Equal(f.Columns, r.SourceKeys) && slices.Equal(f.Keys, r.TargetKeys)
	})
}
