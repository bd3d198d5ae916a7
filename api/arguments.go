package api

import (
	"encoding"
	"errors"
	"reflect"
	"strconv"

	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
	"github.com/seed-7694ebf6/plinth/internal/errtext"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
)

// decodeArguments reads the arguments of a call from the query string or the body, into a
// pointer.
func decodeArguments(x *exchange, args []pgrst.Arg, in any) error {
	fn := x.function
	doc, err := argumentsDocument(x, args)
	if err != nil {
		return err
	}
	for name := range doc.Members() {
		if fn.args[string(name)] == nil {
			return fn.unknownArguments(doc)
		}
	}
	if err := fn.shape.DecodeValue(doc, in); err != nil {
		if wrong, ok := errors.AsType[*strictjson.MemberError](err); ok && !x.writes() {
			return &problem.Error{Code: problem.BadBody, Message: "The arguments do not fit: " + wrong.Text() + "."}
		}
		return err
	}
	return fn.checks.check(x.s.db.Validator(), doc, reflect.ValueOf(in).Elem())
}

// argumentsDocument returns the arguments of a call as one JSON object.
func argumentsDocument(x *exchange, args []pgrst.Arg) (doc strictjson.Value, err error) {
	body := []byte("{}")
	switch {
	case !x.writes():
		body, err = x.function.queryArguments(args, x.s.limits)
	case len(x.function.args) > 0 || x.r.ContentLength != 0:
		body, err = x.body()
	}
	if err != nil {
		return doc, err
	}
	doc, err = strictjson.Parse(body, strictjson.Limits{})
	if err == nil && doc.Kind() != strictjson.Object {
		err = &problem.Error{Code: problem.BadBody, Message: "the body must be an object of arguments"}
	}
	return doc, err
}

// queryArguments makes an object of arguments that stand in the query string, each
// as the type of its field wants it.
func (f *function) queryArguments(args []pgrst.Arg, lim pgrst.Limits) ([]byte, error) {
	body := []byte{'{'}
	seen := map[string]bool{}
	for _, arg := range args {
		if seen[arg.Name] {
			return nil, problem.Errorf(problem.BadQuery, "the argument %q is given more than once", errtext.Quote(arg.Name))
		}
		seen[arg.Name] = true
		if len(body) > 1 {
			body = append(body, ',')
		}
		body = append(strictjson.AppendString(body, arg.Name), ':')
		var err error
		if body, err = appendArgument(body, f.args[arg.Name], arg, lim); err != nil {
			return nil, err
		}
	}
	return append(body, '}'), nil
}

// appendArgument appends an argument as JSON for a type. One that the function
// does not have (a nil type) stays a text until it is refused.
func appendArgument(dst []byte, t reflect.Type, arg pgrst.Arg, lim pgrst.Limits) ([]byte, error) {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	doc, parseErr := strictjson.Parse([]byte(arg.Value), strictjson.Limits{})
	switch form := formOf(t); {
	case form == formText, form == formOwn && parseErr != nil:
		return strictjson.AppendString(dst, arg.Value), nil
	case form == formList && doc.Kind() != strictjson.Array:
		return appendElements(dst, t.Elem(), arg, lim)
	case parseErr != nil,
		form == formNumber && doc.Kind() != strictjson.Number,
		form == formBool && doc.Kind() != strictjson.Bool:
		return nil, problem.Errorf(problem.InvalidText, "%s: invalid input syntax for %s: %s",
			errtext.Quote(arg.Name), form, strconv.Quote(errtext.Quote(arg.Value)))
	}
	return append(dst, doc.Raw()...), nil
}

// appendElements appends the elements of an array, {a,b}, as a JSON array.
func appendElements(dst []byte, t reflect.Type, arg pgrst.Arg, lim pgrst.Limits) ([]byte, error) {
	list, err := pgrst.ParseArray(arg.Value, lim)
	if err != nil {
		return nil, err
	}
	dst = append(dst, '[')
	for i, element := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		if element == nil {
			dst = append(dst, "null"...)
			continue
		}
		if dst, err = appendArgument(dst, t, pgrst.Arg{Name: arg.Name, Value: *element}, lim); err != nil {
			return nil, err
		}
	}
	return append(dst, ']'), nil
}

// argumentForm says how the text of an argument becomes JSON.
type argumentForm string

const (
	formText   argumentForm = "text"
	formNumber argumentForm = "a number"
	formBool   argumentForm = "a boolean"
	formList   argumentForm = "an array" // {a,b}, or JSON
	formJSON   argumentForm = "JSON"
	formOwn    argumentForm = "a value" // JSON where it can be read as such, else a text
)

// formOf returns the form for a type.
func formOf(t reflect.Type) argumentForm {
	if t == nil || reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
		return formText
	}
	if strictjson.DecodesItself(t) {
		return formOwn
	}
	switch kind := t.Kind(); {
	case kind == reflect.String, kind == reflect.Slice && t.Elem().Kind() == reflect.Uint8:
		return formText
	case kind >= reflect.Int && kind <= reflect.Float64:
		return formNumber
	case kind == reflect.Bool:
		return formBool
	case kind == reflect.Slice, kind == reflect.Array:
		return formList
	}
	return formJSON
}
