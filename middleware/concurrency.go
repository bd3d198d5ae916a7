package middleware

import (
	"cmp"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/answer"
	"github.com/seed-7694ebf6/plinth/internal/bounds"
	"github.com/seed-7694ebf6/plinth/internal/exchange"
	"github.com/seed-7694ebf6/plinth/internal/occasional"
	"github.com/seed-7694ebf6/plinth/internal/problem"
)

// Priority says which requests [Concurrency] serves first when it cannot serve all.
type Priority uint8

// The priorities, the lowest first. Of the places for requests in work, strangers can
// take five eighths, reads thirteen sixteenths, writes all but a thirty-second, and
// health checks all of them, but each at least one.
const (
	// PriorityAnonymous is for strangers.
	PriorityAnonymous Priority = iota

	// PriorityRead is for reads of callers who are known.
	PriorityRead

	// PriorityWrite is for writes of callers who are known.
	PriorityWrite

	// PriorityHealth is for what tells whether the server lives.
	PriorityHealth

	// PriorityExempt takes no place and is never refused. It is for what lasts and
	// does little, such as a stream of events.
	PriorityExempt
)

const priorities = int(PriorityExempt)

// ConcurrencyOptions tunes [Concurrency]. The zero value bounds requests in work by
// the number of processors.
type ConcurrencyOptions struct {
	// Limit is how many requests are in work at a time, at most. While they keep the
	// processors so busy that a turn takes more than a few milliseconds to come, there
	// are fewer. Raise it where requests mostly wait for something far away.
	//
	// A quarter as many beside them are for requests whose bodies arrive while they are
	// in work, see [Concurrency].
	//
	// Defaults to 32 for each processor that Go uses (runtime.GOMAXPROCS).
	Limit int

	// Queue is how many more may wait for a place.
	//
	// Defaults to Limit.
	Queue int

	// Wait is how long one waits for a place at most. It is for a burst: once places
	// have been wanting for Wait, without a pause as long, only who will find one waits,
	// by what came and was done in the last Wait: all requests of a priority that can be
	// served beside more important ones, one at a time of a priority of which some can.
	// Others are refused at once.
	//
	// Defaults to 100 ms.
	Wait time.Duration

	// PerCaller is how many requests of one caller are in work or wait at a time: of
	// one principal, by [auth.FromContext], with all API keys of theirs
	// ([auth.Principal.Counted]), or of the strangers of one address, by
	// [ClientAddressOf] and [AddressGroup]. It keeps one caller's expensive requests from
	// taking every place. Those whose bodies are awaited count, and of the places for
	// bodies that arrive in work one caller has no more than half.
	//
	// Defaults to no bound.
	PerCaller int

	// Priority says how important a request is. It is asked once, before anything
	// else is done.
	//
	// Defaults to [RequestPriority].
	Priority func(r *http.Request) Priority

	// Logger is told that requests are refused, at most once in a second and with
	// their number.
	//
	// Defaults to slog.Default().
	Logger *slog.Logger

	// Refuse answers a request that is not served. The error has the code PL503
	// where the server is busy, PL429 where the caller has too many requests, and is
	// that of the request's context where the client has gone.
	//
	// Defaults to the REST API's own answers.
	Refuse func(w http.ResponseWriter, r *http.Request, err error)
}

// RequestPriority is the priority of a request by who calls and what for: strangers,
// reads (GET, HEAD, OPTIONS), writes. It knows who calls where [Authenticate] is outside
// of [Concurrency].
func RequestPriority(r *http.Request) Priority {
	switch {
	case auth.FromContext(r.Context()).Kind == auth.Anonymous:
		return PriorityAnonymous
	case r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions:
		return PriorityRead
	}
	return PriorityWrite
}

// Concurrency returns middleware that bounds how many requests are in work at a time,
// so that a server with more to do than it can goes on doing as much as it can. A
// request without a place waits a little for one; the most important goes first, and
// of equals the first. Whoever gets none is told at once: 503 with Retry-After. A
// caller beyond PerCaller gets 429.
//
// A body that says it has up to 64 KiB is awaited before its request takes a place, so
// that slow clients hold none. What is awaited takes up to 4 KiB for each request, of which
// there are 64 for each of Limit, and beside that 256 KiB for each in all. Every other body,
// which is longer, comes in chunks, was announced by Expect or finds no room, arrives
// while its request is in work, in a place that no request without such a body has: slow
// ones of that kind keep out each other and nobody else. How long a body may take is up
// to the server's ReadTimeout.
//
// One in work holds its place until its handler returns. While a client has to read, which
// takes as long as it likes, others have it: Write gives it away for what net/http does not
// keep, in up to four requests for each of Limit. Handlers that wait for long,
// for events or for a slow service, should be exempt or have a Concurrency of their
// own around them, so that they leave the others their places.
//
// Before a handler begins, those who have arrived at the sockets come in, for which the
// scheduler looks at the network: Concurrency has a pipe for that, two descriptors.
//
// Concurrency panics if a number is negative.
func Concurrency(opts ConcurrencyOptions) func(http.Handler) http.Handler {
	if opts.Limit < 0 || opts.Queue < 0 || opts.Wait < 0 || opts.PerCaller < 0 {
		panic("middleware: the numbers of ConcurrencyOptions must not be negative")
	}
	limit := cmp.Or(opts.Limit, bounds.Requests())
	queue, wait, few := cmp.Or(opts.Queue, limit), cmp.Or(opts.Wait, 100*time.Millisecond), max(limit/4, 1)
	c := &concurrency{
		places:    newPlaces(limit, queue, wait),
		callers:   newCallers(opts.PerCaller),
		bodies:    bodies{most: int64(limit) * awaitedEach, room: int64(limit) * 256 << 10},
		receivers: newPlaces(few, max(queue/4, 1), wait),
		senders:   newCallers(min(opts.PerCaller, max(few/2, 1))),
		priority:  opts.Priority,
		logger:    cmp.Or(opts.Logger, slog.Default()),
		refuse:    refuseOr(opts.Refuse),
		arriving:  newArriving(),
	}
	if c.priority == nil {
		c.priority = RequestPriority
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { c.serve(w, r, next) })
	}
}

