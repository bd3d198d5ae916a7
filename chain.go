package plinth

import (
	"cmp"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/bounds"
	"github.com/seed-7694ebf6/plinth/internal/crossorigin"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/internal/reqinfo"
	"github.com/seed-7694ebf6/plinth/internal/server"
	"github.com/seed-7694ebf6/plinth/middleware"
	"github.com/seed-7694ebf6/plinth/middleware/compress"
	"github.com/seed-7694ebf6/plinth/middleware/cors"
)

// chain returns the middleware of every handler, outermost first. Package middleware gives
// the reasons for the order.
func (a *App) chain() []func(http.Handler) http.Handler {
	c := a.config
	chain := []func(http.Handler) http.Handler{
		a.probes.CloseConnections, // every answer of a server that drains ends its connection
		middleware.RequestID(middleware.RequestIDOptions{Proxies: c.TrustedProxies}),
		middleware.ClientAddress(middleware.ClientAddressOptions{Proxies: c.TrustedProxies, Header: c.ForwardedHeader}),
	}
	if !c.DisableAccessLog {
		chain = append(chain, middleware.AccessLog(middleware.AccessLogOptions{Logger: c.Logger, ECS: c.LogECS, Skip: a.skipsLog}))
	}
	chain = append(chain, c.Middleware...) // like the log they see every answer
	chain = append(chain,
		middleware.SecureHeaders(c.Headers),
		middleware.Recover(middleware.RecoverOptions{Logger: c.Logger, Refuse: a.refuse}),
		cors.New(a.cors()), // pages may read refusals too
		a.probes.Routes,    // probes are asked for nothing, and always answered
	)
	if c.development {
		chain = append(chain, refuseForwarded)
	}
	return append(chain, a.limits()...)
}

// limits returns the inner part of the chain, which rejects requests. Cheap checks come
// first, and those that need the caller come after authentication.
func (a *App) limits() []func(http.Handler) http.Handler {
	c := a.config
	chain := []func(http.Handler) http.Handler{
		middleware.Limits(middleware.LimitsOptions{
			Query: c.API.Limits.Query, URL: c.urlLimit(), Body: c.MaxBody, BodyOf: a.surfacesDecide, Refuse: a.refuse,
		}),
		middleware.Deadline(middleware.DeadlineOptions{After: c.RequestTimeout, Exempt: a.isLongLived, Refuse: a.refuse}),
	}
	chain = append(chain, c.Rates.Address.limit("address", middleware.ByAddress, a)...)
	chain = append(chain,
		middleware.CSRF(middleware.CSRFOptions{
			TrustedOrigins: c.trustedOrigins(), Exempt: a.judgesOrigins, Refuse: a.refuse,
		}),
		a.identify,
	)
	chain = append(chain, c.Rates.Caller.limit("caller", byCaller, a)...)
	return append(chain,
		a.longLived.Middleware(a.isLongLived, a.refuse),
		middleware.Admission(middleware.AdmissionOptions{
			Running: c.MaxRequests, PerCaller: c.MaxRequestsPerCaller, Exempt: a.isLongLived, Logger: c.Logger, Refuse: a.refuse,
		}),
		compress.New(compress.Options{}), // next to what it codes
	)
}

// isLongLived reports whether Config.LongLived selects a request. Requests for the surfaces
// never are long-lived, in any spelling of their path.
func (a *App) isLongLived(r *http.Request) bool {
	named := a.config.LongLived
	return named != nil && !a.belowSurface(routed(r)) && !a.belowSurface(path.Clean(routed(r))) && named(r)
}

// isSurface reports whether a request is for the REST API or the accounts, which do their
// own cross-origin checks. An own route must not pass for one. So it looks at the escaped
// path, as the router does, and accepts only a path that cleaning does not change.
func (a *App) isSurface(r *http.Request) bool {
	name := routed(r)
	return a.belowSurface(name) && path.Clean(name) == strings.TrimSuffix(name, "/")
}

// belowSurface reports whether the router passes a path to a surface.
func (a *App) belowSurface(name string) bool {
	return below(name, restPath) || !a.config.DisableAccounts && below(name, authPath)
}

// routed returns the path that the router matches.
func routed(r *http.Request) string { return cmp.Or(r.URL.RawPath, r.URL.Path) }

