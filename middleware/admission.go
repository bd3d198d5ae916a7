package middleware

import (
	"cmp"
	"container/list"
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/bounds"
	"github.com/seed-7694ebf6/plinth/internal/logging"
	"github.com/seed-7694ebf6/plinth/internal/problem"
)

// AdmissionOptions tunes [Admission]. Zero takes the default. Negative values are refused.
type AdmissionOptions struct {
	// Running is the number of requests that are served at a time. Unauthenticated
	// requests have at most three quarters of it.
	//
	// Defaults to 64 for each processor that Go uses (runtime.GOMAXPROCS).
	Running int

	// PerCaller is the number of requests of one caller that are served at a time.
	// Further requests of the caller wait.
	//
	// Defaults to half of Running.
	PerCaller int

	// Waiting is the number of requests that wait for a slot. One caller has at most
	// half of it.
	//
	// Defaults to 1,024.
	Waiting int

	// Wait is the longest time that a request waits for a slot.
	//
	// Defaults to 500 ms.
	Wait time.Duration

	// Exempt selects requests that take no slot, such as streams.
	//
	// Defaults to none.
	Exempt func(r *http.Request) bool

	// Logger gets one line a second with the number of refused requests.
	//
	// Defaults to slog.Default().
	Logger *slog.Logger

	// Refuse answers a request that is not served. The error has the code PL503 if the
	// server is busy and PL429 if the caller has too many requests waiting. It is the
	// error of the request's context if the client has gone.
	//
	// Defaults to the REST API's own answers.
	Refuse func(w http.ResponseWriter, r *http.Request, err error)
}

// Validate returns an error if a number is negative.
func (o AdmissionOptions) Validate() error {
	if min(o.Running, o.PerCaller, o.Waiting) < 0 || o.Wait < 0 {
		return errors.New("middleware: Admission: a number is negative")
	}
	return nil
}

// Admission returns middleware that bounds how many requests are served at a time.
// Further requests wait in a queue, first in first out. A caller is a principal with all
// its API keys ([auth.Principal.Counted]). Without an ID, or for a user without an account,
// it is an [AddressGroup].
//
//   - The queue is full, or Wait has passed: 503.
//   - The caller has half of the queue: 429.
//
// Both have a Retry-After of 1 to 3 seconds. A request holds its slot until its handler
// returns. The limits are constant: nothing adapts to the load.
//
// [Authenticate] and [ClientAddress] belong outside of Admission.
func Admission(opts AdmissionOptions) (func(http.Handler) http.Handler, error) {
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	opts.Running = cmp.Or(opts.Running, bounds.Requests())
	opts.PerCaller = cmp.Or(opts.PerCaller, max(1, opts.Running/2))
	opts.Waiting = cmp.Or(opts.Waiting, 1024)
	opts.Wait = cmp.Or(opts.Wait, 500*time.Millisecond)
	opts.Logger = cmp.Or(opts.Logger, slog.Default())
	opts.Refuse = refuseOr(opts.Refuse)
	a := &admission{AdmissionOptions: opts, callers: make(map[caller]requests)}
	a.unauthenticated, a.waitingPerCaller = max(1, opts.Running*3/4), max(1, opts.Waiting/2)
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { a.serve(w, r, next) })
	}, nil
}

// admission is a semaphore with a queue.
type admission struct {
	AdmissionOptions

	unauthenticated, waitingPerCaller int // at most
	refused                           logging.SampledCount

	mu        sync.Mutex
	all       requests
	anonymous int // running
	callers   map[caller]requests
	queue     list.List // of *queued
}

// caller identifies the requests that are counted together.
type caller struct {
	kind  auth.Kind
	id    string
	group netip.Prefix // if there is no id
}

type requests struct{ running, waiting int }

// queued is a request that waits.
type queued struct {
	of       caller
	at       *list.Element // nil once it was admitted
	admitted chan struct{}
}

