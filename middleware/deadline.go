package middleware

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/answer"
	"github.com/seed-7694ebf6/plinth/internal/exchange"
	"github.com/seed-7694ebf6/plinth/internal/problem"
)

// DeadlineOptions tunes [Deadline]. The zero value is ready to use.
type DeadlineOptions struct {
	// After is how long a request may take. It should be less than the WriteTimeout
	// of the server, so that there is time to answer. Negative values are refused.
	//
	// Defaults to 30 seconds.
	After time.Duration

	// Exempt says which requests have no end, as streams. How long they take is not
	// among the durations of middleware/prometheus.
	//
	// Defaults to none.
	Exempt func(r *http.Request) bool

	// Refuse writes the answer where the time is over.
	//
	// Defaults to the REST API's own answers: 504 PL504.
	Refuse func(w http.ResponseWriter, r *http.Request, err error)
}

// Deadline returns middleware that gives a request's context a deadline. What waits by
// that context, as statements, calls of other servers and locks do, ends then, and its
// handler comes back with an error: the REST and the auth surface answer 504 PL504. A
// handler that comes back late and has written nothing is answered for. One that does
// not look at its context is not interrupted; the WriteTimeout of the server is for
// such.
//
// The status is 504 and not 503, because clients repeat a request that is answered with
// 503, and this one has been too much already. The time of a single statement stays a
// limit of its own, set where the database is opened, and is answered with 400 57014
// where it passes first: with one that is as long as After, the end of the request comes
// first.
//
// It panics if After is negative.
func Deadline(opts DeadlineOptions) func(http.Handler) http.Handler {
	if opts.After < 0 {
		panic("middleware: Deadline: After is negative")
	}
	after, refuse, exempt := cmp.Or(opts.After, 30*time.Second), refuseOr(opts.Refuse), opts.Exempt
	over := &problem.Error{Code: problem.RequestTimeout, Details: "at most " + after.String()}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if exempt != nil && exempt(r) {
				exchange.From(r.Context()).SetLasts()
				next.ServeHTTP(w, r)
				return
			}
			ctx, cancel := context.WithTimeoutCause(r.Context(), after, over)
			defer cancel()
			rw, inside := answer.Observe(w), r.WithContext(ctx)
			defer exchange.NoteRoute(inside)
			next.ServeHTTP(rw, inside)
			if !rw.Begun() && errors.Is(ctx.Err(), context.DeadlineExceeded) {
				refuse(rw, inside, over)
			}
		})
	}
}
