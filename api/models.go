package api

import (
	"encoding"
	"encoding/json"
	"reflect"

	"github.com/seed-7694ebf6/plinth/store"
)

// tableOf returns the table of a registered model, or nil.
func tableOf(db *store.DB, t reflect.Type) *store.Table {
	if t.Kind() != reflect.Struct {
		return nil
	}
	return db.Table(reflect.Zero(t).Interface())
}

// isModel reports whether a type is a model: a registered one, or a struct with
// plinth tags.
func isModel(db *store.DB, t reflect.Type) bool {
	if t.Kind() != reflect.Struct {
		return false
	}
	if tableOf(db, t) != nil {
		return true
	}
	for field := range t.Fields() {
		if field.Tag.Get("plinth") != "" {
			return true
		}
	}
	return false
}

// findModel returns the first model in what a type encodes, save in what encodes
// itself. It does not look behind interfaces: see [modelSearch].
func findModel(db *store.DB, t reflect.Type, seen map[reflect.Type]bool) reflect.Type {
	// The zero value has no address, so no method is relied on that needs one: a
	// list may be sent as its only element, which is a copy.
	if encodesItself(reflect.Zero(t)) {
		return nil
	}
	return findModelInside(db, t, seen)
}

// findModelInside is findModel for types without a marshal method.
func findModelInside(db *store.DB, t reflect.Type, seen map[reflect.Type]bool) reflect.Type {
	if seen[t] {
		return nil
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return findModel(db, t.Elem(), seen)
	case reflect.Struct:
	default:
		return nil
	}
	if isModel(db, t) {
		return t
	}
	for field := range t.Fields() {
		if !isEncoded(field) {
			continue
		}
		find, inner := findModel, field.Type
		if field.Anonymous {
			find = findModelInside // see modelSearch.findEmbedded
			if inner.Kind() == reflect.Pointer {
				inner = inner.Elem()
			}
		}
		if found := find(db, inner, seen); found != nil {
			return found
		}
	}
	return nil
}

// hasInterface reports whether a type contains an interface that is encoded. What such
// a value holds is known only at run time.
func hasInterface(t reflect.Type, seen map[reflect.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Interface:
		return true
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return hasInterface(t.Elem(), seen)
	case reflect.Struct:
		for field := range t.Fields() {
			if isEncoded(field) && hasInterface(field.Type, seen) {
				return true
			}
		}
	}
	return false
}

// isEncoded reports whether encoding/json looks at a field.
func isEncoded(field reflect.StructField) bool {
	return (field.IsExported() || field.Anonymous) && field.Tag.Get("json") != "-"
}

// modelSearch looks for models in a value, as encoding/json will walk it: also
// behind interfaces, and not in what encodes itself.
type modelSearch struct {
	db     *store.DB
	seen   map[visit]bool
	models map[reflect.Type]bool // whether a type is one
}

// visit is a place in memory that was looked at: values can lead in a circle.
type visit struct {
	at  uintptr
	len int
	t   reflect.Type
}

// findModelIn returns the type of the first model in a value.
func findModelIn(db *store.DB, v any) reflect.Type {
	s := modelSearch{db: db, seen: map[visit]bool{}, models: map[reflect.Type]bool{}}
	return s.find(reflect.ValueOf(v))
}

func (s *modelSearch) find(v reflect.Value) reflect.Type {
	if !v.IsValid() || isScalar(v.Type()) || encodesItself(v) {
		return nil
	}
	switch v.Kind() {
	case reflect.Interface:
		return s.find(v.Elem())
	case reflect.Pointer:
		if v.IsNil() || s.again(v, 0) {
			return nil
		}
		return s.find(v.Elem())
	case reflect.Slice:
		if v.IsNil() || s.again(v, v.Len()) {
			return nil
		}
		return s.findAmong(v)
	case reflect.Array:
		return s.findAmong(v)
	case reflect.Map:
		if v.IsNil() || s.again(v, 0) {
			return nil
		}
		for members := v.MapRange(); members.Next(); {
			if found := s.find(members.Value()); found != nil {
				return found
			}
		}
	case reflect.Struct:
		return s.findInFields(v)
	}
	return nil
}

func (s *modelSearch) findAmong(list reflect.Value) reflect.Type {
	for i := range list.Len() {
		if found := s.find(list.Index(i)); found != nil {
			return found
		}
	}
	return nil
}

func (s *modelSearch) findInFields(v reflect.Value) reflect.Type {
	model, known := s.models[v.Type()]
	if !known {
		model = isModel(s.db, v.Type())
		s.models[v.Type()] = model
	}
	if model {
		return v.Type()
	}
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if !isEncoded(field) {
			continue
		}
		find := s.find
		if field.Anonymous {
			find = s.findEmbedded
		}
		if found := find(v.Field(i)); found != nil {
			return found
		}
	}
	return nil
}

// findEmbedded searches an embedded struct. encoding/json treats its fields as fields of
// the outer struct. Marshal methods of the embedded struct are ignored here: a struct
// that embeds two types with such a method has neither method.
func (s *modelSearch) findEmbedded(v reflect.Value) reflect.Type {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() || s.again(v, 0) {
			return nil
		}
		v = v.Elem()
	}
	if v.Kind() == reflect.Struct {
		return s.findInFields(v)
	}
	return s.find(v)
}

// again reports whether a value was looked at before, and notes it.
func (s *modelSearch) again(v reflect.Value, length int) bool {
	here := visit{v.Pointer(), length, v.Type()}
	if s.seen[here] {
		return true
	}
	s.seen[here] = true
	return false
}

// isScalar reports whether a type holds text and numbers only, as []byte does: long
// lists of them need no look at each.
func isScalar(t reflect.Type) bool {
	for {
		switch t.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
			if t.Name() != "" {
				return false // one that can lead to itself
			}
			t = t.Elem()
		case reflect.Struct, reflect.Interface:
			return false
		default:
			return true
		}
	}
}

// encodesItself reports whether the value has a marshal method that encoding/json calls.
// Such a type decides by itself what it reveals.
func encodesItself(v reflect.Value) bool {
	t := v.Type()
	if t.Kind() == reflect.Interface {
		return false // what is in it decides
	}
	does := func(t reflect.Type) bool {
		return t.Implements(reflect.TypeFor[json.Marshaler]()) || t.Implements(reflect.TypeFor[encoding.TextMarshaler]())
	}
	return does(t) || v.CanAddr() && does(reflect.PointerTo(t))
}
