package api

import (
	"net/http"

	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// readOne answers GET and HEAD of /{table}/{id}.
func readOne(x *exchange) error {
	f, err := x.readForm()
	if err != nil {
		return err
	}
	read, _, err := x.rowQuery()
	if err != nil {
		return err
	}
	if f.plan != nil {
		return explainRead(x, &read.Query, x.oneRow(), f.plan)
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
func (rq *request) rowQuery() (*pgrst.Read, store.Cond, error) {
	read, err := pgrst.ParseRead(rq.r.URL.RawQuery, rq.s.limits)
	if err != nil {
		return nil, store.Cond{}, err
	}
	q := &read.Query
	if !read.Filter.IsZero() || len(q.Order) > 0 || q.Limit != nil || q.Offset > 0 || q.After != "" {
		return nil, store.Cond{}, &problem.Error{
			Code:    problem.BadQuery,
			Message: "filters, order, limit, offset and after have no meaning for one row",
			Hint:    "Use them on /" + rq.resource.table.Name + ".",
		}
	}
	id, err := rq.byID()
	if err != nil {
		return nil, store.Cond{}, err
	}
	q.Where = store.And(id, q.Where)
	return read, id, nil
}

// byID returns the condition that selects the row of the path. An id that is not a valid
// value of its column is rejected without a statement.
func (rq *request) byID() (store.Cond, error) {
	id, err := query.KeyCond(rq.resource.table, rq.path.ID)
	if err != nil {
		return store.Cond{}, err
	}
	if !rq.caller.guard(rq.resource.table).Readable.Has(rq.resource.key()) {
		return store.Cond{}, store.ErrNotFound // a lookup would reveal which keys exist
	}
	return id, nil
}

// oneRow returns the options of a read of one row.
func (rq *request) oneRow() query.ReadOptions {
	return query.ReadOptions{MaxBytes: rq.s.config.Limits.Answer, Budget: rq.s.answerRows(), Single: true}
}

// readRow reads the one row of a query. A view may have several of one key.
func (rq *request) readRow(q *query.Query, rows *query.Rows) error {
	err := rq.gate().Read(rq.r.Context(), q, rq.oneRow(), rows)
	switch {
	case err == nil && rows.Count == 0:
		return store.ErrNotFound
	case err == nil && rows.Count > 1:
		return &fault.CardinalityError{Rows: rows.Count}
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

// keyReadable reports whether the caller can read the primary key. Every cursor contains
// the key, and cursors are not encrypted.
func (rq *request) keyReadable() bool {
	readable := rq.caller.guard(rq.resource.table).Readable
	for _, c := range rq.resource.table.PrimaryKey {
		if !readable.Has(c) {
			return false
		}
	}
	return len(rq.resource.table.PrimaryKey) > 0
}

// keyQuery selects the primary key.
func (rq *request) keyQuery() *query.Query {
	q := &query.Query{Select: []query.Selected{}}
	for _, c := range rq.resource.table.PrimaryKey {
		q.Select = append(q.Select, query.Selected{Column: c.Name})
	}
	return q
}

// expected returns the versions of which the row must have one by If-Match, none
// if any will do. Where no version can match it only looks whether there is a row.
func (rq *request) expected(id store.Cond, rows *query.Rows) ([]int64, error) {
	match := ifMatch(rq.r.Header)
	if !match.given || match.any {
		return nil, nil
	}
	if len(match.versions) > 0 && rq.gate().Versioned() {
		return match.versions, nil
	}
	q := query.Query{Select: []query.Selected{}, Where: id}
	if err := rq.readRow(&q, rows); err != nil {
		return nil, err
	}
	return nil, store.ErrStale
}
