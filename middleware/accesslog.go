package middleware

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/errtext"
	"github.com/seed-7694ebf6/plinth/internal/logging"
	"github.com/seed-7694ebf6/plinth/internal/reqinfo"
	"github.com/seed-7694ebf6/plinth/internal/respwriter"
)

// AccessLogOptions tunes [AccessLog]. The zero value is ready to use.
type AccessLogOptions struct {
	// ECS names the fields by the Elastic Common Schema, such as http.response.status_code.
	// The duration is event.duration in nanoseconds. Fields that the schema lacks are below
	// labels.
	//
	// Defaults to short names: status, duration_ms.
	ECS bool

	// Logger receives a line for each request.
	//
	// Defaults to slog.Default().
	Logger *slog.Logger

	// Skip selects requests that are not logged, such as health checks that succeeded. It
	// is called after the request, with the status of its answer.
	//
	// Defaults to none.
	Skip func(r *http.Request, status int) bool
}

// AccessLog returns middleware that logs one line for each request after its handler has
// returned:
//
//   - method, path, status, and bytes of the response body
//   - duration_ms, the duration of the handler in milliseconds
//   - request_id, if [RequestID] is in the chain
//   - client, by [ClientAddressOf]; absent if unknown
//   - route, the pattern set by [SetRoute], else that of http.ServeMux
//   - principal_kind and principal_id, as set by [SetPrincipal]
//   - client_gone, true if the client disconnected before the handler returned. If the
//     handler had not answered by then, the status is 499, which HTTP does not define
//   - aborted, true if the handler panicked through to the server, which closes the
//     connection
//
// Fields that are absent or false are left out. The level is Error from status 500 on and
// Info below. Responses on a hijacked connection count as 101.
//
// The query, headers and bodies are never logged: they may hold tokens, such as the query
// of /auth/v1/verify. The path is logged, so a route must not have a secret in its path. It
// is the path that the client sent, in its escaped form, also below http.StripPrefix. Every
// text is cut at 200 bytes and has no control characters.
func AccessLog(opts AccessLogOptions) func(http.Handler) http.Handler {
	a := &accessLog{logger: cmp.Or(opts.Logger, slog.Default()), names: &shortNames, skip: opts.Skip, ecs: opts.ECS}
	if opts.ECS {
		a.names = &ecsNames
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r, record := reqinfo.Begin(r)
			rw := respwriter.Observe(w)
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
	skip   func(*http.Request, int) bool
	ecs    bool
}

// fieldNames holds the names of the fields.
type fieldNames struct {
	method, path, status, bytes, duration, requestID, client, route, kind, id, gone, aborted string
}

// constants that the language cannot express
var (
	shortNames = fieldNames{
		method: "method", path: "path", status: "status", bytes: "bytes", duration: "duration_ms", requestID: "request_id",
		client: "client", route: "route", kind: "principal_kind", id: "principal_id", gone: "client_gone", aborted: "aborted",
	}
	ecsNames = shortNames.ecs()
)

// ecs returns the same fields by the names of the Elastic Common Schema.
func (n fieldNames) ecs() fieldNames {
	for _, name := range []*string{
		&n.method, &n.path, &n.status, &n.bytes, &n.duration, &n.requestID, &n.client, &n.route, &n.kind, &n.id, &n.gone, &n.aborted,
	} {
		*name = logging.ECS(*name)
	}
	return n
}

// log writes the line. done says that the handler has returned.
func (a *accessLog) log(w *respwriter.Writer, r *http.Request, record *reqinfo.Record, took time.Duration, done bool) {
	gone := errors.Is(r.Context().Err(), context.Canceled)
	status := w.Outcome(r, done)
	if a.skip != nil && a.skip(r, status) {
		return
	}
	level := slog.LevelInfo
	if status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	if !a.logger.Enabled(r.Context(), level) {
		return
	}
	var room [12]slog.Attr
	attrs := append(room[:0],
		slog.String(a.names.method, clean(r.Method)),
		slog.String(a.names.path, clean(reqinfo.FullPath(r))),
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
	return logging.Milliseconds(a.names.duration, took)
}

// bytesOf returns the bytes of the body that were sent, which is 0 for HEAD.
func bytesOf(w *respwriter.Writer, r *http.Request) int64 {
	if r.Method == http.MethodHead {
		return 0
	}
	return w.Bytes()
}

// clean shortens a text and escapes control and non-ASCII characters.
func clean(s string) string {
	s = errtext.Quote(s)
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			quoted := strconv.Quote(s)
			return quoted[1 : len(quoted)-1]
		}
	}
	return s
}
