package api

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"

	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
	"github.com/seed-7694ebf6/plinth/internal/respwriter"
	"github.com/seed-7694ebf6/plinth/store"
)

// What an answer depends on (RFC 9110 section 12.5.5): the caller, and how they
// want it.
const (
	varyCaller = "Accept-Encoding, Apikey, Authorization, Cookie, Origin"
	vary       = "Accept, " + varyCaller
)

// Values of Cache-Control (RFC 9111 section 5.2.2). Responses depend on the caller,
// so shared caches must not store them.
const (
	keepNot    = "no-store"
	keepAndAsk = "private, no-cache" // with an ETag
)

// form is what the headers of a request say about its answer.
type form struct {
	media  pgrst.Media
	prefer pgrst.Prefer
	plan   *pgrst.Plan // to be sent in place of the rows, of reads only
}

// form reads the headers that ask for a form of the answer.
func (x *exchange) form() (form, error) { return x.formOf(pgrst.NegotiateAccept) }

// readForm is form for a read, which can be explained in place of being done.
func (x *exchange) readForm() (form, error) {
	if x.s.config.Explain {
		if plan, ok := pgrst.AcceptsPlan(x.r.Header); ok {
			f, err := x.formOf(func(http.Header) (pgrst.Media, error) { return plan.For, nil })
			f.plan = &plan
			return f, err
		}
	}
	return x.form()
}

func (x *exchange) formOf(accept func(http.Header) (pgrst.Media, error)) (f form, err error) {
	profile, err := pgrst.Profile(x.r.Method, x.r.Header)
	if err != nil {
		return f, err
	}
	if profile != "" {
		x.set("Content-Profile", profile)
	}
	if f.media, err = accept(x.r.Header); err != nil {
		return f, err
	}
	f.prefer, err = pgrst.ParsePrefer(x.r.Header)
	if applied := f.prefer.Applied(x.r.Method, x.path.Shape); applied != "" && err == nil {
		x.set("Preference-Applied", applied)
	}
	return f, err
}

// headers sets the headers that every answer with success has.
func (x *exchange) headers(cache string) {
	x.vary(vary)
	x.set("Cache-Control", cache)
	x.set("X-Content-Type-Options", "nosniff")
}

// vary adds to what others have said before the answer depends on.
func (x *exchange) vary(names string) {
	if h := x.w.Header(); len(h["Vary"]) > 0 {
		addVary(h, names)
		return
	}
	x.set("Vary", names)
}

// addVary adds names that have Origin among them, which need not be said twice where
// middleware/cors has.
func addVary(h http.Header, names string) {
	if said := h["Vary"]; len(said) == 1 && said[0] == "Origin" {
		h.Del("Vary")
	}
	h.Add("Vary", names)
}

// sendRows sends rows: as an array, or as one object for a client that wants
// exactly one.
func (x *exchange) sendRows(status int, media pgrst.Media, rows *store.Rows) error {
	if media.One() && rows.Count != 1 {
		return &store.CardinalityError{Rows: rows.Count}
	}
	open, body, closing, err := enclosed(media, rows.Body)
	if err != nil {
		return err
	}
	x.send(status, media.ContentType(), open, body, closing)
	return nil
}

// sendOne sends a single row. It ignores the number of rows that the client requested.
func (x *exchange) sendOne(status int, media pgrst.Media, row []byte) error {
	_, body, _, err := enclosed(media, row)
	if err != nil {
		return err
	}
	x.send(status, media.ContentType(), "", body, "")
	return nil
}

// send sends a body between two brackets.
func (x *exchange) send(status int, contentType, open string, body []byte, closing string) {
	x.transmit(status, contentType, open, body, closing)
}

// transmit sends a body between two brackets. The answer to HEAD has its length and
// leaves it out.
func (x *exchange) transmit(status int, contentType, open string, body []byte, closing string) {
	x.set("Content-Type", contentType)
	x.set("Content-Length", strconv.Itoa(len(open)+len(body)+len(closing)))
	x.begun = true
	x.w.WriteHeader(status)
	if x.r.Method == http.MethodHead {
		return
	}
	if len(body) <= maxJoined {
		body, open, closing = enclose(open, body, closing), "", ""
	}
	// A failed write means that the client has disconnected, so it is not reported.
	if open != "" {
		_, _ = x.w.Write([]byte(open))
	}
	_, _ = respwriter.Write(x.w, x.r, body)
	if closing != "" {
		_, _ = x.w.Write([]byte(closing))
	}
}

// maxJoined is the size up to which a body moves to stand between its brackets:
// that costs less than to write three times. The memory of larger ones would be
// taken twice.
const maxJoined = 64 << 10

// enclose returns the body between two texts. It uses the body's memory.
func enclose(open string, body []byte, closing string) []byte {
	if open == "" && closing == "" {
		return body
	}
	n := len(body)
	body = slices.Grow(body, len(open)+len(closing))[:n+len(open)]
	copy(body[len(open):], body[:n])
	copy(body, open)
	return append(body, closing...)
}

// sendNothing sends an answer without a body.
func (x *exchange) sendNothing(status int) error {
	if status != http.StatusNoContent && status != http.StatusNotModified {
		x.set("Content-Length", "0")
	}
	x.begun = true
	x.w.WriteHeader(status)
	return nil
}

// link returns the address of a path below the base path, as it stands in the
// URL, with a query that is escaped already.
func (x *exchange) link(relative, rawQuery string) string {
	return pgrst.ContentLocation(x.s.base()+relative, rawQuery)
}

// base is what links begin with.
func (s *server) base() string { return cmp.Or(s.config.PublicURL, s.config.BasePath) }
