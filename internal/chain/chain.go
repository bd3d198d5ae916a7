// Package chain is the middleware around every handler of an application, its surfaces, and
// the responses of its router to requests without a route.
package chain

import (
	"context"
	"errors"
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

	// Authenticator authenticates a request. Scope puts the scope of the
	// caller of a request into a context.
	Authenticator auth.Authenticator
	Scope         func(context.Context, *http.Request) context.Context

	// RemakeScope replaces the scope of a context of Scope, once the caller is known.
	RemakeScope func(context.Context)

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
func New(o Options) (func(http.Handler) http.Handler, error) {
	var l list
	l.use(o.Probes.CloseConnections) // every response of a server that drains ends its connection
	l.add(middleware.RequestID(middleware.RequestIDOptions{Proxies: o.TrustedProxies}))
	l.add(middleware.ClientAddress(middleware.ClientAddressOptions{Proxies: o.TrustedProxies, Header: o.ForwardedHeader}))
	if !o.DisableAccessLog {
		l.use(middleware.AccessLog(middleware.AccessLogOptions{Logger: o.Logger, ECS: o.LogECS, Skip: o.skipsLog}))
	}
	l.use(o.Middleware...) // like the log they see every response
	l.add(middleware.SecureHeaders(o.Headers))
	l.use(middleware.Recover(middleware.RecoverOptions{Logger: o.Logger, Refuse: o.Surfaces.Refuse}))
	l.add(cors.New(o.CORS)) // pages may read rejections too
	l.use(o.Probes.Routes)  // probes need no credentials and are never rejected
	if o.Admit != nil {
		l.use(o.Admit)
	}
	o.limits(&l)
	return l.wrap, errors.Join(l.errs...)
}

// limits adds the inner part of the chain, which rejects requests. Cheap checks come first,
// and those that need the caller come after authentication.
func (o *Options) limits(l *list) {
	s, refuse := o.Surfaces, o.Surfaces.Refuse
	l.add(middleware.Limits(middleware.LimitsOptions{
		Query: o.MaxQuery, URL: o.maxURL(), Body: o.MaxBody, BodyOf: s.maxBody, Refuse: refuse,
	}))
	l.add(middleware.Deadline(middleware.DeadlineOptions{After: o.RequestTimeout, Exempt: s.isLongLived, Refuse: refuse}))
	o.limit(l, "address", o.Address, middleware.ByAddress)
	l.add(middleware.CSRF(middleware.CSRFOptions{TrustedOrigins: o.TrustedOrigins, Exempt: s.checksOrigins, Refuse: refuse}))
	l.use(o.identify)
	o.limit(l, "caller", o.Caller, byCaller)
	l.use(o.LongLived.Middleware(s.ClassOf, refuse))
	l.add(middleware.Admission(middleware.AdmissionOptions{
		Running: o.MaxRequests, PerCaller: o.MaxRequestsPerCaller, Exempt: s.isLongLived, Logger: o.Logger, Refuse: refuse,
	}))
	l.add(compress.New(compress.Options{})) // next to the responses that it encodes
}

// list is middleware, outermost first, and what could not be made.
type list struct {
	middleware []func(http.Handler) http.Handler
	errs       []error
}

func (l *list) use(m ...func(http.Handler) http.Handler) { l.middleware = append(l.middleware, m...) }

func (l *list) add(m func(http.Handler) http.Handler, err error) {
	l.middleware, l.errs = append(l.middleware, m), append(l.errs, err)
}

// wrap puts the middleware around a handler.
func (l *list) wrap(handler http.Handler) http.Handler {
	for _, m := range slices.Backward(l.middleware) {
		handler = m(handler)
	}
	return handler
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
		r = r.WithContext(o.Scope(auth.Prepare(r.Context()), r))
		defer reqinfo.NoteRoute(r)
		p, err := auth.Identify(o.Authenticator, r)
		if err == nil && p.Kind != auth.Anonymous {
			middleware.SetPrincipal(r.Context(), p.Kind.String(), p.ID)
			o.RemakeScope(r.Context()) // statements of the authenticator ran in that of an anonymous caller
		}
		next.ServeHTTP(w, r)
	})
}

// Rate is a limit of requests in a time. Negative Requests stand for none.
type Rate struct {
	Requests int
	Per      time.Duration
}

// limit adds the middleware of a rate, none without a limit.
func (o *Options) limit(l *list, name string, rate Rate, key func(*http.Request) string) {
	if rate.Requests < 0 {
		return
	}
	l.add(middleware.RateLimit(middleware.RateLimitOptions{
		Name: name, Requests: rate.Requests, Per: rate.Per, Key: key,
		Limiter: o.Limiter, Logger: o.Logger, Refuse: o.Surfaces.Refuse,
	}))
}

// byCaller is the key of the caller's rate: the user, or the IP address of an unauthenticated
// request. Requests with a secret key are not counted.
func byCaller(r *http.Request) string {
	if auth.FromContext(r.Context()).Kind == auth.Service {
		return ""
	}
	return middleware.ByPrincipal(r)
}
