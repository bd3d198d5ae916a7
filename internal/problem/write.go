package problem

import (
	"cmp"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/quote"
)

// Options say what the writer cannot see in the request. The zero value writes the
// REST dialect to an anonymous caller.
type Options struct {
	// Surface is the dialect. Nil means [REST].
	Surface Surface

	// Authenticated says that the caller is known, which makes a denial 403.
	Authenticated bool

	// Logger receives what a client is not told. Nil means [slog.Default].
	Logger *slog.Logger
}

// Write answers r with err: status, headers and body. It must be called before
// anything was written to w; headers a handler set for a success and that would be
// wrong now (ETag, Last-Modified, Content-Encoding, Content-Length, Location) are
// removed. A nil err counts as an unknown error. Write is safe for concurrent use on
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
		_, _ = w.Write(body) // the client is gone; nobody is left to tell
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

// challenge follows RFC 6750 section 3.1: an error is only named to a client that
// sent a token.
func challenge(code string) string {
	if code == BadToken || code == BadClaims {
		return `Bearer error="invalid_token"`
	}
	return "Bearer"
}

// report logs every 5xx with the error itself, unless it is expected, and for who looks
// closely why a credential was refused, which no client learns. The query string is left
// out, as it may hold data and tokens.
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
		slog.String("method", quote.Text(r.Method)),
		slog.String("path", quote.Text(r.URL.EscapedPath())), // one line, whatever the handler of the logger does
		slog.Int("status", v.status),
		slog.String("code", v.code),
		slog.Any("error", err),
	)
}
