package api

import (
	"net/http"

	"github.com/seed-7694ebf6/plinth/store"
)

// keepList says how a list that is not shared may be kept. One with a tag is kept
// by the client alone, who asks each time whether it has changed: with
// If-None-Match the answer is then 304, and as long as the change log has nothing
// of the tables behind the list, none of them is read for it.
func keepList(rows *store.Rows) string {
	if rows.Tag == "" {
		return keepNot
	}
	return keepAndAsk
}

// tagList sets the headers that a list and the answer that it has not changed
// have in common.
func (x *exchange) tagList(q *store.Query, rawQuery string, rows *store.Rows) {
	x.readHeaders(keepList(rows), q, rows)
	if rows.Tag != "" {
		x.set("Etag", weakTag(rows.Tag))
	}
	x.set("Content-Location", x.link(x.relative, rawQuery))
}

// notModified answers that the client has the list (RFC 9110 section 15.4.5).
func (x *exchange) notModified(q *store.Query, rawQuery string, rows *store.Rows) error {
	x.tagList(q, rawQuery, rows)
	return x.sendNothing(http.StatusNotModified)
}
