package api

import (
	"context"
	"net/http"

	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
	"github.com/seed-7694ebf6/plinth/api/internal/variables"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/reqinfo"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/access"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// request is the client's part of an exchange: the caller and what the path names.
type request struct {
	s        *server
	r        *http.Request
	caller   *caller
	path     pgrst.Path
	relative string // path as it stands in the URL, below the base path
	resource *resource
	function *function
	step     bool // of a batch

	// tx is the transaction of all statements, nil if each statement has its own. The
	// context of r is then the transaction's.
	tx *store.Tx
}

// identify authenticates the request. The principal of an outer middleware counts only
// if the API has no Authenticator.
func (rq *request) identify() error {
	a := rq.s.config.Authenticator
	if a == nil {
		rq.become(auth.FromContext(rq.r.Context()))
		return nil
	}
	p, err := auth.Authenticate(a, rq.r)
	if err == nil {
		rq.become(p)
	}
	return err
}

func (rq *request) become(p auth.Principal) {
	rq.caller.become(p, rq.s.resources)
	rq.s.config.Limits.bound(&rq.caller.scope, &p, query.Origin{RequestID: reqinfo.From(rq.r.Context()).ID(), Address: reqinfo.ClientAddressOf(rq.r)})
}

// gate is the only door to the store: the resource's table in the name of the
// caller, inside the transaction of the exchange if it has one.
func (rq *request) gate() access.Gate {
	var session store.Session = rq.s.db
	if rq.tx != nil {
		session = rq.tx
	}
	return access.New(session, rq.resource.table, &rq.caller.scope)
}

// writes reports whether the method may change something.
func (rq *request) writes() bool { return !pgrst.Reads(rq.r.Method) }

// context returns the context of code that a request runs: hooks and functions
// find the caller and their scope in it, and so act for the caller's tenant.
func (rq *request) context() context.Context {
	ctx := rq.r.Context()
	if rq.s.config.Authenticator != nil {
		ctx = auth.WithPrincipal(ctx, rq.caller.principal)
	}
	return store.WithScope(ctx, &rq.caller.scope)
}

// setPattern records the route pattern for logs and metrics of outer middleware. Steps
// of a batch do not record theirs.
func (rq *request) setPattern() {
	known := reqinfo.From(rq.r.Context())
	if known == nil || rq.step {
		return
	}
	switch {
	case rq.function != nil:
		known.SetRoute(rq.function.patterns.whole)
	case rq.resource != nil && rq.path.Shape == pgrst.ShapeRow:
		known.SetRoute(rq.resource.patterns.row)
	case rq.resource != nil:
		known.SetRoute(rq.resource.patterns.whole)
	case rq.path.Shape == pgrst.ShapeReserved:
		known.SetRoute(rq.s.config.BasePath + "/-/" + rq.path.Name)
	default:
		known.SetRoute(rq.s.config.BasePath + "/")
	}
}

// takeVariables keeps what rules may read of the request. The query parameters among it
// are no part of the query, and links do not repeat them.
func (x *exchange) takeVariables() {
	known := &x.caller.request
	known.At, known.Header = x.s.db.Now(), x.r.Header
	if len(x.s.resources.parameters) == 0 || x.r.URL.RawQuery == "" {
		return
	}
	u, r := *x.r.URL, *x.r
	u.RawQuery, known.Query = variables.Take(u.RawQuery, x.s.resources.parameters)
	r.URL = &u
	x.r, x.req = &r, &r
}
