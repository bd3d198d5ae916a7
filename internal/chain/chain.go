// Package chain is the middleware around every handler of an application, its surfaces, and
// the responses of its router to requests without a route.
package chain

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/bounds"
	"github.com/seed-7694ebf6/plinth/internal/reqinfo"
	"github.com/seed-7694ebf6/plinth/internal/server"
	"github.com/seed-7694ebf6/plinth/middleware"
	"github.com/seed-7694ebf6/plinth/middleware/compress"
	"github.com/seed-7694ebf6/plinth/middleware/cors"
)

// Options configures a chain. The caller validates them and sets every default.
type Options struct {
	Surfaces  *Surfaces
	Probes    *server.Probes
	LongLived *server.LongLived

	// Authenticator authenticates a request. Scope puts the caller's scope into a context.
	Authenticator auth.Authenticator
	Scope         func(context.Context) context.Context

	// Admit rejects requests in development. It may be nil.
	Admit func(http.Handler) http.Handler

	Logger                   *slog.Logger
	LogECS, DisableAccessLog bool
	Middleware               []func(http.Handler) http.Handler // sees every response

	TrustedProxies  []netip.Prefix
	ForwardedHeader string
	TrustedOrigins  []string
	Headers         middleware.SecureHeadersOptions
	CORS            cors.Options

	MaxQuery                          int   // of the query string, 0 for the default
	MaxBody                           int64 // 0 for the default
	RequestTimeout                    time.Duration
	MaxRequests, MaxRequestsPerCaller int
	Address, Caller                   Rate
	Limiter                           middleware.Limiter
}

// New returns the middleware of every handler. Package middleware gives the reasons for the
// order.
func New(o Options) func(http.Handler) http.Handler {
	list := []func(http.Handler) http.Handler{
		o.Probes.CloseConnections, // every response of a server that drains ends its connection
		middleware.RequestID(middleware.RequestIDOptions{Proxies: o.TrustedProxies}),
		middleware.ClientAddress(middleware.ClientAddressOptions{Proxies: o.TrustedProxies, Header: o.ForwardedHeader}),
	}
	if !o.DisableAccessLog {
		list = append(list, middleware.AccessLog(middleware.AccessLogOptions{Logger: o.Logger, ECS: o.LogECS, Skip: o.skipsLog}))
	}
	list = append(list, o.Middleware...) // like the log they see every response
	list = append(list,
		middleware.SecureHeaders(o.Headers),
		middleware.Recover(middleware.RecoverOptions{Logger: o.Logger, Refuse: o.Surfaces.Refuse}),
		cors.New(o.CORS), // pages may read rejections too
		o.Probes.Routes,  // probes need no credentials and are never rejected
	)
	if o.Admit != nil {
		list = append(list, o.Admit)
	}
	list = append(list, o.limits()...)
	return func(handler http.Handler) http.Handler {
		for _, m := range slices.Backward(list) {
			handler = m(handler)
		}
		return handler
	}
}

// limits returns the inner part of the chain, which rejects requests. Cheap checks come
// first, and those that need the caller come after authentication.
func (o *Options) limits() []func(http.Handler) http.Handler {
	s, refuse := o.Surfaces, o.Surfaces.Refuse
	list := []func(http.Handler) http.Handler{
		middleware.Limits(middleware.LimitsOptions{
			Query: o.MaxQuery, URL: o.maxURL(), Body: o.MaxBody, BodyOf: s.maxBody, Refuse: refuse,
		}),
		middleware.Deadline(middleware.DeadlineOptions{After: o.RequestTimeout, Exempt: s.isLongLived, Refuse: refuse}),
	}
	list = append(list, o.limit("address", o.Address, middleware.ByAddress)...)
	list = append(list,
		middleware.CSRF(middleware.CSRFOptions{TrustedOrigins: o.TrustedOrigins, Exempt: s.checksOrigins, Refuse: refuse}),
		o.identify,
	)
	list = append(list, o.limit("caller", o.Caller, byCaller)...)
	return append(list,
		o.LongLived.Middleware(s.ClassOf, refuse),
		middleware.Admission(middleware.AdmissionOptions{
			Running: o.MaxRequests, PerCaller: o.MaxRequestsPerCaller, Exempt: s.isLongLived, Logger: o.Logger, Refuse: refuse,
		}),
		compress.New(compress.Options{}), // next to the responses that it encodes
	)
}

// maxURL is the length of the longest accepted URL: a path and the longest query that the
// API allows.
func (o *Options) maxURL() int {
	if o.MaxQuery == 0 {
		return 0
	}
	return o.MaxQuery + bounds.Path
}

// skipsLog selects the probes that are not logged: those that succeed, and those that a
// server answers with 503 because it drains.
func (o *Options) skipsLog(r *http.Request, status int) bool {
	return server.IsProbe(r.URL.Path) && (status < http.StatusInternalServerError || o.Probes.Draining())
}

// identify authenticates a request once for the whole application. It stores the principal
// and the caller's scope in the request's context. Without the scope, repositories of own
// routes would return [store.ErrNoScope]. A request with invalid credentials is anonymous
// here; the surfaces reject it in their own error format.
func (o *Options) identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = r.WithContext(o.Scope(auth.Prepare(r.Context())))
		defer reqinfo.NoteRoute(r)
		p, err := auth.Identify(o.Authenticator, r)
		if err == nil && p.Kind != auth.Anonymous {
			middleware.SetPrincipal(r.Context(), p.Kind.String(), p.ID)
		}
		next.ServeHTTP(w, r)
	})
}

// Rate is a limit of requests in a time. Negative Requests stand for none.
type Rate struct {
	Requests int
	Per      time.Duration
}

// limit returns the middleware of a rate, nil without a limit.
func (o *Options) limit(name string, rate Rate, key func(*http.Request) string) []func(http.Handler) http.Handler {
	if rate.Requests < 0 {
		return nil
	}
	return []func(http.Handler) http.Handler{middleware.RateLimit(middleware.RateLimitOptions{
		Name: name, Requests: rate.Requests, Per: rate.Per, Key: key,
		Limiter: o.Limiter, Logger: o.Logger, Refuse: o.Surfaces.Refuse,
	})}
}

// byCaller is the key of the caller's rate: the user, or the IP address of an unauthenticated
// request. Requests with a secret key are not counted.
func byCaller(r *http.Request) string {
	if auth.FromContext(r.Context()).Kind == auth.Service {
		return ""
	}
	return middleware.ByPrincipal(r)
}
