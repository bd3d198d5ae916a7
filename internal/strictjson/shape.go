package strictjson

import (
	"encoding"
	"encoding/json"
	"reflect"
)

// Shape knows which member names a Go type has at every level. Compile one for each
// type at start; it is safe for concurrent use.
type Shape struct {
	typ  reflect.Type
	root *node
}

// node is the shape of one type. The zero node is opaque: the type decodes itself, or
// has no members to name.
type node struct {
	fields map[string]*node // of a struct
	elem   *node            // of the items of a slice, array or map
	typ    reflect.Type
}

// Compile returns the Shape of t, which is the type itself and not a pointer to it.
// Types with UnmarshalJSON or UnmarshalText, and interfaces, take members of any name.
func Compile(t reflect.Type) *Shape {
	return &Shape{typ: t, root: compiler{}.node(t)}
}

// compiler holds the nodes already begun, so that recursive types end.
type compiler map[reflect.Type]*node

func (c compiler) node(t reflect.Type) *node {
	if n, ok := c[t]; ok {
		return n
	}
	n := &node{typ: t}
	c[t] = n
	if DecodesItself(t) {
		return n
	}
	switch t.Kind() {
	case reflect.Pointer:
		// A pointer has the very node of its element.
		c[t] = c.node(t.Elem())
		return c[t]
	case reflect.Slice, reflect.Array, reflect.Map:
		n.elem = c.node(t.Elem())
	case reflect.Struct:
		n.fields = make(map[string]*node)
		for name, field := range visibleFields(t) {
			n.fields[name] = c.node(field)
		}
	}
	return n
}

// DecodesItself reports whether values of a type read their JSON by a method of
// their own.
func DecodesItself(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(reflect.TypeFor[json.Unmarshaler]()) ||
		p.Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}
