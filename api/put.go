package api

import (
	"errors"
	"net/http"

	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/access"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// putRows answers PUT of /{table}: an upsert of one row, selected by filters on its key. The
// body must contain the same key. With If-None-Match: * it only creates a new row.
func putRows(x *exchange) error {
	w, err := x.parseWrite()
	if err != nil {
		return err
	}
	if q := &w.read.Query; q.Limit != nil || q.Offset > 0 || q.After != "" {
		return &problem.Error{Code: problem.PutLimit}
	}
	if !query.FixesKey(x.resource.table, w.read.Filter) || !x.keyReadable() {
		return &problem.Error{Code: problem.PutFilter, Allow: x.allowed()}
	}
	rows := x.s.getRows()
	defer x.s.putRows(rows)
	opts := query.UpsertOptions{WriteOptions: w.options()}
	if opts.New, err = onlyNew(x.r.Header); err != nil {
		return err
	}
	if err := replaceRow(x, w, w.read.Filter, opts, rows); err != nil {
		return err
	}
	return x.sendWritten(w, rows, rows.Inserted > 0)
}

// replaceRow upserts the row with a key. The key may be left out of the body where
// the path is the row's own.
func replaceRow(x *exchange, w *write, key store.Cond, opts query.UpsertOptions, rows *query.Rows) error {
	body, err := x.body()
	if err != nil {
		return err
	}
	gate := x.gate()
	in, err := gate.DecodeInput(body, access.InputOptions{
		Columns: w.read.Columns, MissingDefault: w.prefer.Missing == pgrst.MissingDefault, Upsert: true, MaxRows: x.s.limits.Rows,
	})
	if err != nil {
		return err
	}
	if in.Len() != 1 {
		return &problem.Error{Code: problem.BadBody, Message: "PUT takes one object"}
	}
	same, err := gate.Identify(in, key, x.path.Shape == pgrst.ShapeRow)
	if err != nil {
		return err
	}
	if !same {
		return &problem.Error{Code: problem.PutMismatch}
	}
	return gate.Upsert(x.context(), in, opts, rows)
}

// putRow answers PUT of /{table}/{id}. With If-None-Match: * it only makes a new
// row, with If-Match it only changes one (RFC 9110 section 13.1).
func putRow(x *exchange) error {
	w, id, err := x.beginRowWrite()
	if err != nil {
		return err
	}
	opts := query.UpsertOptions{WriteOptions: w.options(), Known: ifMatch(x.r.Header).given}
	opts.Single = false
	if opts.New, err = onlyNew(x.r.Header); err != nil {
		return err
	}
	rows := x.s.getRows()
	defer x.s.putRows(rows)
	if opts.Versions, err = x.expected(id, rows); errors.Is(err, store.ErrNotFound) {
		return store.ErrStale
	} else if err != nil {
		return err
	}
	if err := replaceRow(x, w, id, opts, rows); err != nil {
		return err
	}
	if rows.Inserted > 0 {
		return x.sendRow(w, rows, http.StatusCreated)
	}
	return x.sendRow(w, rows, http.StatusOK)
}
