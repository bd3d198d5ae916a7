package api

import (
	"net/http"

	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store"
)

// insert answers POST of /{table}: new rows, one or many, or with
// Prefer: resolution rows that may exist.
func (x *exchange) insert() error {
	w, err := x.beginWrite()
	if err != nil {
		return err
	}
	if !w.read.Filter.IsZero() {
		return &problem.Error{Code: problem.NotImplemented, Message: "filters have no meaning for new rows", Hint: "Leave them out."}
	}
	gate := x.gate()
	in, err := x.newRows(gate, store.InputOptions{
		Columns: w.read.Columns, MissingDefault: w.prefer.Missing == pgrst.MissingDefault,
		Upsert: w.prefer.Resolution != pgrst.ResolutionNone, MaxRows: x.s.limits.Rows,
	})
	if err != nil {
		return err
	}
	if err := w.limitReturned(in.Len()); err != nil {
		return err
	}
	opts := w.options()
	locate := w.prefer.Return == pgrst.ReturnHeadersOnly && in.Len() == 1 && x.keyReadable()
	if locate {
		opts.Return = x.keyQuery()
	}
	rows := x.s.getRows()
	defer x.s.putRows(rows)
	if w.prefer.Resolution == pgrst.ResolutionNone {
		err = gate.Insert(x.context(), in, opts, rows)
	} else {
		err = gate.Upsert(x.context(), in, store.UpsertOptions{
			WriteOptions: opts, Conflict: w.read.OnConflict, Ignore: w.prefer.Resolution == pgrst.IgnoreDuplicates,
		}, rows)
	}
	if err != nil {
		return err
	}
	if locate && rows.Count == 1 {
		x.location(rows.Body)
	}
	created := w.prefer.Resolution == pgrst.ResolutionNone || rows.Inserted > 0 || in.Len() == 0
	return x.sendWritten(w, rows, created)
}

// keyQuery selects the primary key.
func (x *exchange) keyQuery() *store.Query {
	q := &store.Query{Select: []store.Selected{}}
	for _, c := range x.resource.table.PrimaryKey {
		q.Select = append(q.Select, store.Selected{Column: c.Name})
	}
	return q
}

// location sets Location of a new row from its key as JSON object.
func (x *exchange) location(row []byte) {
	doc, err := strictjson.Parse(row, strictjson.Limits{})
	if err != nil {
		return // the row is stored; the header is a courtesy
	}
	var columns, values []string
	for name, v := range doc.Members() {
		text, ok := v.Text()
		if !ok {
			text = string(v.Raw())
		}
		columns, values = append(columns, string(name)), append(values, text)
	}
	x.set("Location", pgrst.Location(x.link(x.relative, ""), columns, values))
}

// write is what the URL and the headers of a write say.
type write struct {
	form

	read   *pgrst.Read
	method string
	answer int // how large it may be, in bytes
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

// newWrite is a write whose query string was not read yet.
func (x *exchange) newWrite() (*write, error) {
	f, err := x.form()
	return &write{form: f, method: x.r.Method, answer: x.s.config.Limits.Answer}, err
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
func (w *write) options() store.WriteOptions {
	opts := store.WriteOptions{Single: w.media.One(), MaxBytes: w.answer}
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
func (x *exchange) sendWritten(w *write, rows *store.Rows, created bool) error {
	x.headers(keepNot)
	x.set("Content-Range", pgrst.WriteRange(w.method, rows.Count, w.prefer.Count))
	status := pgrst.WriteStatus(w.method, w.prefer, created)
	if w.prefer.Return != pgrst.ReturnRepresentation {
		return x.sendNothing(status)
	}
	return x.sendRows(status, w.media, rows)
}