var (
	errQueueFull   = &problem.Error{Code: problem.Unavailable, Message: "The server is busy; try again in a moment.", Expected: true}
	errCallerWaits = &problem.Error{Code: problem.TooManyRequests, Message: "Too many of your requests are waiting; wait for some of them."}
)

func callerOf(r *http.Request) caller {
	p := auth.FromContext(r.Context())
	c := caller{kind: p.Kind, id: p.Counted()}
	if p.IsAnonymous {
		c = caller{kind: auth.Anonymous}
	}
	if c.id == "" {
		c.group = AddressGroup(ClientAddressOf(r))
	}
	return c
}

func (a *admission) serve(w http.ResponseWriter, r *http.Request, next http.Handler) {
	if a.Exempt != nil && a.Exempt(r) {
		next.ServeHTTP(w, r)
		return
	}
	c := callerOf(r)
	if err := a.acquire(r.Context(), c); err != nil {
		a.refuse(w, r, err)
		return
	}
	defer a.release(c)
	next.ServeHTTP(w, r)
}

// acquire takes a slot, waiting for one if necessary.
func (a *admission) acquire(ctx context.Context, c caller) error {
	a.mu.Lock()
	if a.fits(c) {
		a.count(c, 1, 0)
		a.mu.Unlock()
		return nil
	}
	q, err := a.enqueue(c)
	a.mu.Unlock()
	if err != nil {
		return err
	}
	expired := time.NewTimer(a.Wait)
	defer expired.Stop()
	select {
	case <-q.admitted:
		return nil
	case <-expired.C:
		err = errQueueFull
	case <-ctx.Done():
		err = ctx.Err()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if q.at == nil { // it was admitted at the same time
		return nil
	}
	a.dequeue(q)
	return err
}

// fits reports whether a request can start now. No request in the queue can: release
// starts the first one that fits.
func (a *admission) fits(c caller) bool {
	return a.all.running < a.Running &&
		(c.kind != auth.Anonymous || a.anonymous < a.unauthenticated) &&
		a.callers[c].running < a.PerCaller
}

func (a *admission) enqueue(c caller) (*queued, error) {
	switch {
	case a.callers[c].waiting >= a.waitingPerCaller:
		return nil, errCallerWaits
	case a.all.waiting >= a.Waiting:
		return nil, errQueueFull
	}
	q := &queued{of: c, admitted: make(chan struct{})}
	q.at = a.queue.PushBack(q)
	a.count(c, 0, 1)
	return q, nil
}

func (a *admission) dequeue(q *queued) {
	a.queue.Remove(q.at)
	a.count(q.of, 0, -1)
	q.at = nil
}

// release gives a slot back and starts the first request of the queue that fits. One slot
// never makes room for two.
func (a *admission) release(c caller) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.count(c, -1, 0)
	for at := a.queue.Front(); at != nil; at = at.Next() {
		if q := at.Value.(*queued); a.fits(q.of) {
			a.dequeue(q)
			a.count(q.of, 1, 0)
			close(q.admitted)
			return
		}
	}
}

// count adds to the requests of a caller and of all.
func (a *admission) count(c caller, running, waiting int) {
	a.all.running += running
	a.all.waiting += waiting
	if c.kind == auth.Anonymous {
		a.anonymous += running
	}
	n := a.callers[c]
	n.running += running
	n.waiting += waiting
	if a.callers[c] = n; n == (requests{}) {
		delete(a.callers, c)
	}
}

// refuse answers a request that got no slot.
func (a *admission) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if refusal, ok := err.(*problem.Error); ok {
		if n, due := a.refused.Add(time.Second); due {
			a.Logger.LogAttrs(r.Context(), slog.LevelWarn, "requests refused, too many at a time", slog.Int64("refused", n))
		}
		again := *refusal
		again.RetryAfter = time.Duration(1+rand.IntN(3)) * time.Second // spread the retries
		err = &again
	}
	a.Refuse(w, r, err)
}
