package cors

import (
	"cmp"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/rs/cors"
)

// New returns middleware that answers preflight requests and lets the pages of the options
// read responses. With the zero Options it returns the handler itself.
func New(opts Options) (func(http.Handler) http.Handler, error) {
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	if !opts.AnyOrigin && len(opts.Origins) == 0 {
		return func(next http.Handler) http.Handler { return next }, nil
	}
	spelled := opts.protocol()
	protocol := cors.New(spelled)
	return func(next http.Handler) http.Handler {
		spoken := protocol.Handler(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodOptions && len(r.Header["Origin"]) == 0 {
				// Without Origin it is no preflight: the handler answers OPTIONS.
				w.Header().Add("Vary", "Origin")
				next.ServeHTTP(w, r)
				return
			}
			if opts.Logger != nil && r.Method == http.MethodOptions {
				logRejected(opts.Logger, &spelled, r)
			}
			spoken.ServeHTTP(w, r)
		})
	}, nil
}

// logRejected logs the first header that a preflight of an allowed origin may not ask for.
// The browser only reports that the request failed.
func logRejected(logger *slog.Logger, o *cors.Options, r *http.Request) {
	origin := r.Header.Get("Origin")
	if o.AllowOriginVaryRequestFunc != nil {
		if allowed, _ := o.AllowOriginVaryRequestFunc(r, origin); !allowed {
			return
		}
	}
	for name := range strings.SplitSeq(r.Header.Get("Access-Control-Request-Headers"), ",") {
		name = strings.TrimSpace(name)
		if name == "" || slices.ContainsFunc(o.AllowedHeaders, func(allowed string) bool { return strings.EqualFold(allowed, name) }) {
			continue
		}
		logger.WarnContext(r.Context(), "cors: request header is not allowed; add it to RequestHeaders of the CORS options",
			slog.String("header", name), slog.String("origin", origin))
		return
	}
}

// protocol converts the options to those of rs/cors.
func (o Options) protocol() cors.Options {
	p := cors.Options{
		AllowCredentials: o.Credentials,
		AllowedHeaders:   slices.Concat(requestHeaders, o.RequestHeaders),
		AllowedMethods:   methods,
		ExposedHeaders:   slices.Concat(exposedHeaders, o.ExposedHeaders),
		MaxAge:           int(cmp.Or(o.MaxAge, maxPreflight) / time.Second),
	}
	if o.MaxAge != 0 && p.MaxAge <= 0 {
		p.MaxAge = -1 // none at all, where 0 would be five seconds
	}
	if o.Credentials {
		p.AllowedHeaders = append(p.AllowedHeaders, credentialHeaders...)
	}
	if o.AnyOrigin {
		p.AllowedOrigins = []string{"*"}
		return p
	}
	// The library compares its list without case, expands patterns and repeats
	// every Origin header of a request, so it is not used.
	origins := make(map[string]bool, len(o.Origins))
	for _, origin := range o.Origins {
		origins[origin] = true
	}
	p.AllowOriginVaryRequestFunc = func(r *http.Request, origin string) (bool, []string) {
		return len(r.Header["Origin"]) == 1 && origins[origin], nil
	}
	return p
}
