package cors

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/httpfield"
)

// maxPreflight is the longest time for which browsers keep the answer to a preflight.
const maxPreflight = 2 * time.Hour

// Options say which pages may do what. The zero value allows none.
type Options struct {
	// AnyOrigin lets every page of the web read what a caller without credentials of
	// the browser gets: the answers then have Access-Control-Allow-Origin: *. It is for
	// public data, and for servers that know callers by tokens only. It excludes
	// Origins and Credentials.
	AnyOrigin bool

	// Credentials lets browsers send cookies along and pages ask for a session in a
	// cookie. It needs Origins. Requests with a cookie that change something are refused
	// unless accounts trust the origin too, by their CookieOrigins.
	Credentials bool

	// ExposedHeaders are headers of answers that pages may read beside those that this
	// library and safelisted ones have.
	ExposedHeaders []string

	// InsecureHTTP accepts http origins of other hosts than this one, whose pages
	// anybody on the way can rewrite. Using it outside of a closed network is a hole.
	InsecureHTTP bool

	// Logger, if set, gets a line for each preflight of an allowed origin that asks for a
	// request header that is not allowed. It is meant for development: clients other
	// than browsers can send as many as they like.
	Logger *slog.Logger

	// MaxAge is how long browsers may keep the answer to a preflight, rounded down to
	// seconds. A negative value keeps none. More than two hours are refused, since
	// browsers would keep it no longer and what is taken back should end.
	//
	// Defaults to two hours.
	MaxAge time.Duration

	// Origins are the origins whose pages are let in, exactly as browsers send them:
	// scheme, host in lower case and, unless it is the scheme's own, port, as in
	// "https://app.example.org", "http://localhost:5173" or "capacitor://localhost".
	Origins []string

	// RequestHeaders are headers that pages may send beside those of client libraries
	// of this server and safelisted ones.
	RequestHeaders []string
}

// Validate reports everything that is wrong with the options, or nil. [New] panics
// with what it returns.
func (o Options) Validate() error {
	var wrong []error
	refuse := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf("cors: "+format, args...)) }
	if o.AnyOrigin && o.Credentials {
		refuse("AnyOrigin with Credentials would give everybody's data to every page")
	}
	if o.AnyOrigin && len(o.Origins) > 0 {
		refuse("AnyOrigin leaves nothing for Origins to say")
	}
	if o.Credentials && len(o.Origins) == 0 && !o.AnyOrigin {
		refuse("Credentials need Origins")
	}
	if o.MaxAge > maxPreflight {
		refuse("MaxAge is longer than %s", maxPreflight)
	}
	for _, origin := range o.Origins {
		if why := checkOrigin(origin, o.InsecureHTTP); why != "" {
			refuse("origin %q %s", origin, why)
		}
	}
	for _, name := range o.RequestHeaders {
		if !isName(name) || isForbidden(name) {
			refuse("request header %q is none that a page can send", name)
		}
	}
	for _, name := range o.ExposedHeaders {
		if lower := strings.ToLower(name); !isName(name) || lower == "set-cookie" || lower == "set-cookie2" {
			refuse("header %q cannot be exposed", name)
		}
	}
	return errors.Join(wrong...)
}

// isName reports whether a header may be called so. "*" is a token, but means any
// header, so that it is none.
func isName(name string) bool { return name != "*" && httpfield.IsToken(name) }

// isForbidden reports whether browsers let no page set a request header (Fetch,
// section 2.2.2).
func isForbidden(name string) bool {
	name = strings.ToLower(name)
	return slices.Contains(forbidden, name) || strings.HasPrefix(name, "sec-") || strings.HasPrefix(name, "proxy-") ||
		strings.HasPrefix(name, "access-control-")
}

var forbidden = []string{
	"accept-charset", "accept-encoding", "connection", "content-length", "cookie", "cookie2", "date", "dnt", "expect", "host", "keep-alive",
	"origin", "referer", "set-cookie", "te", "trailer", "transfer-encoding", "upgrade", "via",
}

// methods are those of the library and of client libraries.
var methods = []string{
	http.MethodDelete, http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPatch, http.MethodPost, http.MethodPut,
}

// requestHeaders are those that client libraries of this server send, and the ones of
// tracing, which browsers' agents add.
var requestHeaders = []string{
	"accept", "accept-profile", "apikey", "authorization", "baggage", "cache-control", "content-profile", "content-type", "idempotency-key",
	"if-match", "if-modified-since", "if-none-match", "if-unmodified-since", "prefer", "range", "range-unit", "traceparent", "tracestate",
	"x-client-info", "x-jwt-aud", "x-metadata", "x-request-id", "x-retry-count", "x-supabase-api-version", "x-upsert",
}

// credentialHeaders are sent by pages whose sessions are cookies.
var credentialHeaders = []string{"x-plinth-session"}

// exposedHeaders are those of answers that client libraries and applications read.
var exposedHeaders = []string{
	"Allow", "Content-Encoding", "Content-Location", "Content-Profile", "Content-Range", "ETag", "Embed-Limit", "Idempotent-Replayed", "Link", "Location",
	"Preference-Applied", "Proxy-Status", "RateLimit", "RateLimit-Limit", "RateLimit-Policy", "RateLimit-Remaining", "RateLimit-Reset",
	"Range-Unit", "Retry-After", "Server-Timing", "Traceparent", "Www-Authenticate", "X-Request-Id", "X-Sb-Error-Code",
	"X-Supabase-Api-Version", "X-Total-Count",
}
