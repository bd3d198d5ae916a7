package problem

import (
	"cmp"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/errtext"
)

// Options are the inputs of Write that the request lacks. The zero value writes the REST
// format for an unauthenticated caller.
type Options struct {
	// Surface is the error format. Nil means [REST].
	Surface Surface

	// Authenticated makes a denial 403 instead of 401.
	Authenticated bool

	// Logger receives errors and reasons that are not sent to the client. Nil means
	// [slog.Default].
	Logger *slog.Logger
}

// Write answers r with err: status, headers and body. Call it before anything is written to
// w. It removes headers of a success: ETag, Last-Modified, Content-Encoding, Content-Length
// and Location. A nil err counts as an unknown error. Write is safe for concurrent use on
// different requests.
func Write(w http.ResponseWriter, r *http.Request, err error, opts Options) {
	v := judge(r, err, opts.Authenticated)
	report(r, err, v, opts.Logger)

	surface := opts.Surface
	if surface == nil {
		surface = REST{}
	}
	h := w.Header()
	for _, name := range []string{"Content-Encoding", "Etag", "Last-Modified", "Location"} {
		h.Del(name)
	}
	mediaType, body := surface.render(h, r, v)
	h.Set("Content-Type", mediaType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	setConditional(h, v)

	w.WriteHeader(v.status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the client is gone
	}
}

// setConditional adds the headers that only some statuses have.
func setConditional(h http.Header, v verdict) {
	wait := v.retryAfter
	if v.status == http.StatusServiceUnavailable {
		wait = cmp.Or(wait, time.Second)
	}
	if wait > 0 {
		h.Set("Retry-After", strconv.FormatInt(Seconds(wait), 10))
	}
	if v.status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", challenge(v.code))
	}
	if v.status == http.StatusMethodNotAllowed && len(v.allow) > 0 {
		h.Set("Allow", strings.Join(v.allow, ", "))
	}
}

// Seconds rounds a time to wait up.
func Seconds(wait time.Duration) int64 { return int64((wait + time.Second - 1) / time.Second) }

// challenge returns WWW-Authenticate by RFC 6750 section 3.1: an error is only named to a
// client that sent a token.
func challenge(code string) string {
	if code == BadToken || code == BadClaims {
		return `Bearer error="invalid_token"`
	}
	return "Bearer"
}

// report logs every unexpected 5xx with its error and, at level debug, the reason for which
// a credential was rejected. It omits the query string, which may hold data and tokens.
func report(r *http.Request, err error, v verdict, logger *slog.Logger) {
	level, text := slog.LevelError, "request failed"
	switch {
	case v.code == BadToken || v.code == BadClaims:
		level, text = slog.LevelDebug, "credential refused"
	case v.status < 500 || v.expected:
		return
	}
	cmp.Or(logger, slog.Default()).LogAttrs(r.Context(), level, text,
		slog.String("request_id", RequestID(r.Context())),
		slog.String("method", errtext.Quote(r.Method)),
		slog.String("path", errtext.Quote(r.URL.EscapedPath())), // no line breaks, for any slog.Handler
		slog.Int("status", v.status),
		slog.String("code", v.code),
		slog.Any("error", err),
	)
}
