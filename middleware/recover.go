package middleware

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/internal/respwriter"
)

// RecoverOptions tunes [Recover]. The zero value is ready to use.
type RecoverOptions struct {
	// Logger receives panics with their stack.
	//
	// Defaults to slog.Default().
	Logger *slog.Logger

	// Refuse answers a request that has panicked. The error holds the panic value for the
	// log; the client must not see it.
	//
	// Defaults to the REST API's own answers: 500 with a generic text.
	Refuse func(w http.ResponseWriter, r *http.Request, err error)
}

// Recover returns middleware that turns a panic of a handler into a response with status
// 500, and logs it once with its stack.
//
// If the response has begun, or the connection was hijacked, the connection is closed, so
// that a partial response does not look complete. A panic with http.ErrAbortHandler is
// passed on unlogged.
func Recover(opts RecoverOptions) func(http.Handler) http.Handler {
	logger, refuse := cmp.Or(opts.Logger, slog.Default()), refuseOr(opts.Refuse)
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rw := respwriter.Observe(w)
			defer func() {
				if p := recover(); p != nil {
					recovered(rw, r, p, logger, refuse)
				}
			}()
			next.ServeHTTP(rw, r)
		})
	}
}

func recovered(w *respwriter.Writer, r *http.Request, p any, logger *slog.Logger, refuse func(http.ResponseWriter, *http.Request, error)) {
	err, _ := p.(error)
	if !errors.Is(err, http.ErrAbortHandler) {
		logger.LogAttrs(r.Context(), slog.LevelError, "panic",
			slog.String("request_id", problem.RequestID(r.Context())),
			slog.String("panic", fmt.Sprint(p)),
			slog.String("stack", string(debug.Stack())),
		)
		if !w.Begun() {
			refuse(w, r, fmt.Errorf("middleware: panic: %v", p))
			return
		}
	}
	if conn := w.Conn(); conn != nil {
		_ = conn.Close() // the server does not know it any more
	}
	panic(http.ErrAbortHandler)
}
