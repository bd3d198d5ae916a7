package strictjson

import (
	"reflect"
	"strings"
)

// candidate is a field that claims a member name.
type candidate struct {
	typ    reflect.Type
	depth  int
	tagged bool
	clash  bool // another with the same right to the name
}

// visibleFields returns the member names of a struct with the types behind them, by
// the rules of encoding/json: of fields with one name the shallowest has it, among
// those the one with a tag, and two with the same right cancel out.
func visibleFields(t reflect.Type) map[string]reflect.Type {
	found := make(map[string]candidate)
	collectFields(t, 0, map[reflect.Type]bool{}, found)
	fields := make(map[string]reflect.Type, len(found))
	for name, c := range found {
		if !c.clash {
			fields[name] = c.typ
		}
	}
	return fields
}

func collectFields(t reflect.Type, depth int, above map[reflect.Type]bool, found map[string]candidate) {
	if above[t] {
		return // a type embedding itself through a pointer adds no new names
	}
	above[t] = true
	defer delete(above, t)

	for f := range t.Fields() {
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
			collectFields(target, depth+1, above, found)
			continue
		case !f.IsExported():
			continue
		}
		c := candidate{typ: f.Type, depth: depth, tagged: name != ""}
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
