package api

import (
	"context"
	"database/sql"
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
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// server is the compiled API. Nothing in it changes but caches.
type server struct {
	db        *store.DB
	config    Config
	limits    pgrst.Limits // those of config that the grammar has, with its defaults
	routes    []route
	resources *resources
	functions *functions
	rows      sync.Pool // of *query.Rows
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

func (s *server) getRows() *query.Rows {
	if rows, ok := s.rows.Get().(*query.Rows); ok {
		return rows
	}
	return new(query.Rows)
}

func (s *server) putRows(rows *query.Rows) {
	rows.Free()
	s.rows.Put(rows)
}

// exchange is one request and its response.
type exchange struct {
	request
	response
}

// allocated is everything that a request needs, in one allocation.
type allocated struct {
	exchange exchange
	caller   caller
	guards   [8]atomic.Pointer[store.Guard]
}

func newExchange(s *server, w http.ResponseWriter, r *http.Request) *exchange {
	all := &allocated{exchange: exchange{request{s: s, r: r}, response{w: w, req: r}}}
	all.caller.guards = all.guards[:]
	all.exchange.caller = &all.caller
	if s.resources.readRequest {
		all.exchange.takeVariables()
	}
	return &all.exchange
}

// fail answers with an error. The store does not know the limit of an answer
// that grew too large, and the client has to learn it.
func (x *exchange) fail(err error) {
	if errors.Is(err, fault.ErrTooLarge) {
		err = &pgrst.LimitError{Limit: "answer", Max: x.s.config.Limits.Answer, Unit: "bytes"}
	}
	if x.s.config.Explain && x.resource != nil && errors.Is(err, store.ErrDenied) {
		err = &problem.Error{Code: problem.Denied, Hint: deniedHint(&x.request)}
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

// serveOptions lists the methods of the path. It ignores rules, because permissions depend on
// rows.
func serveOptions(x *exchange) error {
	x.set("Allow", strings.Join(x.allowed(), ", "))
	return x.sendNothing(http.StatusOK)
}

// sub returns an exchange in the transaction of x that records its answer in w.
func (x *exchange) sub(r *http.Request, w *recorder) *exchange {
	return &exchange{request{s: x.s, r: r, caller: x.caller, tx: x.tx}, response{w: w, req: r}}
}

// readTx is the kind of transaction for functions that only read: it sees one
// state of the database and never has to be run again.
var readTx = store.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead}

// inTx runs do in a transaction: that of x if it has one, else a new one, which commits
// if do returns no error. After a serialization conflict a new transaction is retried,
// and do runs again.
func (x *exchange) inTx(opts store.TxOptions, do func(*exchange) error) error {
	switch {
	case x.tx != nil && opts.ReadOnly:
		return x.tx.ReadOnly(func() error { return do(x) })
	case x.tx != nil:
		return do(x)
	}
	return x.s.db.TxWith(x.context(), opts, func(ctx context.Context, tx *store.Tx) error {
		inner := *x
		inner.r, inner.tx = x.r.WithContext(ctx), tx
		return do(&inner)
	})
}
