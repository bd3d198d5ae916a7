package middleware

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/internal/reqinfo"
	"github.com/seed-7694ebf6/plinth/internal/respwriter"
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

	// Exempt selects requests without a deadline, such as streams. Package
	// middleware/prometheus does not measure their duration.
	//
	// Defaults to none.
	Exempt func(r *http.Request) bool

	// Refuse answers a request after its deadline.
	//
	// Defaults to the REST API's own answers: 504 PL504.
	Refuse func(w http.ResponseWriter, r *http.Request, err error)
}

// Validate returns an error if After or Transfer is negative.
func (o DeadlineOptions) Validate() error {
	if min(o.After, o.Transfer) < 0 {
		return errors.New("middleware: Deadline: After or Transfer is negative")
	}
	return nil
}

// Deadline returns middleware that sets a deadline on a request's context. Statements,
// calls of other servers and locks that use the context end then, and the handler gets an
// error. The REST and the auth surface answer 504 PL504. If a handler returns late without
// an answer, Deadline answers. A handler that ignores its context is not interrupted: the
// server's WriteTimeout only fails its writes.
//
// The status is 504 and not 503, because clients retry after 503, and the request would
// take too long again. A statement has a timeout of its own, set where the database is
// opened. If it passes first, the answer is 400 57014. If both are equal, the deadline of
// the request passes first.
//
// The client has a deadline too, see [DeadlineOptions], so that a slow one does not keep
// its request running. A proxy in front that buffers requests and responses keeps slow
// clients away.
func Deadline(opts DeadlineOptions) (func(http.Handler) http.Handler, error) {
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	after, transfer := cmp.Or(opts.After, 30*time.Second), cmp.Or(opts.Transfer, 10*time.Second)
	refuse, exempt := refuseOr(opts.Refuse), opts.Exempt
	over := &problem.Error{Code: problem.RequestTimeout, Details: "at most " + after.String()}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if exempt != nil && exempt(r) {
				reqinfo.From(r.Context()).SetLasts()
				next.ServeHTTP(w, r)
				return
			}
			ctx, cancel := context.WithTimeoutCause(r.Context(), after, over)
			defer cancel()
			rw, inside := respwriter.Observe(w), r.WithContext(ctx)
			defer reqinfo.NoteRoute(inside)
			limitTransfer(rw, inside, transfer)
			next.ServeHTTP(rw, inside)
			if !rw.Begun() && errors.Is(ctx.Err(), context.DeadlineExceeded) {
				refuse(rw, inside, over)
			}
		})
	}, nil
}

// shortBody is the size up to which a body must be read within Transfer.
const shortBody = 64 << 10

// limitTransfer sets deadlines for reading a short body and for writing the response.
func limitTransfer(w *respwriter.Writer, r *http.Request, transfer time.Duration) {
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

// arrivingBody resets the read deadline after the body was read. net/http keeps reading to
// detect a disconnect, so the deadline would cancel the request's context.
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
