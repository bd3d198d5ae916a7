package chain

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/internal/server"
)

// Surface is a handler for all paths below a prefix. The fields are documented at the type
// of the same name of the module's root.
type Surface struct {
	Prefix        string
	Handler       http.Handler
	Class         func(path string) server.Class
	MaxBody       int64
	MaxUpload     int64
	ChecksOrigins bool
	Refuse        func(w http.ResponseWriter, r *http.Request, err error)
}

// Surfaces are the surfaces of an application. Make them with [NewSurfaces].
type Surfaces struct {
	logger   *slog.Logger
	list     []Surface
	refusals []refusal
}

// refusal answers rejected requests below a prefix.
type refusal struct {
	prefix string
	refuse func(w http.ResponseWriter, r *http.Request, err error)
}

// NewSurfaces returns a table without surfaces.
func NewSurfaces(logger *slog.Logger) *Surfaces { return &Surfaces{logger: logger} }

// maxUpload is the default of Surface.MaxUpload.
const maxUpload = 50 << 20

// Add adds a surface.
func (s *Surfaces) Add(one Surface) error {
	one.MaxUpload = cmp.Or(one.MaxUpload, maxUpload)
	switch {
	case len(one.Prefix) < 2 || one.Prefix[0] != '/' || path.Clean(one.Prefix) != one.Prefix || strings.ContainsAny(one.Prefix, "{}*%?#"):
		return fmt.Errorf("plinth: App.Mount: Prefix is %q, want a path such as /events", one.Prefix)
	case one.Handler == nil:
		return fmt.Errorf("plinth: App.Mount: the surface %s has no Handler", one.Prefix)
	case one.MaxBody < -1 || one.MaxUpload < -1:
		return fmt.Errorf("plinth: App.Mount: MaxBody and MaxUpload of %s must be -1 or more", one.Prefix)
	}
	for _, other := range s.list {
		if below(one.Prefix, other.Prefix) || below(other.Prefix, one.Prefix) {
			return fmt.Errorf("plinth: App.Mount: the surfaces %s and %s overlap", other.Prefix, one.Prefix)
		}
	}
	s.list = append(s.list, one)
	if one.Refuse != nil {
		s.RefuseBelow(one.Prefix, one.Refuse)
	}
	return nil
}

// RefuseBelow sets the error format of the paths below a prefix, also without a surface.
func (s *Surfaces) RefuseBelow(prefix string, refuse func(w http.ResponseWriter, r *http.Request, err error)) {
	s.refusals = append(s.refusals, refusal{prefix, refuse})
}

// of returns the surface of a request, or nil if own routes get it. An own route must not
// pass for a surface. So it looks at the escaped path, as the router does, and accepts only
// a path that cleaning does not change.
func (s *Surfaces) of(r *http.Request) *Surface {
	name := routed(r)
	if path.Clean(name) != strings.TrimSuffix(name, "/") {
		return nil
	}
	return s.at(name)
}

// at returns the surface to which the router passes a path.
func (s *Surfaces) at(name string) *Surface {
	for i := range s.list {
		if below(name, s.list[i].Prefix) {
			return &s.list[i]
		}
	}
	return nil
}

// ClassOf returns the class of a request, by its path.
func (s *Surfaces) ClassOf(r *http.Request) server.Class {
	if one := s.of(r); one != nil && one.Class != nil {
		return one.Class(r.URL.EscapedPath())
	}
	return server.Short
}

func (s *Surfaces) isLongLived(r *http.Request) bool { return s.ClassOf(r) != server.Short }

// maxBody returns the limit of a body, see [middleware.LimitsOptions].
func (s *Surfaces) maxBody(r *http.Request) int64 {
	one := s.of(r)
	switch {
	case one == nil:
		return 0
	case s.ClassOf(r) == server.Upload:
		return one.MaxUpload
	}
	return one.MaxBody
}

func (s *Surfaces) checksOrigins(r *http.Request) bool {
	one := s.of(r)
	return one != nil && one.ChecksOrigins
}

// Refuse answers a request in the error format of its surface.
func (s *Surfaces) Refuse(w http.ResponseWriter, r *http.Request, err error) {
	for _, one := range s.refusals {
		if below(r.URL.Path, one.prefix) {
			one.refuse(w, r, err)
			return
		}
	}
	problem.Write(w, r, err, problem.Options{Authenticated: auth.FromContext(r.Context()).Kind != auth.Anonymous, Logger: s.logger})
}

// Mount passes the surfaces' requests to their handlers.
func (s *Surfaces) Mount(router *chi.Mux) {
	for _, one := range s.list {
		router.Mount(one.Prefix, one.Handler)
	}
}

// CheckRoutes rejects the application's own routes below a surface. The router would prefer
// them, and they would skip the checks of the chain.
func (s *Surfaces) CheckRoutes(router *chi.Mux) error {
	var wrong []string
	err := chi.Walk(router, func(_, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if s.at(route) != nil && !slices.Contains(wrong, route) { // once for all methods
			wrong = append(wrong, route)
		}
		return nil
	})
	slices.Sort(wrong)
	for _, route := range wrong {
		err = errors.Join(err, fmt.Errorf("plinth: own route %s is below %s, a path of the REST API, the accounts or a surface; register it at another path", route, s.at(route).Prefix))
	}
	return err
}

// routed returns the path that the router matches.
func routed(r *http.Request) string { return cmp.Or(r.URL.RawPath, r.URL.Path) }

// below reports whether a path is that of a surface.
func below(name, surface string) bool {
	rest, ok := strings.CutPrefix(name, surface)
	return ok && (rest == "" || rest[0] == '/')
}
