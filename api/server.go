package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	record "github.com/seed-7694ebf6/plinth/internal/reqinfo"
	"github.com/seed-7694ebf6/plinth/store"
)

// server is the compiled API. Nothing in it changes but caches.
type server struct {
	db        *store.DB
	config    Config
	limits    pgrst.Limits // those of config that the grammar has, with its defaults
	routes    []route
	resources *resources
	functions *functions
	rows      sync.Pool // of *store.Rows
	documents documents
	running   sync.Map // the requests with an Idempotency-Key that are being served
}

// ServeHTTP answers one request.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := newExchange(s, w, r)
	defer x.recover()
	err := x.identify()
	if err == nil {
		err = x.dispatch()
	}
	if err != nil {
		x.fail(err)
	}
}

// relative takes the base path off a path as it stands in the URL.
func (s *server) relative(escaped string) (string, bool) {
	rest, ok := strings.CutPrefix(escaped, s.config.BasePath)
	if !ok || rest != "" && rest[0] != '/' {
		return "", false
	}
	return rest, true
}

func (s *server) getRows() *store.Rows {
	if rows, ok := s.rows.Get().(*store.Rows); ok {
		return rows
	}
	return new(store.Rows)
}

func (s *server) putRows(rows *store.Rows) {
	rows.Free()
	s.rows.Put(rows)
}

// exchange is one request and its answer.
type exchange struct {
	s        *server
	w        http.ResponseWriter
	r        *http.Request
	caller   *caller
	path     pgrst.Path
	relative string // path as it stands in the URL, below the base path
	resource *resource
	function *function
	begun    bool // the answer is on its way
	step     bool // of a batch

	// tx is the transaction everything of the exchange runs in, nil where each
	// statement is its own; r has its context then.
	tx *store.Tx

	values [10]string // of headers: enough for nearly every answer
	given  int        // so many of them
}

// request is what every request has, allocated at once.
type request struct {
	exchange exchange
	caller   caller
	guards   [8]atomic.Pointer[store.Guard]
}

func newExchange(s *server, w http.ResponseWriter, r *http.Request) *exchange {
	q := &request{exchange: exchange{s: s, w: w, r: r}}
	q.caller.guards = q.guards[:]
	q.exchange.caller = &q.caller
	return &q.exchange
}

// identify authenticates the request. The principal of an outer middleware counts only
// if the API has no Authenticator.
func (x *exchange) identify() error {
	a := x.s.config.Authenticator
	if a == nil {
		x.become(auth.FromContext(x.r.Context()))
		return nil
	}
	p, err := auth.Authenticate(a, x.r)
	if err == nil {
		x.become(p)
	}
	return err
}

func (x *exchange) become(p auth.Principal) {
	x.caller.become(p, x.s.resources)
	x.s.config.Limits.bound(&x.caller.scope, &p, record.ClientAddressOf(x.r))
}

// set sets a header of the answer, by its canonical name. The values share one
// array, which http.Header.Set would allocate for each.
func (x *exchange) set(name, value string) {
	n := x.given
	if n == len(x.values) {
		x.w.Header().Set(name, value)
		return
	}
	x.values[n] = value
	x.given++
	x.w.Header()[name] = x.values[n : n+1 : n+1]
}

// gate is the only door to the store: the resource's table in the name of the
// caller, inside the transaction of the exchange if it has one.
func (x *exchange) gate() store.Gate {
	var session store.Session = x.s.db
	if x.tx != nil {
		session = x.tx
	}
	return store.NewGate(session, x.resource.table, &x.caller.scope)
}

// writes reports whether the method may change something.
func (x *exchange) writes() bool { return !pgrst.Reads(x.r.Method) }

// context returns the context of code that a request runs: hooks and functions
// find the caller and their scope in it, and so act for the caller's tenant.
func (x *exchange) context() context.Context {
	ctx := x.r.Context()
	if x.s.config.Authenticator != nil {
		ctx = auth.WithPrincipal(ctx, x.caller.principal)
	}
	return store.WithScope(ctx, &x.caller.scope)
}

// fail answers with an error. The store does not know the limit of an answer
// that grew too large, and the client has to learn it.
func (x *exchange) fail(err error) {
	if errors.Is(err, store.ErrTooLarge) {
		err = &pgrst.LimitError{Limit: "answer", Max: x.s.config.Limits.Answer, Unit: "bytes"}
	}
	if x.s.config.Explain && x.resource != nil && errors.Is(err, store.ErrDenied) {
		err = &problem.Error{Code: problem.Denied, Hint: x.deniedHint()}
	}
	if x.s.config.Explain {
		err = problem.Explained(err)
	}
	x.begun = true
	x.w.Header().Del("Preference-Applied")
	writeError(x.w, x.r, err, x.caller.principal.Kind != auth.Anonymous, x.s.config.Logger)
}

// recover turns a panic into an answer, so that one request cannot end the
// process. If the answer has begun, the connection is cut: half an answer must
// not look like a whole one.
func (x *exchange) recover() {
	p := recover()
	if p == nil {
		return
	}
	if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) || x.begun {
		panic(http.ErrAbortHandler)
	}
	x.fail(fmt.Errorf("api: panic: %v\n%s", p, debug.Stack()))
}

// options lists the methods of the path. It ignores rules, because permissions depend on
// rows.
func (x *exchange) options() error {
	x.set("Allow", strings.Join(x.allowed(), ", "))
	return x.sendNothing(http.StatusOK)
}
