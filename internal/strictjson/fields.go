package strictjson

import (
	"reflect"
	"slices"
	"strings"
)

// Field is a member of the JSON form of a struct.
type Field struct {
	Name   string
	Struct reflect.StructField
	index  []int
}

// Fields returns the members of a struct type in the order of its fields, under
// the names encoding/json gives them.
func Fields(t reflect.Type) []Field {
	found := make(map[string]candidate)
	collectFields(t, nil, map[reflect.Type]bool{}, found)
	fields := make([]Field, 0, len(found))
	for name, c := range found {
		if !c.clash {
			fields = append(fields, Field{Name: name, Struct: c.field, index: c.index})
		}
	}
	slices.SortFunc(fields, func(a, b Field) int { return slices.Compare(a.index, b.index) })
	return fields
}

// candidate is a field that claims a member name.
type candidate struct {
	field  reflect.StructField
	index  []int // from the outermost struct
	depth  int
	tagged bool
	clash  bool // another with the same right to the name
}

// visibleFields returns the member names of a struct with the types behind them, by
// the rules of encoding/json: of fields with one name the shallowest has it, among
// those the one with a tag, and two with the same right cancel out.
func visibleFields(t reflect.Type) map[string]reflect.Type {
	fields := make(map[string]reflect.Type)
	for _, f := range Fields(t) {
		fields[f.Name] = f.Struct.Type
	}
	return fields
}

func collectFields(t reflect.Type, outer []int, above map[reflect.Type]bool, found map[string]candidate) {
	if above[t] {
		return // a type embedding itself through a pointer adds no new names
	}
	above[t] = true
	defer delete(above, t)

	for f := range t.Fields() {
		index := append(slices.Clone(outer), f.Index...)
		tag := f.Tag.Get("json")
		if tag == "-" {
			continue
		}
		name, _, _ := strings.Cut(tag, ",")
		target := f.Type
		if f.Anonymous && target.Kind() == reflect.Pointer {
			target = target.Elem()
		}
		switch {
		case f.Anonymous && name == "" && target.Kind() == reflect.Struct:
			collectFields(target, index, above, found)
			continue
		case !f.IsExported():
			continue
		}
		c := candidate{field: f, index: index, depth: len(outer), tagged: name != ""}
		if name == "" {
			name = f.Name
		}
		claim(found, name, c)
	}
}

func claim(found map[string]candidate, name string, c candidate) {
	old, taken := found[name]
	switch {
	case !taken || c.depth < old.depth || c.depth == old.depth && c.tagged && !old.tagged:
		found[name] = c
	case c.depth == old.depth && c.tagged == old.tagged:
		old.clash = true
		found[name] = old
	}
}
