package api

import (
	"net/http"
	"slices"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/access"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// patchRows answers PATCH of /{table}.
func patchRows(x *exchange) error {
	w, err := x.beginWrite()
	if err != nil {
		return err
	}
	if err := w.filtered("UPDATE"); err != nil {
		return err
	}
	body, err := x.body()
	if err != nil {
		return err
	}
	gate := x.gate()
	patch, err := gate.DecodePatch(body, w.read.Columns)
	if err != nil {
		return err
	}
	rows := x.s.getRows()
	defer x.s.putRows(rows)
	if err := applyPatch(x, gate, patch, w, rows); err != nil {
		return err
	}
	return x.sendWritten(w, rows, false)
}

// applyPatch writes a patch. One that sets nothing changes no row.
func applyPatch(x *exchange, gate access.Gate, patch *access.Patch, w *write, rows *query.Rows) error {
	opts := w.options()
	if !patch.Empty() {
		return gate.Update(x.context(), patch, w.read.Filter, opts, rows)
	}
	// The names in the URL have to be right all the same.
	q := query.Query{Select: []query.Selected{}, Where: w.read.Filter}
	if opts.Return != nil {
		q = *opts.Return
	}
	q.Limit = new(0)
	if err := gate.Read(x.context(), &q, query.ReadOptions{MaxBytes: x.s.config.Limits.Answer, Budget: x.s.answerRows()}, rows); err != nil {
		return err
	}
	if opts.Single {
		return &fault.CardinalityError{}
	}
	return nil
}

// deleteRows answers DELETE of /{table}.
func deleteRows(x *exchange) error {
	w, err := x.beginWrite()
	if err != nil {
		return err
	}
	if err := w.filtered("DELETE"); err != nil {
		return err
	}
	rows := x.s.getRows()
	defer x.s.putRows(rows)
	if err := x.gate().Delete(x.context(), w.read.Filter, w.options(), rows); err != nil {
		return err
	}
	return x.sendWritten(w, rows, false)
}

// filtered refuses to change every row of a table by a forgotten filter.
func (w *write) filtered(verb string) error {
	if !w.read.Filter.IsZero() {
		return nil
	}
	return &problem.Error{
		Code: problem.CardinalityViolation, Message: verb + " requires a WHERE clause",
		Hint: "Add a filter to the URL; a filter on the key, as id=not.is.null, selects every row.",
	}
}

// patchRow answers PATCH of /{table}/{id}.
func patchRow(x *exchange) error {
	body, err := x.body()
	if err != nil {
		return err
	}
	return changeRow(x, func(gate access.Gate, w *write, where store.Cond, opts query.WriteOptions, rows *query.Rows) error {
		patch, err := gate.DecodePatch(body, w.read.Columns)
		if err != nil {
			return err
		}
		if !patch.Empty() {
			return gate.Update(x.context(), patch, where, opts, rows)
		}
		return unchangedRow(x, w, where, opts, rows)
	})
}

// unchangedRow answers a patch that sets nothing: with the row as it is.
func unchangedRow(x *exchange, w *write, where store.Cond, opts query.WriteOptions, rows *query.Rows) error {
	q := w.read.Query
	q.Where = where
	if err := x.readRow(&q, rows); err != nil {
		return err
	}
	if len(opts.Versions) > 0 && !slices.Contains(opts.Versions, rows.Version) {
		return store.ErrStale
	}
	return nil
}

// deleteRow answers DELETE of /{table}/{id}.
func deleteRow(x *exchange) error {
	return changeRow(x, func(gate access.Gate, _ *write, where store.Cond, opts query.WriteOptions, rows *query.Rows) error {
		return gate.Delete(x.context(), where, opts, rows)
	})
}

type rowChange func(access.Gate, *write, store.Cond, query.WriteOptions, *query.Rows) error

// changeRow runs a write of the row of the path and answers it.
func changeRow(x *exchange, change rowChange) error {
	w, id, err := x.beginRowWrite()
	if err != nil {
		return err
	}
	opts := w.options()
	opts.Single, opts.ByKey = false, true
	rows := x.s.getRows()
	defer x.s.putRows(rows)
	if opts.Versions, err = x.expected(id, rows); err != nil {
		return err
	}
	if err := change(x.gate(), w, id, opts, rows); err != nil {
		return err
	}
	return x.sendRow(w, rows, http.StatusOK)
}
