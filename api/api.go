package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/seed-7694ebf6/plinth/api/internal/variables"
	"github.com/seed-7694ebf6/plinth/api/openapi"
	"github.com/seed-7694ebf6/plinth/api/typescript"
	"github.com/seed-7694ebf6/plinth/auth"
	record "github.com/seed-7694ebf6/plinth/internal/reqinfo"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// API collects resources and functions and serves them. New, Add and Handler are
// called while the program starts, by one goroutine; the handler is safe for
// concurrent use.
type API struct {
	db      *store.DB
	config  Config
	exposed []Exposed

	built   *server
	handler http.Handler
	nobody  *caller // the anonymous caller, shared by all unauthenticated requests
	scopeOf func(context.Context) *store.Scope
}

// New returns an API over a database. It serves nothing until something is
// added.
func New(db *store.DB, cfg Config) (*API, error) {
	if db == nil {
		return nil, errors.New("api: New needs a database")
	}
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	a := &API{db: db, config: cfg}
	a.scopeOf = a.makeScope // once: each request would allocate it
	return a, nil
}

// Add adds resources and functions. Mistakes in them are reported by
// [API.Handler]. It panics once there is a handler: what is served does not
// change any more.
func (a *API) Add(exposed ...Exposed) {
	if a.handler != nil {
		panic("api: Add must be called before Handler")
	}
	a.exposed = append(a.exposed, exposed...)
}

// Handler compiles what was added and returns the handler that serves it; the
// models are registered with the database. It reports every mistake at once.
// Once it has succeeded it returns the same handler every time.
func (a *API) Handler() (http.Handler, error) {
	if a.handler != nil {
		return a.handler, nil
	}
	b := &build{api: a}
	s, err := b.server()
	if err != nil {
		return nil, err
	}
	a.built, a.handler, a.nobody = s, s, newCaller(auth.Principal{}, s.resources, variables.Request{})
	return a.handler, nil
}

// WithScope returns a context that carries the scope of the caller in ctx, for
// [store.Repo.As]. The scope holds what the policies let this caller see and write.
// Functions and hooks already have it; WithScope is for other handlers of the application.
//
// The limit on connections covers these handlers and the caller's other requests
// together ([store.Scope].Caller). Anonymous callers are distinguished by the IP
// address from middleware.ClientAddress; without it they have no limit. Before
// [API.Handler] has succeeded the scope allows nothing.
//
// Rules find no headers and query values there (Policy.RequestVariables), only by
// [API.WithRequestScope].
func (a *API) WithScope(ctx context.Context) context.Context {
	return query.WithScopeFunc(ctx, a.scopeOf)
}

// WithRequestScope is [API.WithScope] for a handler that serves a request: rules also find
// the headers and query values of r.
func (a *API) WithRequestScope(ctx context.Context, r *http.Request) context.Context {
	if a.built == nil || !a.built.resources.readRequest {
		return a.WithScope(ctx)
	}
	request := variables.Request{At: a.db.Now(), Header: r.Header, Query: r.URL.RawQuery}
	return query.WithScopeFunc(ctx, func(ctx context.Context) *store.Scope {
		return a.bound(ctx, newCaller(auth.FromContext(ctx), a.built.resources, request))
	})
}

func (a *API) makeScope(ctx context.Context) *store.Scope {
	p := auth.FromContext(ctx)
	c := a.nobody
	switch {
	case a.built == nil:
		c = newCaller(p, new(resources), variables.Request{})
	case !p.IsZero():
		c = newCaller(p, a.built.resources, variables.Request{})
	}
	return a.bound(ctx, c)
}

// bound returns the scope of a caller with its limits.
func (a *API) bound(ctx context.Context, c *caller) *store.Scope {
	s := c.scope // a copy, since requests share the scope of the anonymous caller
	request := record.From(ctx)
	client, _ := request.ClientAddress()
	a.config.Limits.bound(&s, &c.principal, query.Origin{RequestID: request.ID(), Address: client})
	return &s
}

// OpenAPI returns the OpenAPI 3.1 document for a caller, as GET / serves it. It lists
// what the caller may be able to do. A caller of kind auth.Service gets the complete
// document. OpenAPI fails before [API.Handler] has succeeded.
func (a *API) OpenAPI(caller auth.Principal) ([]byte, error) {
	c, err := a.Catalog(caller)
	if err != nil {
		return nil, err
	}
	d := a.built.described(c, opensFor(&caller))
	d.Server = cmp.Or(d.Server, "/")
	return openapi.Document(d)
}

// TypeScript is [API.OpenAPI] as types for supabase-js.
func (a *API) TypeScript(caller auth.Principal) ([]byte, error) {
	c, err := a.Catalog(caller)
	if err != nil {
		return nil, err
	}
	return typescript.Types(c)
}

// Describe returns what is served and by which rules, as text for people. [API.Catalog] has
// the rules as they apply to one caller. It is
// empty before [API.Handler] has succeeded.
func (a *API) Describe() string {
	if a.built == nil {
		return ""
	}
	var out strings.Builder
	for _, r := range a.built.resources.list {
		fmt.Fprintf(&out, "/%s\n", r.table.Name)
		for line := range strings.Lines(r.policy.String()) {
			out.WriteString("  " + line)
		}
		if r.sharedMaxAge > 0 {
			fmt.Fprintf(&out, "  shared: %s\n", r.sharedMaxAge)
		}
	}
	for _, f := range a.built.functions.list {
		fmt.Fprintf(&out, "/rpc/%s\n  call: %s\n", f.name, f.gate)
	}
	return out.String()
}

// Table returns the table of a resource by its name in the URL, or nil.
func (a *API) Table(name string) *store.Table {
	if a.built == nil {
		return nil
	}
	if r := a.built.resources.byName[name]; r != nil {
		return r.table
	}
	return nil
}

// Parameters returns the query parameters that rules read (Policy.RequestVariables).
func (a *API) Parameters() []string {
	if a.built == nil {
		return nil
	}
	return a.built.resources.parameters
}

// Tables returns the tables of all resources, in the order in which they were added.
func (a *API) Tables() []*store.Table {
	if a.built == nil {
		return nil
	}
	tables := make([]*store.Table, len(a.built.resources.list))
	for i, r := range a.built.resources.list {
		tables[i] = r.table
	}
	return tables
}