// judgesOrigins reports whether the handler of a request does its own cross-origin checks.
// The accounts always do. The REST API does only without Config.Authenticator and
// Config.Proofs: these may accept what a browser sends with every request, such as a client
// certificate, and a form can call a function without arguments.
func (a *App) judgesOrigins(r *http.Request) bool {
	return a.isSurface(r) && (a.config.Authenticator == nil && len(a.config.Proofs) == 0 || below(r.URL.Path, authPath))
}

// surfacesDecide leaves the limit of a body to the surfaces, which have their own.
func (a *App) surfacesDecide(r *http.Request) int64 {
	if a.isSurface(r) {
		return -1
	}
	return 0
}

// urlLimit is the length of the longest accepted URL: a path and the longest query that the
// API allows.
func (r resolved) urlLimit() int {
	if r.API.Limits.Query == 0 {
		return 0
	}
	return r.API.Limits.Query + bounds.Path
}

// trustedOrigins returns the origins that CSRF treats as the application's own.
func (r resolved) trustedOrigins() []string {
	list := slices.Clone(r.Accounts.CookieOrigins)
	if own := crossorigin.Of(r.PublicURL); own != "" && !slices.Contains(list, own) {
		list = append(list, own)
	}
	return list
}

// wrap puts a chain around a handler.
func wrap(handler http.Handler, chain []func(http.Handler) http.Handler) http.Handler {
	for _, middleware := range slices.Backward(chain) {
		handler = middleware(handler)
	}
	return handler
}

// skipsLog selects the probes that are not logged: those that succeed, and those that a
// server answers with 503 because it drains.
func (a *App) skipsLog(r *http.Request, status int) bool {
	return server.IsProbe(r.URL.Path) && (status < http.StatusInternalServerError || a.probes.Draining())
}

// refuse answers in the dialect of the surface that a request is for.
func (a *App) refuse(w http.ResponseWriter, r *http.Request, err error) {
	opts := problem.Options{Authenticated: auth.FromContext(r.Context()).Kind != auth.Anonymous, Logger: a.config.Logger}
	if below(r.URL.Path, authPath) {
		opts.Surface = problem.Auth{}
	}
	problem.Write(w, r, err, opts)
}

// below reports whether a path is that of a surface.
func below(name, surface string) bool {
	rest, ok := strings.CutPrefix(name, surface)
	return ok && (rest == "" || rest[0] == '/')
}

// developmentOrigins are the usual origins of front-end development servers.
var developmentOrigins = func() (origins []string) {
	for _, port := range []string{"3000", "4200", "4321", "5000", "5173", "8000", "8080", "8081", "19006"} {
		origins = append(origins, "http://localhost:"+port, "http://127.0.0.1:"+port)
	}
	return origins
}()

// cors returns the CORS options. In development the origins are the usual development
// servers of this machine unless others are named, and a rejected header is logged.
func (a *App) cors() cors.Options {
	opts := a.config.CORS
	if a.config.development && len(opts.Origins) == 0 && !opts.AnyOrigin {
		opts.Origins = developmentOrigins
	}
	if a.config.development && opts.Logger == nil {
		opts.Logger = a.config.Logger
	}
	return opts
}

// identify authenticates a request once for the whole application. It stores the principal
// and the caller's scope in the request's context. Without the scope, repositories of own
// routes would return [store.ErrNoScope]. A request with invalid credentials is anonymous
// here; the surfaces reject it in their own error format.
func (a *App) identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = r.WithContext(a.api.WithScope(auth.Prepare(r.Context())))
		defer reqinfo.NoteRoute(r)
		p, err := auth.Identify(a.access, r)
		if err == nil && p.Kind != auth.Anonymous {
			middleware.SetPrincipal(r.Context(), p.Kind.String(), p.ID)
		}
		next.ServeHTTP(w, r)
	})
}

// nameRoute sets the pattern of one of the application's own routes for the log. The router
// knows the pattern only after it has served the request.
func nameRoute(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if route := chi.RouteContext(r.Context()); route != nil && middleware.RouteFrom(r.Context()) == "" {
				middleware.SetRoute(r.Context(), route.RoutePattern())
			}
		}()
		next.ServeHTTP(w, r)
	})
}
