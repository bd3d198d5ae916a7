package middleware

import (
	"cmp"
	"context"
	"errors"
	"io"
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

	// Transfer is how long the client may take to send a body of up to 64 KiB, and to
	// take each 64 KiB of an answer. It holds in servers with a ReadTimeout and a
	// WriteTimeout, which bound the whole body and the whole answer. Negative values are
	// refused.
	//
	// Defaults to 10 seconds.
	Transfer time.Duration

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
// The client has a deadline too, see [DeadlineOptions]: a slow one would keep its request
// running. A proxy in front that buffers requests and answers keeps slow clients away.
//
// It panics if After or Transfer is negative.
func Deadline(opts DeadlineOptions) func(http.Handler) http.Handler {
	if min(opts.After, opts.Transfer) < 0 {
		panic("middleware: Deadline: After or Transfer is negative")
	}
	after, transfer := cmp.Or(opts.After, 30*time.Second), cmp.Or(opts.Transfer, 10*time.Second)
	refuse, exempt := refuseOr(opts.Refuse), opts.Exempt
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
			limitTransfer(rw, inside, transfer)
			next.ServeHTTP(rw, inside)
			if !rw.Begun() && errors.Is(ctx.Err(), context.DeadlineExceeded) {
				refuse(rw, inside, over)
			}
		})
	}
}

// shortBody is the size of a body that has to arrive within Transfer.
const shortBody = 64 << 10

// limitTransfer gives the client deadlines to send a short body and to take the answer.
func limitTransfer(w *answer.Writer, r *http.Request, transfer time.Duration) {
	server, ok := r.Context().Value(http.ServerContextKey).(*http.Server)
	if !ok {
		return
	}
	now := time.Now()
	if server.WriteTimeout > 0 {
		w.LimitWrites(transfer, now.Add(server.WriteTimeout))
	}
	if server.ReadTimeout > 0 && r.ContentLength > 0 && r.ContentLength <= shortBody {
		conn := http.NewResponseController(w.ResponseWriter)
		if conn.SetReadDeadline(now.Add(transfer)) == nil {
			r.Body = &arrivingBody{r.Body, conn, now.Add(server.ReadTimeout)}
		}
	}
}

// arrivingBody takes its deadline back once it has arrived. Otherwise net/http, which reads
// on to see the client go, would end the context of the request then.
type arrivingBody struct {
	io.ReadCloser

	conn  *http.ResponseController
	until time.Time
}

// Read implements [io.Reader].
func (b *arrivingBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		_ = b.conn.SetReadDeadline(b.until)
	}
	return n, err
}
