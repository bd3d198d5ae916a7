package cors

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/httpheader"
)

// maxPreflight is the longest time for which browsers keep the answer to a preflight.
const maxPreflight = 2 * time.Hour

// Options say which pages may do what. The zero value allows none.
type Options struct {
	// AnyOrigin lets every page read the response to a request without browser credentials:
	// responses have Access-Control-Allow-Origin: *. It is for public data, and for servers
	// that authenticate by tokens only. It excludes Origins and Credentials.
	AnyOrigin bool

	// Credentials lets browsers send cookies, and pages request a session in a cookie. It
	// needs Origins. A request with a cookie that changes something is rejected unless the
	// CookieOrigins of the accounts contain the origin too.
	Credentials bool

	// ExposedHeaders are further response headers that pages may read, beside the
	// safelisted ones and those of this library.
	ExposedHeaders []string

	// InsecureHTTP accepts http origins of hosts other than this machine. Their pages can
	// be modified on the network. Using it outside of a closed network is a hole.
	InsecureHTTP bool

	// Logger, if set, gets a line for each preflight of an allowed origin that asks for a
	// header that is not allowed. Use it in development only: clients other than browsers
	// can send any number of them.
	Logger *slog.Logger

	// MaxAge is how long browsers may cache the response to a preflight, rounded down to
	// seconds. A negative value disables the cache. More than two hours are rejected:
	// browsers cap it there, and a revoked permission should expire.
	//
	// Defaults to two hours.
	MaxAge time.Duration

	// Origins are the allowed origins, exactly as browsers send them: scheme, host in lower
	// case, and a port unless it is the default of the scheme. Examples are
	// "https://app.example.org", "http://localhost:5173" and "capacitor://localhost".
	Origins []string

	// RequestHeaders are further headers that pages may send, beside the safelisted ones
	// and those of this server's client libraries.
	RequestHeaders []string
}

// Validate reports all mistakes in the options, or nil.
func (o Options) Validate() error {
	var wrong []error
	refuse := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf("cors: "+format, args...)) }
	if o.AnyOrigin && o.Credentials {
		refuse("AnyOrigin with Credentials would let every page read the data of its users")
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
			refuse("request header %q cannot be sent by a page", name)
		}
	}
	for _, name := range o.ExposedHeaders {
		if lower := strings.ToLower(name); !isName(name) || lower == "set-cookie" || lower == "set-cookie2" {
			refuse("header %q cannot be exposed", name)
		}
	}
	return errors.Join(wrong...)
}

// isName reports whether a text is a header name. "*" is a token but would mean any header,
// so it is rejected.
func isName(name string) bool { return name != "*" && httpheader.IsToken(name) }

// isForbidden reports whether browsers keep pages from setting a request header (Fetch,
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

// methods are the methods of this library and of its client libraries.
var methods = []string{
	http.MethodDelete, http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPatch, http.MethodPost, http.MethodPut,
}

// requestHeaders are sent by client libraries of this server and by tracing in browsers.
var requestHeaders = []string{
	"accept", "accept-profile", "apikey", "authorization", "baggage", "cache-control", "content-profile", "content-type", "idempotency-key",
	"if-match", "if-modified-since", "if-none-match", "if-unmodified-since", "prefer", "range", "range-unit", "traceparent", "tracestate",
	"x-client-info", "x-jwt-aud", "x-metadata", "x-request-id", "x-retry-count", "x-supabase-api-version", "x-upsert",
}

// credentialHeaders are sent by pages with cookie sessions.
var credentialHeaders = []string{"x-plinth-session"}

// exposedHeaders are the response headers that client libraries and applications read.
var exposedHeaders = []string{
	"Allow", "Content-Encoding", "Content-Location", "Content-Profile", "Content-Range", "ETag", "Embed-Limit", "Idempotent-Replayed", "Link", "Location",
	"Preference-Applied", "Proxy-Status", "RateLimit", "RateLimit-Limit", "RateLimit-Policy", "RateLimit-Remaining", "RateLimit-Reset",
	"Range-Unit", "Retry-After", "Server-Timing", "Traceparent", "Www-Authenticate", "X-Request-Id", "X-Sb-Error-Code",
	"X-Supabase-Api-Version", "X-Total-Count",
}
