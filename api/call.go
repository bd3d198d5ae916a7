package api

import (
	"fmt"
	"net/http"
	"reflect"

	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// callFunction answers GET, HEAD and POST of /rpc/{name}.
func callFunction(x *exchange) error {
	f, err := x.form()
	if err != nil {
		return err
	}
	fn := x.function
	if !fn.gate.Admits(&x.caller.principal) {
		return fn.denied()
	}
	if f.prefer.Strict && f.prefer.Bounded && !fn.many {
		return &problem.Error{Code: problem.MaxAffectedRPC}
	}
	if f.media == pgrst.MediaCSV && (fn.resource == nil || !fn.many) {
		return &problem.Error{Code: problem.NotAcceptable, Message: "text/csv is for functions that return a list of rows of a resource"}
	}
	query, args, err := x.callQuery()
	if err != nil {
		return err
	}
	query.Count = f.prefer.Count
	invoke, err := fn.prepare(func(in any) error { return decodeArguments(x, args, in) })
	if err != nil {
		return err
	}
	out := result{form: f, query: query, rows: x.s.getRows()}
	defer x.s.putRows(out.rows)
	run := func(in *exchange) error { return runFunction(in, invoke, &out) }
	switch {
	case fn.readOnly:
		err = x.inTx(readTx, run)
	case fn.inTx:
		err = x.inTx(store.TxOptions{}, run)
	case x.tx != nil:
		err = problem.Errorf(problem.NotImplemented, "the function %s does not run in a transaction, so it cannot be part of one", fn.name)
	default:
		err = runFunction(x, invoke, &out)
	}
	if err != nil {
		return err
	}
	return sendResult(x, f, &out)
}

// callQuery reads the query string of a call: what to send of the rows the
// function returns, and of GET and HEAD the arguments.
func (rq *request) callQuery() (*query.Query, []pgrst.Arg, error) {
	fn, raw := rq.function, rq.r.URL.RawQuery
	if fn.resource == nil && raw != "" && rq.writes() {
		return nil, nil, errNoRows
	}
	var read *pgrst.Read
	var args []pgrst.Arg
	var err error
	if rq.writes() {
		read, err = pgrst.ParseRead(raw, rq.s.limits)
	} else {
		read, args, err = pgrst.ParseCall(raw, fn.resource != nil, rq.s.limits)
	}
	if err != nil {
		return nil, nil, err
	}
	q := &read.Query
	switch {
	case fn.resource == nil && asksForRows(read):
		return nil, nil, errNoRows
	case q.After != "" || read.Columns != nil || read.OnConflict != nil:
		return nil, nil, &problem.Error{
			Code: problem.NotImplemented, Message: "after, columns and on_conflict are not supported on the result of a function",
		}
	}
	return q, args, nil
}

var errNoRows = &problem.Error{
	Code:    problem.NotImplemented,
	Message: "select, filters, order, limit and offset are for functions that return rows of a resource",
}

// asksForRows reports whether anything of the query string concerns rows.
func asksForRows(read *pgrst.Read) bool {
	q := &read.Query
	return q.Select != nil || len(q.With) > 0 || !q.Where.IsZero() || len(q.Order) > 0 || q.Limit != nil || q.Offset > 0
}

// result is what a function returned, encoded.
type result struct {
	form

	query *query.Query // of a function that returns rows: what to send of them
	rows  *query.Rows  // of a function that returns rows of a resource
	plain []byte       // of any other

	count  int   // number of elements of a list
	total  int64 // the same of the whole list
	status int
}

// runFunction calls the function and encodes what it returns, in one transaction if
// there is one: an answer that cannot be given undoes it.
func runFunction(x *exchange, invoke invocation, out *result) error {
	ctx, fn := x.context(), x.function
	value, err := invoke(ctx, x.tx)
	if err != nil || fn.void {
		return err
	}
	if fn.resource != nil {
		x.resource = fn.resource
		limits := query.ReadOptions{MaxBytes: x.s.config.Limits.Answer, Budget: x.s.answerRows()}
		err = x.gate().Present(ctx, reflect.ValueOf(value), out.query, limits, out.rows)
		out.count, out.total = out.rows.Count, out.rows.Total
	} else {
		err = out.encode(x.s.db, fn, value)
	}
	switch {
	case err != nil:
		return err
	case len(out.plain) > x.s.config.Limits.Answer:
		return fault.ErrTooLarge
	case !out.query.Count:
		out.total = pgrst.Unknown
	}
	out.status = http.StatusOK
	if fn.many {
		if err = out.cardinality(); err != nil {
			return err
		}
		out.status, err = pgrst.ReadStatus(out.query.Offset, out.count, out.total, false)
	}
	return err
}

// cardinality refuses a list of a length that the client does not want.
func (r *result) cardinality() error {
	switch p := &r.prefer; {
	case r.media.One() && r.count != 1:
		return &fault.CardinalityError{Rows: r.count}
	case p.Strict && p.Bounded && r.count > p.MaxAffected:
		return &fault.MaxAffectedError{Rows: r.count}
	}
	return nil
}

// encode encodes a result by its JSON tags. A nil slice is an empty list.
func (r *result) encode(db *store.DB, fn *function, value any) error {
	r.count, r.total = 1, 1
	if fn.many {
		list := reflect.ValueOf(value)
		r.count, r.total = list.Len(), int64(list.Len())
		switch {
		case list.IsNil():
			value = []struct{}{}
		case r.media.One() && r.count == 1:
			value = list.Index(0).Interface()
		}
	}
	// What is sent is looked at, not what was returned: a copy of an element has no
	// address, by which it may encode itself.
	if fn.open {
		if model := findModelIn(db, value); model != nil {
			return fmt.Errorf("api: function %s: the result holds the model %s behind an interface; its columns would be encoded by their JSON tags, "+
				"past every policy: return a type made for the answer", fn.name, model)
		}
	}
	var err error
	r.plain, err = strictjson.Encode(value)
	return err
}

func sendResult(x *exchange, f form, out *result) error {
	fn := x.function
	x.headers(keepNot)
	if fn.void || x.writes() && f.prefer.Return == pgrst.ReturnMinimal {
		return x.sendNothing(http.StatusNoContent)
	}
	x.setCut(out.rows)
	if fn.many || out.query.Count {
		x.set("Content-Range", pgrst.ReadRange(out.query.Offset, out.count, out.total))
	}
	switch {
	case fn.resource == nil:
		return x.sendOne(out.status, f.media, out.plain)
	case fn.many:
		return x.sendRows(out.status, f.media, out.rows)
	case out.count == 0: // there is none, or none the caller may see
		return x.sendOne(out.status, f.media, []byte("null"))
	}
	return x.sendOne(out.status, f.media, out.rows.Body)
}