type concurrency struct {
	places  *places
	callers *callers
	bodies  bodies

	// Of requests whose bodies arrive while they are in work.
	receivers *places
	senders   *callers

	priority func(*http.Request) Priority
	logger   *slog.Logger
	refuse   func(http.ResponseWriter, *http.Request, error)

	refused occasional.Count

	arriving *arriving
	entered  atomic.Uint32
	crowded  atomic.Bool // the processors have more to do than they can
}

func (c *concurrency) serve(w http.ResponseWriter, r *http.Request, next http.Handler) {
	priority := c.priority(r)
	if priority >= PriorityExempt {
		next.ServeHTTP(w, r)
		return
	}
	who, ok := c.callers.enter(r)
	if !ok {
		c.refuse(w, r, errCaller)
		return
	}
	defer c.callers.leave(who)
	switch length := r.ContentLength; {
	case length == 0 || r.Body == nil || r.Body == http.NoBody:
		c.serveIn(c.places, priority, w, r, next)
	case awaits(r) && c.bodies.take(length):
		defer c.bodies.giveBack(length)
		whole := await(r)
		defer exchange.NoteRoute(whole)
		c.serveIn(c.places, priority, w, whole, next)
	default:
		c.receive(priority, w, r, next)
	}
}

// receive serves a request whose body arrives while it is in work.
func (c *concurrency) receive(priority Priority, w http.ResponseWriter, r *http.Request, next http.Handler) {
	who, ok := c.senders.enter(r)
	if !ok {
		c.refuse(w, r, errCaller)
		return
	}
	defer c.senders.leave(who)
	c.serveIn(c.receivers, priority, w, r, next)
}

// serveIn serves a request in one of places.
func (c *concurrency) serveIn(places *places, priority Priority, w http.ResponseWriter, r *http.Request, next http.Handler) {
	if !places.enter(r.Context(), priority) {
		c.turnAway(w, r)
		return
	}
	inside, record := exchange.Begin(r)
	before := record.TakePlace(places)
	defer func() {
		record.LeavePlace(before)
		places.leave()
	}()
	rw := answer.Observe(w)
	rw.Lend(record)
	c.letOthersCome()
	next.ServeHTTP(rw, inside)
}

// The scheduler is asked how crowded it is by one in so many requests, and by all while
// it is.
const probeEvery = 16

// letOthersCome lets requests that have arrived come as far as this one, once it has
// its place. A handler that never waits would run from its request's first byte to its
// answer in one turn, and those who arrive meanwhile would stand in line where nobody
// counts them: in the sockets and in the scheduler. How long it takes for a turn to come
// tells the places how many requests the processors can have at a time.
func (c *concurrency) letOthersCome() {
	if c.entered.Add(1)%probeEvery != 0 && !c.crowded.Load() {
		return
	}
	began := time.Now()
	if runtime.GOMAXPROCS(0) == 1 || yield() {
		c.arriving.wait()
	}
	c.crowded.Store(c.places.adapt(began, time.Since(began)))
}

// othersReady is how long a turn takes to come where others were ready to run.
const othersReady = 100 * time.Microsecond

// yield lets those go first who are ready to run, and reports whether there were any. Where
// there are none, some processor has nothing to do, and its thread waits for the network:
// who looks there is that thread, which the system wakes when other programs let it.
func yield() bool {
	began := time.Now()
	runtime.Gosched()
	return time.Since(began) > othersReady
}

var errCaller = &problem.Error{
	Code: problem.TooManyRequests, Message: "Too many of your requests are being served; wait for one of them.", RetryAfter: time.Second,
}

// turnAway refuses a request that has got no place.
func (c *concurrency) turnAway(w http.ResponseWriter, r *http.Request) {
	if err := r.Context().Err(); err != nil {
		c.refuse(w, r, err)
		return
	}
	if n, due := c.refused.Add(time.Second); due {
		c.logger.LogAttrs(r.Context(), slog.LevelWarn, "requests refused, too many at a time", slog.Int64("refused", n))
	}
	c.refuse(w, r, &problem.Error{
		Code: problem.Unavailable, Message: "The server is busy; try again in a moment.", Expected: true,
		RetryAfter: time.Duration(1+rand.IntN(3)) * time.Second, // not all of them at once
	})
}
