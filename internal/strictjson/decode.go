package strictjson

import (
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"time"
)

// Decode parses raw strictly and decodes it into the pointer v. Member names must
// match exactly. It is [Compile] and [Shape.Decode] in one and compiles on every call.
func Decode(raw []byte, v any, lim Limits) error {
	t := reflect.TypeOf(v)
	if t == nil || t.Kind() != reflect.Pointer {
		return errors.New("strictjson: decoding needs a pointer")
	}
	return Compile(t.Elem()).Decode(raw, v, lim)
}

// Decode parses raw and decodes it into v, a pointer to the type of the Shape. A
// malformed document is a *[SyntaxError]. An unknown member, one in another case, or a
// value of the wrong kind is a *[MemberError]. Member names are checked before anything
// is written to v. As with encoding/json, members that are absent leave v as it is.
func (s *Shape) Decode(raw []byte, v any, lim Limits) error {
	doc, err := Parse(raw, lim)
	if err != nil {
		return err
	}
	return s.DecodeValue(doc, v)
}

// DecodeValue is [Shape.Decode] for a document that was parsed before.
func (s *Shape) DecodeValue(doc Value, v any) error {
	if t := reflect.TypeOf(v); t != reflect.PointerTo(s.typ) {
		return errors.New("strictjson: decoding needs a pointer to " + s.typ.String())
	}
	if err := s.root.check(doc, ""); err != nil {
		return err
	}
	if err := json.Unmarshal(doc.raw, v); err != nil {
		return s.root.memberError(doc, err)
	}
	return nil
}

// check holds every member name against the type. The error is nil or a *MemberError.
func (n *node) check(v Value, path string) error {
	switch {
	case n.fields != nil:
		for key, member := range v.Members() {
			field, ok := n.fields[string(key)]
			if !ok {
				return &MemberError{Path: join(path, string(key)), Reason: "is unknown"}
			}
			if field.opaque() {
				continue
			}
			if err := field.check(member, join(path, string(key))); err != nil {
				return err
			}
		}
	case n.elem == nil || n.elem.opaque():
	default:
		for i, item := range v.Elements() {
			if err := n.elem.check(item, join(path, strconv.Itoa(i))); err != nil {
				return err
			}
		}
		for key, item := range v.Members() {
			if err := n.elem.check(item, join(path, string(key))); err != nil {
				return err
			}
		}
	}
	return nil
}

func (n *node) opaque() bool { return n.fields == nil && n.elem == nil }

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// memberError gives an error of encoding/json the form of this package. One that knows
// its own code, from a type's own UnmarshalJSON, is passed on.
func (n *node) memberError(doc Value, err error) error {
	var coded interface{ Problem() string }
	if errors.As(err, &coded) {
		return err
	}
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return &MemberError{Path: wrong.Field, Reason: "cannot be " + wrong.Value, cause: err}
	}
	path, _ := n.failing(doc, "")
	return &MemberError{Path: path, Reason: reason(err), cause: err}
}

// reason says what is wrong with a value that a type's own method refused.
func reason(err error) string {
	var typed interface{ Wanted() string }
	if errors.As(err, &typed) {
		return "is not " + typed.Wanted()
	}
	var syntax *time.ParseError
	if errors.As(err, &syntax) {
		return "is not a timestamp in the form of RFC 3339"
	}
	return "has a value that is not valid"
}

// failing returns the path of the first member whose type refuses its value. The error of
// encoding/json does not have it. Values of another kind are not the cause: encoding/json
// skips them.
func (n *node) failing(v Value, path string) (string, bool) {
	switch kind := n.typ.Kind(); {
	case v.Kind() == Null:
	case n.opaque():
		err := json.Unmarshal(v.raw, reflect.New(n.typ).Interface())
		var wrong *json.UnmarshalTypeError
		return path, err != nil && !errors.As(err, &wrong)
	case kind == reflect.Slice || kind == reflect.Array:
		for i, item := range v.Elements() {
			if at, ok := n.elem.failing(item, join(path, strconv.Itoa(i))); ok {
				return at, true
			}
		}
	default:
		for key, member := range v.Members() {
			field := n.elem
			if n.fields != nil {
				field = n.fields[string(key)]
			}
			if at, ok := field.failing(member, join(path, string(key))); ok {
				return at, true
			}
		}
	}
	return "", false
}
