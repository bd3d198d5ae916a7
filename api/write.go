package api

import (
	"net/http"

	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// write is what the URL and the headers of a write say.
type write struct {
	form

	x      *exchange
	read   *pgrst.Read
	method string
}

// beginWrite reads what a write has beside its body.
func (x *exchange) beginWrite() (*write, error) {
	w, err := x.parseWrite()
	if err != nil {
		return nil, err
	}
	if q := &w.read.Query; q.Offset > 0 || q.After != "" || q.Limit != nil && x.r.Method != http.MethodPost {
		return nil, &problem.Error{
			Code: problem.NotImplemented, Message: "limit, offset and after are not supported on a write",
			Hint: "Select the rows by a filter on their key.",
		}
	}
	return w, nil
}

// parseWrite reads the headers and the query string of a write.
func (x *exchange) parseWrite() (*write, error) {
	w, err := x.newWrite()
	if err != nil {
		return nil, err
	}
	w.read, err = pgrst.ParseRead(x.r.URL.RawQuery, x.s.limits)
	return w, err
}

// newWrite returns a write before its query string is parsed.
func (x *exchange) newWrite() (*write, error) {
	f, err := x.form()
	return &write{form: f, x: x, method: x.r.Method}, err
}

// beginRowWrite is beginWrite for the row of the path; id selects it.
func (x *exchange) beginRowWrite() (w *write, id store.Cond, err error) {
	if w, err = x.newWrite(); err != nil {
		return nil, id, err
	}
	w.read, id, err = x.rowQuery()
	return w, id, err
}

// options returns how the store shall write. A client that wants one object gets
// nothing written unless it is exactly one row.
func (w *write) options() query.WriteOptions {
	opts := query.WriteOptions{Single: w.media.One(), MaxBytes: w.x.s.config.Limits.Answer, Budget: w.x.s.answerRows()}
	if p := &w.prefer; p.Strict && p.Bounded && (w.method == http.MethodPatch || w.method == http.MethodDelete) {
		opts.Most = &p.MaxAffected
	}
	if w.prefer.Return == pgrst.ReturnRepresentation {
		w.read.Query.Limit = nil // it was found to cut nothing
		opts.Return = &w.read.Query
	}
	return opts
}

// limitReturned accepts a limit on the returned rows that cuts nothing off:
// clients add one beside asking for a single row.
func (w *write) limitReturned(rows int) error {
	if w.read.Query.Limit == nil || rows <= *w.read.Query.Limit {
		return nil
	}
	return &problem.Error{
		Code: problem.NotImplemented, Message: "limit cannot cut off rows that a write returns",
		Hint: "Leave limit out, or write fewer rows.",
	}
}

// sendWritten answers a write that has succeeded.
func (x *exchange) sendWritten(w *write, rows *query.Rows, created bool) error {
	x.headers(keepNot)
	x.set("Content-Range", pgrst.WriteRange(w.method, rows.Count, w.prefer.Count))
	status := pgrst.WriteStatus(w.method, w.prefer, created)
	if w.prefer.Return != pgrst.ReturnRepresentation {
		return x.sendNothing(status)
	}
	return x.sendRows(status, w.media, rows)
}

// sendRow answers a write of one row. Status is used if the row is sent. Its entity tag
// equals that of a GET with the same select.
func (x *exchange) sendRow(w *write, rows *query.Rows, status int) error {
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
