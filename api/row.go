package api

import (
	"net/http"

	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// row answers GET and HEAD of /{table}/{id}.
func (x *exchange) row() error {
	f, err := x.readForm()
	if err != nil {
		return err
	}
	read, _, err := x.rowQuery()
	if err != nil {
		return err
	}
	if f.plan != nil {
		return x.explain(&read.Query, x.oneRow(), f.plan)
	}
	rows := x.s.getRows()
	defer x.s.putRows(rows)
	if err := x.readRow(&read.Query, rows); err != nil {
		return err
	}
	if !ifMatch(x.r.Header).holds(rows.Version) {
		return store.ErrStale
	}
	media := rowMedia(f.media)
	tag := rowTag(rows.Version, media.ContentType(), rows.Body)
	same := unchanged(x.r.Header, tag)
	x.readHeaders(keepAndAsk, &read.Query, rows)
	x.setCut(rows)
	x.set("Etag", tag)
	x.set("Content-Location", x.link(x.relative, x.r.URL.RawQuery))
	if same {
		return x.sendNothing(http.StatusNotModified)
	}
	return x.sendOne(http.StatusOK, media, rows.Body)
}

// rowQuery reads the query string of a request for one row. The path says which
// one, so there is nothing to filter, to sort or to skip.
func (x *exchange) rowQuery() (*pgrst.Read, store.Cond, error) {
	read, err := pgrst.ParseRead(x.r.URL.RawQuery, x.s.limits)
	if err != nil {
		return nil, store.Cond{}, err
	}
	q := &read.Query
	if !read.Filter.IsZero() || len(q.Order) > 0 || q.Limit != nil || q.Offset > 0 || q.After != "" {
		return nil, store.Cond{}, &problem.Error{
			Code:    problem.BadQuery,
			Message: "filters, order, limit, offset and after have no meaning for one row",
			Hint:    "Use them on /" + x.resource.table.Name + ".",
		}
	}
	id, err := x.byID()
	if err != nil {
		return nil, store.Cond{}, err
	}
	q.Where = store.And(id, q.Where)
	return read, id, nil
}

// byID returns the condition that selects the row of the path. An id that is not a valid
// value of its column is rejected without a statement.
func (x *exchange) byID() (store.Cond, error) {
	id, err := x.resource.table.KeyCond(x.path.ID)
	if err != nil {
		return store.Cond{}, err
	}
	if !x.caller.guard(x.resource.table).Readable.Has(x.resource.key()) {
		return store.Cond{}, store.ErrNotFound // a lookup would reveal which keys exist
	}
	return id, nil
}

// oneRow returns the options of a read of one row.
func (x *exchange) oneRow() store.ReadOptions {
	return store.ReadOptions{MaxBytes: x.s.config.Limits.Answer, Budget: x.s.answerRows(), Single: true}
}

// readRow reads the one row of a query. A view may have several of one key.
func (x *exchange) readRow(q *store.Query, rows *store.Rows) error {
	err := x.gate().Read(x.r.Context(), q, x.oneRow(), rows)
	switch {
	case err == nil && rows.Count == 0:
		return store.ErrNotFound
	case err == nil && rows.Count > 1:
		return &store.CardinalityError{Rows: rows.Count}
	}
	return err
}

// rowMedia returns the form of one row: an object also where a list was asked for.
func rowMedia(m pgrst.Media) pgrst.Media {
	switch m {
	case pgrst.MediaObject, pgrst.MediaObjectStripped, pgrst.MediaCSV:
		return m
	case pgrst.MediaArrayStripped:
		return pgrst.MediaObjectStripped
	}
	return pgrst.MediaJSON
}
