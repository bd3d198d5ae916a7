package api

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
	"github.com/seed-7694ebf6/plinth/internal/respwriter"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/query"
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

// response writes the answer of an exchange.
type response struct {
	w     http.ResponseWriter
	req   *http.Request
	begun bool // the status was sent

	values [10]string // of headers: enough for nearly every answer
	given  int        // so many of them
}

// set sets a header of the answer, by its canonical name. The values share one
// array, which http.Header.Set would allocate for each.
func (a *response) set(name, value string) {
	n := a.given
	if n == len(a.values) {
		a.w.Header().Set(name, value)
		return
	}
	a.values[n] = value
	a.given++
	a.w.Header()[name] = a.values[n : n+1 : n+1]
}

// headers sets the headers that every answer with success has.
func (a *response) headers(cache string) {
	a.vary(vary)
	a.set("Cache-Control", cache)
	a.set("X-Content-Type-Options", "nosniff")
}

// vary adds to what others have said before the answer depends on.
func (a *response) vary(names string) {
	if h := a.w.Header(); len(h["Vary"]) > 0 {
		addVary(h, names)
		return
	}
	a.set("Vary", names)
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
func (a *response) sendRows(status int, media pgrst.Media, rows *query.Rows) error {
	if media.One() && rows.Count != 1 {
		return &fault.CardinalityError{Rows: rows.Count}
	}
	open, body, closing, err := enclosed(media, rows.Body)
	if err != nil {
		return err
	}
	a.send(status, media.ContentType(), open, body, closing)
	return nil
}

// sendOne sends a single row. It ignores the number of rows that the client requested.
func (a *response) sendOne(status int, media pgrst.Media, row []byte) error {
	_, body, _, err := enclosed(media, row)
	if err != nil {
		return err
	}
	a.send(status, media.ContentType(), "", body, "")
	return nil
}

// send sends a body between two brackets. The answer to HEAD has its length and
// leaves it out.
func (a *response) send(status int, contentType, open string, body []byte, closing string) {
	a.set("Content-Type", contentType)
	a.set("Content-Length", strconv.Itoa(len(open)+len(body)+len(closing)))
	a.begun = true
	a.w.WriteHeader(status)
	if a.req.Method == http.MethodHead {
		return
	}
	if len(body) <= maxJoined {
		body, open, closing = enclose(open, body, closing), "", ""
	}
	// A failed write means that the client has disconnected, so it is not reported.
	if open != "" {
		_, _ = a.w.Write([]byte(open))
	}
	_, _ = respwriter.Write(a.w, a.req, body)
	if closing != "" {
		_, _ = a.w.Write([]byte(closing))
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
func (a *response) sendNothing(status int) error {
	if status != http.StatusNoContent && status != http.StatusNotModified {
		a.set("Content-Length", "0")
	}
	a.begun = true
	a.w.WriteHeader(status)
	return nil
}

// link returns the address of a path below the base path, as it stands in the
// URL, with a query that is escaped already.
func (x *exchange) link(relative, rawQuery string) string {
	return pgrst.ContentLocation(x.s.base()+relative, rawQuery)
}

// base is what links begin with.
func (s *server) base() string { return cmp.Or(s.config.PublicURL, s.config.BasePath) }

// varyShared names further headers on which a shared response depends. A client that
// revalidates each time detects them by the entity tag, but a shared cache needs Vary
// (RFC 9111 section 4.1).
const varyShared = "Accept-Profile, Prefer, Range"

// keepShared returns the Cache-Control of a response that shared caches may store.
// Browsers store it and revalidate each time, as with keepAndAsk. It does not use no-cache,
// which would apply to shared caches too (RFC 9111 sections 5.2.2.2, 5.2.2.4 and 5.2.2.10).
func keepShared(age time.Duration) string {
	return "public, max-age=0, must-revalidate, s-maxage=" + strconv.FormatInt(int64(age/time.Second), 10)
}

// readHeaders sets the headers of an answer made of the rows of a query.
func (x *exchange) readHeaders(cache string, q *query.Query, rows *query.Rows) {
	shared := x.shared(q, rows)
	if shared == "" {
		x.headers(cache)
		return
	}
	x.headers(shared)
	x.w.Header().Add("Vary", varyShared)
}

// shared returns the Cache-Control of a read that shared caches may store, or "". Every
// table behind the read must set SharedMaxAge, including tables that rules read. Partial
// responses (206) are not shared, because caches may interpret their ranges differently.
// A 304 has the same header.
func (x *exchange) shared(q *query.Query, rows *query.Rows) string {
	least := x.resource
	if least.sharedMaxAge == 0 || x.tx != nil || q.Count || rows.More || len(x.r.Header["Range"]) > 0 || !x.unnamed() {
		return ""
	}
	for _, t := range rows.Tables {
		r := x.s.resources.byTable[t]
		if r == nil || r.sharedMaxAge == 0 {
			return ""
		}
		if r.sharedMaxAge < least.sharedMaxAge {
			least = r
		}
	}
	return least.keepShared
}

// unnamed reports whether the caller cannot be distinguished from other anonymous
// callers. The principal must be zero, which is all that gates and variables see. The
// request must carry no credentials, even invalid ones, and the response no cookie.
func (x *exchange) unnamed() bool {
	sent, answer := x.r.Header, x.w.Header()
	return x.caller.principal.IsZero() && len(answer["Set-Cookie"]) == 0 &&
		len(sent["Authorization"]) == 0 && len(sent["Cookie"]) == 0 && len(sent["Apikey"]) == 0
}
