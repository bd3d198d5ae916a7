package chain

import (
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/go-chi/chi/v5"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/middleware"
)

// RefuseUnrouted sets the router's NotFound and MethodNotAllowed to responses in the error
// format of the surfaces, unless the application has set them. Call it before
// [Surfaces.Mount].
func (s *Surfaces) RefuseUnrouted(router *chi.Mux) {
	if unset(router, (*chi.Mux).NotFoundHandler) {
		router.NotFound(func(w http.ResponseWriter, r *http.Request) {
			s.Refuse(w, r, &problem.Error{Code: problem.UnknownPath})
		})
	}
	if unset(router, func(m *chi.Mux) http.HandlerFunc { return m.MethodNotAllowedHandler() }) {
		routes := routesOf(router)
		router.MethodNotAllowed(func(w http.ResponseWriter, r *http.Request) {
			methods := methodsOf(router, routes, routed(r))
			if getOnly(methods) {
				methods = slices.Insert(methods, slices.Index(methods, http.MethodGet)+1, http.MethodHead)
			}
			s.Refuse(w, r, &problem.Error{Code: problem.UnknownMethod, Allow: methods})
		})
	}
}

// unset reports whether a router has the handler that a new router has. It compares the
// code pointers of both functions. Both come from one call, because inlining gives closures
// different code.
func unset(router *chi.Mux, handlerOf func(*chi.Mux) http.HandlerFunc) bool {
	var code []uintptr
	for _, m := range []*chi.Mux{router, chi.NewRouter()} {
		code = append(code, reflect.ValueOf(handlerOf(m)).Pointer())
	}
	return code[0] == code[1]
}

// routesOf returns the patterns of a router's routes, by their methods.
func routesOf(router *chi.Mux) map[string]map[string]bool {
	all := map[string]map[string]bool{}
	_ = chi.Walk(router, func(method, pattern string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if all[method] == nil {
			all[method] = map[string]bool{}
		}
		all[method][strings.TrimSuffix(pattern, "/")] = true
		return nil
	})
	return all
}

// AnswerHead returns middleware that routes HEAD to a route for GET, unless there is one for
// HEAD. The middleware of chi does not, for the root of a mounted router.
func AnswerHead(router *chi.Mux) func(http.Handler) http.Handler {
	routes := sync.OnceValue(func() map[string]map[string]bool { return routesOf(router) })
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodHead && getOnly(methodsOf(router, routes(), routed(r))) {
				chi.RouteContext(r.Context()).RouteMethod = http.MethodGet
			}
			next.ServeHTTP(w, r)
		})
	}
}

// getOnly reports whether methods have GET without HEAD.
func getOnly(methods []string) bool {
	return slices.Contains(methods, http.MethodGet) && !slices.Contains(methods, http.MethodHead)
}

// methodsOf returns the methods of a path, sorted. The router alone would return all of them
// for the root of a mounted router.
func methodsOf(router *chi.Mux, routes map[string]map[string]bool, path string) []string {
	var methods []string
	for method, patterns := range routes {
		match := chi.NewRouteContext()
		if router.Match(match, method, path) && patterns[strings.TrimSuffix(match.RoutePattern(), "/")] {
			methods = append(methods, method)
		}
	}
	slices.Sort(methods)
	return methods
}

// NameRoute sets the pattern of one of the application's own routes for the log. The router
// knows the pattern only after it has served the request.
func NameRoute(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if route := chi.RouteContext(r.Context()); route != nil && middleware.RouteFrom(r.Context()) == "" {
				middleware.SetRoute(r.Context(), route.RoutePattern())
			}
		}()
		next.ServeHTTP(w, r)
	})
}
