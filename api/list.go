package api

import (
	"net/http"

	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// readList answers GET and HEAD of /{table}.
func readList(x *exchange) error {
	f, err := x.readForm()
	if err != nil {
		return err
	}
	read, err := pgrst.ParseRead(x.r.URL.RawQuery, x.s.limits)
	if err != nil {
		return err
	}
	q, rawQuery := &read.Query, x.r.URL.RawQuery
	if x.r.Method == http.MethodGet && len(x.r.Header["Range"]) > 0 {
		if rawQuery, err = read.Range(x.r.Header, rawQuery, x.s.limits); err != nil {
			return err
		}
	}
	q.Count = f.prefer.Count
	opts := query.ReadOptions{
		MaxRows: x.s.limits.Rows, MaxBytes: x.s.config.Limits.Answer, Budget: x.s.answerRows(),
		Page:    !f.media.One() && x.keyReadable(),
		TagForm: f.media.ContentType(),
	}
	if f.plan != nil {
		return explainRead(x, q, opts, f.plan)
	}
	if x.r.Method == http.MethodHead && q.Count && q.After == "" && !f.media.One() {
		return countRows(x, q, f)
	}
	rows := x.s.getRows()
	defer x.s.putRows(rows)
	if err = x.gate().Read(x.r.Context(), q, opts, rows); err != nil {
		return err
	}
	total := pgrst.Unknown
	if q.Count {
		total = rows.Total
	}
	status, err := pgrst.ReadStatus(q.Offset, rows.Count, total, rows.More)
	if err != nil {
		return err
	}
	if f.media.One() && rows.Count != 1 {
		return &fault.CardinalityError{Rows: rows.Count}
	}
	if rows.Tag != "" && unchanged(x.r.Header, weakTag(rows.Tag)) {
		return x.notModified(q, rawQuery, rows)
	}
	x.tagList(q, rawQuery, rows)
	x.setCut(rows)
	x.set("Content-Range", pgrst.ReadRange(q.Offset, rows.Count, total))
	if rows.Next != "" && mayContinue(q, rows) {
		link := pgrst.NextLink(x.s.base(), x.relative, rawQuery, string(rows.Next), x.s.limits.Query)
		if link != "" {
			x.set("Link", link)
		}
	}
	return x.sendRows(status, f.media, rows)
}

// countRows answers HEAD with count=exact, which clients use to count rows. The total
// says how many rows a GET would send, so no row is read. Headers that depend on the
// rows are omitted (RFC 9110 section 9.3.2).
func countRows(x *exchange, q *query.Query, f form) error {
	asked := *q
	asked.Limit = new(0)
	rows := x.s.getRows()
	defer x.s.putRows(rows)
	opts := query.ReadOptions{TagForm: f.media.ContentType()}
	if err := x.gate().Read(x.r.Context(), &asked, opts, rows); err != nil {
		return err
	}
	limit := x.s.limits.Rows
	if q.Limit != nil {
		limit = *q.Limit
	}
	n := max(0, min(limit, int(rows.Total)-q.Offset))
	status, err := pgrst.ReadStatus(q.Offset, n, rows.Total, false)
	if err != nil {
		return err
	}
	x.readHeaders(keepList(rows), q, rows)
	x.set("Content-Type", f.media.ContentType())
	x.set("Content-Range", pgrst.ReadRange(q.Offset, n, rows.Total))
	x.set("Content-Location", x.link(x.relative, x.r.URL.RawQuery))
	x.begun = true
	x.w.WriteHeader(status)
	return nil
}

// setCut names the default limits of embeds that were lowered.
func (a *response) setCut(rows *query.Rows) {
	if rows.Cut != "" {
		a.set("Embed-Limit", rows.Cut)
	}
}

// answerRows returns how many rows an answer has at most, on all levels.
func (s *server) answerRows() int { return max(s.config.Limits.AnswerRows, s.limits.Rows) }

// mayContinue reports whether there may be rows behind the last one.
func mayContinue(q *query.Query, rows *query.Rows) bool {
	if q.Limit == nil {
		return rows.More
	}
	if q.Count && q.After == "" && int64(q.Offset+rows.Count) >= rows.Total {
		return false
	}
	return rows.Count == *q.Limit
}
