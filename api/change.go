package api

import (
	"net/http"
	"slices"

	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// patch answers PATCH of /{table}.
func (x *exchange) patch() error {
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
	if err := x.update(gate, patch, w, rows); err != nil {
		return err
	}
	return x.sendWritten(w, rows, false)
}

// update writes a patch. One that sets nothing changes no row.
func (x *exchange) update(gate store.Gate, patch *store.Patch, w *write, rows *store.Rows) error {
	opts := w.options()
	if !patch.Empty() {
		return gate.Update(x.context(), patch, w.read.Filter, opts, rows)
	}
	// The names in the URL have to be right all the same.
	q := store.Query{Select: []store.Selected{}, Where: w.read.Filter}
	if opts.Return != nil {
		q = *opts.Return
	}
	q.Limit = new(0)
	if err := gate.Read(x.context(), &q, store.ReadOptions{MaxBytes: x.s.config.Limits.Answer, Budget: x.s.answerRows()}, rows); err != nil {
		return err
	}
	if opts.Single {
		return &store.CardinalityError{}
	}
	return nil
}

// delete answers DELETE of /{table}.
func (x *exchange) delete() error {
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
func (x *exchange) patchRow() error {
	body, err := x.body()
	if err != nil {
		return err
	}
	return x.changeRow(func(gate store.Gate, w *write, where store.Cond, opts store.WriteOptions, rows *store.Rows) error {
		patch, err := gate.DecodePatch(body, w.read.Columns)
		if err != nil {
			return err
		}
		if !patch.Empty() {
			return gate.Update(x.context(), patch, where, opts, rows)
		}
		return x.untouched(w, where, opts, rows)
	})
}

// untouched answers a patch that sets nothing: with the row as it is.
func (x *exchange) untouched(w *write, where store.Cond, opts store.WriteOptions, rows *store.Rows) error {
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
func (x *exchange) deleteRow() error {
	return x.changeRow(func(gate store.Gate, _ *write, where store.Cond, opts store.WriteOptions, rows *store.Rows) error {
		return gate.Delete(x.context(), where, opts, rows)
	})
}

type rowChange func(store.Gate, *write, store.Cond, store.WriteOptions, *store.Rows) error

// changeRow runs a write of the row of the path and answers it.
func (x *exchange) changeRow(change rowChange) error {
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

// expected returns the versions of which the row must have one by If-Match, none
// if any will do. Where no version can match it only looks whether there is a row.
func (x *exchange) expected(id store.Cond, rows *store.Rows) ([]int64, error) {
	match := ifMatch(x.r.Header)
	if !match.given || match.any {
		return nil, nil
	}
	if len(match.versions) > 0 && x.gate().Versioned() {
		return match.versions, nil
	}
	q := store.Query{Select: []store.Selected{}, Where: id}
	if err := x.readRow(&q, rows); err != nil {
		return nil, err
	}
	return nil, store.ErrStale
}

// sendRow answers a write of one row. Status is used if the row is sent. Its entity tag
// equals that of a GET with the same select.
func (x *exchange) sendRow(w *write, rows *store.Rows, status int) error {
	x.headers(keepNot)
	if w.prefer.Return != pgrst.ReturnRepresentation || rows.Count == 0 {
		// Not asked for, or no longer the caller's to see.
		if status == http.StatusOK {
			status = http.StatusNoContent
		}
		return x.sendNothing(status)
	}
	media := rowMedia(w.media)
	x.setCut(rows) // of a row that was only read, see untouched
	if x.r.Method != http.MethodDelete {
		x.set("Etag", rowTag(rows.Version, media.ContentType(), rows.Body))
	}
	return x.sendOne(status, media, rows.Body)
}
