package middleware

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/answer"
	"github.com/seed-7694ebf6/plinth/internal/exchange"
	"github.com/seed-7694ebf6/plinth/internal/logname"
	"github.com/seed-7694ebf6/plinth/internal/quote"
)

// AccessLogOptions tunes [AccessLog]. The zero value is ready to use.
type AccessLogOptions struct {
	// ECS names the fields as the Elastic Common Schema does, as
	// http.response.status_code, and the duration in nanoseconds as event.duration.
	// What the schema has no field for is below labels.
	//
	// Defaults to short names: status, duration.
	ECS bool

	// Logger receives a line for each request.
	//
	// Defaults to slog.Default().
	Logger *slog.Logger

	// Skip leaves requests out, as those of health checks. It is asked after the
	// request was served, and not where the status is 500 or more: a failing check
	// is logged.
	//
	// Defaults to none.
	Skip func(r *http.Request) bool
}

// AccessLog returns middleware that logs one line for each request when it is over:
//
//   - method, path, status, and bytes of the answer's body
//   - duration until the handler was done
//   - request_id, where [RequestID] is outside or inside
//   - client, by [ClientAddressOf]; absent where it is unknown
//   - route, the pattern that the request was routed by: what [SetRoute] was told, else
//     what http.ServeMux has found
//   - principal_kind and principal_id, what [SetPrincipal] was told
//   - client_gone, true where the client went away before the handler was done. If
//     nothing was answered by then, the status is 499, which is no status of HTTP
//   - aborted, true where the handler has panicked through to the server, which cuts
//     the connection
//
// What is absent or false has no field. The level is Error from status 500 on and Info
// below. Answers of a connection that a handler has taken over count as 101.
//
// The query is never logged, nor are headers and bodies: tokens stand there, as those
// of links in mails in the query of /auth/v1/verify. Routes with secrets in their path
// do not exist in this library, and should not in an application. The path is logged
// as it was escaped for the wire, and every text is cut at 200 bytes and has no control
// characters, whatever the handler of the Logger does with them.
func AccessLog(opts AccessLogOptions) func(http.Handler) http.Handler {
	a := &accessLog{logger: cmp.Or(opts.Logger, slog.Default()), names: &shortNames, skip: opts.Skip, ecs: opts.ECS}
	if opts.ECS {
		a.names = &ecsNames
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r, record := exchange.Begin(r)
			rw := answer.Observe(w)
			began, done := time.Now(), false
			defer func() { a.log(rw, r, record, time.Since(began), done) }()
			next.ServeHTTP(rw, r)
			done = true
		})
	}
}

type accessLog struct {
	logger *slog.Logger
	names  *fieldNames
	skip   func(*http.Request) bool
	ecs    bool
}

// fieldNames are how the fields of a line are called.
type fieldNames struct {
	method, path, status, bytes, duration, requestID, client, route, kind, id, gone, aborted string
}

// constants that the language cannot express
var (
	shortNames = fieldNames{
		method: "method", path: "path", status: "status", bytes: "bytes", duration: "duration", requestID: "request_id",
		client: "client", route: "route", kind: "principal_kind", id: "principal_id", gone: "client_gone", aborted: "aborted",
	}
	ecsNames = shortNames.ecs()
)

// ecs returns the same fields by the names of the Elastic Common Schema.
func (n fieldNames) ecs() fieldNames {
	for _, name := range []*string{
		&n.method, &n.path, &n.status, &n.bytes, &n.duration, &n.requestID, &n.client, &n.route, &n.kind, &n.id, &n.gone, &n.aborted,
	} {
		*name = logname.ECS(*name)
	}
	return n
}

// log writes the line. done says that the handler has returned.
func (a *accessLog) log(w *answer.Writer, r *http.Request, record *exchange.Record, took time.Duration, done bool) {
	gone := errors.Is(r.Context().Err(), context.Canceled)
	status := w.Outcome(r, done)
	level := slog.LevelInfo
	if status >= http.StatusInternalServerError {
		level = slog.LevelError
	} else if a.skip != nil && a.skip(r) {
		return
	}
	if !a.logger.Enabled(r.Context(), level) {
		return
	}
	var room [12]slog.Attr
	attrs := append(room[:0],
		slog.String(a.names.method, clean(r.Method)),
		slog.String(a.names.path, clean(r.URL.EscapedPath())),
		slog.Int(a.names.status, status),
		slog.Int64(a.names.bytes, bytesOf(w, r)),
		a.duration(took),
	)
	text := func(name, value string) {
		if value != "" {
			attrs = append(attrs, slog.String(name, clean(value)))
		}
	}
	text(a.names.requestID, RequestIDFrom(r.Context()))
	if client := ClientAddressOf(r); client.IsValid() {
		text(a.names.client, client.String())
	}
	text(a.names.route, cmp.Or(record.Route(), r.Pattern))
	kind, id := record.Principal()
	text(a.names.kind, kind)
	text(a.names.id, id)
	if gone {
		attrs = append(attrs, slog.Bool(a.names.gone, true))
	}
	if !done {
		attrs = append(attrs, slog.Bool(a.names.aborted, true))
	}
	a.logger.LogAttrs(r.Context(), level, "request", attrs...)
}

func (a *accessLog) duration(took time.Duration) slog.Attr {
	if a.ecs {
		return slog.Int64(a.names.duration, took.Nanoseconds())
	}
	return slog.Duration(a.names.duration, took)
}

// bytesOf is how much of a body was sent: to HEAD none is.
func bytesOf(w *answer.Writer, r *http.Request) int64 {
	if r.Method == http.MethodHead {
		return 0
	}
	return w.Bytes()
}

// clean shortens a text and escapes what could begin a line or hide one.
func clean(s string) string {
	s = quote.Text(s)
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			quoted := strconv.Quote(s)
			return quoted[1 : len(quoted)-1]
		}
	}
	return s
}
