package api

import (
	"net/http"

	"github.com/seed-7694ebf6/plinth/store"
)

// keepList returns the Cache-Control of a list that is not shared. A list with a tag
// may be stored by the client, which revalidates it each time with If-None-Match. If
// the change log has no newer entry of the tables behind the list, the answer is 304
// and no table is read.
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
