package api

import (
	"strconv"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
)

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
func (x *exchange) readHeaders(cache string, q *store.Query, rows *store.Rows) {
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
func (x *exchange) shared(q *store.Query, rows *store.Rows) string {
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
