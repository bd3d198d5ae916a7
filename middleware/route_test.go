package middleware_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/authtest"
	"github.com/seed-7694ebf6/plinth/middleware"
	"github.com/seed-7694ebf6/plinth/middleware/compress"
	"github.com/seed-7694ebf6/plinth/middleware/cors"
	"github.com/seed-7694ebf6/plinth/middleware/prometheus"
)

// everyMiddleware is all there is in this folder and below, by folder and name.
func everyMiddleware() map[string]func(http.Handler) http.Handler {
	all := map[string]func(http.Handler) http.Handler{
		"Authenticate": middleware.Must(middleware.Authenticate(auth.AuthenticatorFunc(func(*http.Request) (auth.Principal, error) {
			return auth.Principal{}, nil
		}), middleware.AuthenticateOptions{})),
		"Admission":             middleware.Must(middleware.Admission(middleware.AdmissionOptions{})),
		"RateLimit":             middleware.Must(middleware.RateLimit(middleware.RateLimitOptions{})),
		"RequireAAL":            middleware.Must(middleware.RequireAAL(1, middleware.RequireOptions{})),
		"RequirePermission":     middleware.Must(middleware.RequirePermission("p", middleware.RequireOptions{})),
		"RequireRole":           middleware.Must(middleware.RequireRole("r", middleware.RequireOptions{})),
		"RequireSignedIn":       middleware.RequireSignedIn(middleware.RequireOptions{}),
		"compress/New":          middleware.Must(compress.New(compress.Options{})),
		"cors/New":              middleware.Must(cors.New(cors.Options{AnyOrigin: true})),
		"otel/Middleware":       nil, // whose tests look by themselves: it needs what only they may import
		"prometheus/Middleware": must(prometheus.New(prometheus.Options{})).Middleware,
	}
	for _, m := range recommended(nil) {
		all[m.name] = m.around
	}
	return all
}

// TestEveryMiddlewareKeepsRoute: the pattern of http.ServeMux reaches the log through each
// middleware, also through those that copy the request, and if the handler panics.
func TestEveryMiddlewareKeepsRoute(t *testing.T) {
	t.Parallel()
	// Requests that are passed on in other ways.
	requests := map[string]func(*http.Request){
		"plain":       func(*http.Request) {},
		"chunked":     func(r *http.Request) { r.ContentLength = -1 },
		"conditional": func(r *http.Request) { r.Header.Set("If-None-Match", `"x-gzip", "y-zstd"`) },
	}
	for name, around := range everyMiddleware() {
		if around == nil {
			continue
		}
		for what, change := range requests {
			for _, panics := range []bool{false, true} {
				var log lines
				mux := http.NewServeMux()
				mux.HandleFunc("POST /notes/{id}", func(http.ResponseWriter, *http.Request) {
					if panics {
						panic(http.ErrAbortHandler)
					}
				})
				r := httptest.NewRequest(http.MethodPost, "/notes/7", strings.NewReader("x"))
				p := authtest.User("ann")
				p.Roles, p.Permissions, p.AAL = []string{"r"}, []string{"p"}, 1
				r = r.WithContext(auth.WithPrincipal(r.Context(), p))
				change(r)
				func() {
					defer func() { _ = recover() }()
					chain(mux, middleware.AccessLog(middleware.AccessLogOptions{Logger: log.logger()}), around).ServeHTTP(httptest.NewRecorder(), r)
				}()
				if line := log.one(t); line["route"] != "POST /notes/{id}" {
					t.Errorf("%s, %s, panics %t: the log has %v", name, what, panics, line)
				}
			}
		}
	}
}

// TestEveryMiddlewareIsKnown finds what is not in everyMiddleware.
func TestEveryMiddlewareIsKnown(t *testing.T) {
	t.Parallel()
	var found []string
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || !f.Name.IsExported() || f.Type.Results == nil || f.Name.Name == "Must" {
				continue
			}
			made, ok := f.Type.Results.List[0].Type.(*ast.FuncType)
			if ok && isMiddleware(made) || isMiddleware(f.Type) {
				found = append(found, path.Join(path.Dir(name), f.Name.Name))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(found)
	if known := slices.Sorted(maps.Keys(everyMiddleware())); !slices.Equal(found, known) {
		t.Errorf("found %q, known are %q", found, known)
	}
}

// isMiddleware reports whether a function makes a handler of a handler.
func isMiddleware(f *ast.FuncType) bool {
	isHandler := func(l *ast.FieldList) bool {
		if l == nil || len(l.List) != 1 {
			return false
		}
		s, ok := l.List[0].Type.(*ast.SelectorExpr)
		return ok && s.Sel.Name == "Handler"
	}
	return isHandler(f.Params) && isHandler(f.Results)
}
