package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"reflect"

	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store"
)

// call answers POST of /rpc/{name}.
func (x *exchange) call() error {
	f, err := x.form()
	if err != nil {
		return err
	}
	fn := x.function
	if !fn.gate.open(&x.caller.principal) {
		return &problem.Error{Code: problem.Denied, Message: "permission denied for function " + fn.name}
	}
	if x.r.URL.RawQuery != "" {
		return &problem.Error{Code: problem.NotImplemented, Message: "select, filters, order and limit are not supported on the result of a function"}
	}
	if f.prefer.Strict && f.prefer.Bounded && !fn.many {
		return &problem.Error{Code: problem.MaxAffectedRPC}
	}
	invoke, err := fn.prepare(x.input)
	if err != nil {
		return err
	}
	out := result{form: f, rows: x.s.getRows()}
	defer x.s.putRows(out.rows)
	if fn.inTx {
		err = x.inTx(func(x *exchange) error { return x.run(invoke, &out) })
	} else {
		err = x.run(invoke, &out)
	}
	if err != nil {
		return err
	}
	return x.sendResult(f, &out)
}

// input reads the arguments from the body into a pointer.
func (x *exchange) input(in any) error {
	fn := x.function
	if fn.in.NumField() == 0 && x.r.ContentLength == 0 {
		return nil
	}
	body, err := x.body()
	if err != nil {
		return err
	}
	doc, err := strictjson.Parse(body, strictjson.Limits{})
	if err != nil {
		return err
	}
	if doc.Kind() != strictjson.Object {
		return &problem.Error{Code: problem.BadBody, Message: "the body must be an object of arguments"}
	}
	if err := fn.shape.DecodeValue(doc, in); err != nil {
		return err
	}
	return fn.checks.check(x.s.db.Validator(), doc, reflect.ValueOf(in).Elem())
}

// result is what a function returned, encoded.
type result struct {
	form
	rows  *store.Rows // of a function that returns rows of a resource
	plain []byte      // of any other
	count int         // number of elements of a list
}

// run calls the function and encodes what it returns, in one transaction if
// there is one: an answer that cannot be given undoes it.
func (x *exchange) run(invoke invocation, out *result) error {
	ctx := x.context()
	value, err := invoke(ctx, x.tx)
	if err != nil || x.function.void {
		return err
	}
	if x.function.resource != nil {
		x.resource = x.function.resource
		err = x.gate().Present(ctx, reflect.ValueOf(value), out.rows)
		out.count = out.rows.Count
	} else {
		err = out.encode(x.function, value)
	}
	if err == nil && len(out.plain)+len(out.rows.Body) > x.s.config.Limits.Answer {
		return store.ErrTooLarge
	}
	if err == nil && x.function.many {
		err = out.cardinality()
	}
	return err
}

// cardinality refuses a list of a length that the client does not want.
func (r *result) cardinality() error {
	switch p := &r.prefer; {
	case r.media == pgrst.MediaObject && r.count != 1:
		return &store.CardinalityError{Rows: r.count}
	case p.Strict && p.Bounded && r.count > p.MaxAffected:
		return &store.MaxAffectedError{Rows: r.count}
	}
	return nil
}

// encode encodes a result by its JSON tags. A nil slice is an empty list.
func (r *result) encode(fn *function, value any) error {
	if fn.many {
		list := reflect.ValueOf(value)
		r.count = list.Len()
		switch {
		case list.IsNil():
			value = []struct{}{}
		case r.media == pgrst.MediaObject && r.count == 1:
			value = list.Index(0).Interface()
		}
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		return err
	}
	r.plain = bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
	return nil
}

func (x *exchange) sendResult(f form, out *result) error {
	fn := x.function
	x.headers(keepNot)
	if fn.void || f.prefer.Return == pgrst.ReturnMinimal {
		return x.sendNothing(http.StatusNoContent)
	}
	if fn.many {
		total := pgrst.Unknown
		if f.prefer.Count {
			total = int64(out.count)
		}
		x.set("Content-Range", pgrst.ReadRange(0, out.count, total))
	}
	contentType := f.media.ContentType()
	switch {
	case fn.resource == nil:
		x.send(http.StatusOK, contentType, "", out.plain, "")
	case fn.many:
		return x.sendRows(http.StatusOK, f.media, out.rows)
	case out.count == 0: // there is none, or none the caller may see
		x.send(http.StatusOK, contentType, "null", nil, "")
	default:
		x.send(http.StatusOK, contentType, "", out.rows.Body, "")
	}
	return nil
}
