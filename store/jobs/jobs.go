package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
)

// DefaultQueue is the queue of a kind that names none.
const DefaultQueue = "default"

// Config tunes [New]. The zero value is ready to use.
type Config struct {
	// Drain is how long [Jobs.Run] waits for running handlers after its context has
	// ended. Then their contexts end, and their leases are handed back within a second.
	//
	// Defaults to 5 seconds.
	Drain time.Duration

	// Lease is how long a job of a worker that died is kept from others. It is renewed
	// every third of it.
	//
	// Defaults to 20 seconds.
	Lease time.Duration

	// Logger receives failed attempts and failures of the database. Nil discards them.
	Logger *slog.Logger

	// Propagator carries the trace of a request to its jobs. Nil carries none.
	Propagator Propagator

	// Queues are the queues that this process works on. Processes that work on one queue
	// must agree on its limits.
	//
	// Defaults to the queues of all registered kinds.
	Queues []Queue

	// Sealer encrypts the arguments of kinds with [Options].Secret.
	Sealer Sealer

	// Workers is the number of jobs of one queue that run at a time in this process.
	//
	// Defaults to 10.
	Workers int
}

// Queue is a queue as a process works on it.
type Queue struct {
	// Name is the name that [Options].Queue has.
	Name string

	// Workers is the number of jobs that run at a time in this process.
	//
	// Defaults to that of Config.
	Workers int

	// Limit is the number of jobs that run at a time in all processes. Zero sets no
	// limit.
	Limit int

	// KeyLimit is Limit for the jobs with one [Options].LimitKey. Zero sets no limit.
	// Processes that only enqueue must have the queue in their Config too.
	KeyLimit int
}

func (q Queue) limited() bool { return q.Limit != 0 || q.KeyLimit != 0 }

// Sealer encrypts and decrypts with keys that are not in the database. The place, the
// row of the job, is authenticated with the secret. Open reports whether Seal would use another
// key by now. It must be safe for concurrent use. See [NewSealer].
type Sealer interface {
	Seal(place string, secret []byte) ([]byte, error)
	Open(place string, sealed []byte) (secret []byte, outdated bool, err error)
}

// Propagator turns the trace of a context into a text and back, such as a traceparent header
// of W3C Trace Context. It must be safe for concurrent use.
type Propagator interface {
	Inject(ctx context.Context) string
	Extract(ctx context.Context, trace string) context.Context
}

// Jobs enqueues and runs the jobs of one database. Make one with [New], and register the
// same kinds in every process. Processes that run jobs call [Jobs.Run], others
// [Jobs.Notify]. It is safe for concurrent use.
type Jobs struct {
	db     *store.DB
	config Config
	texts  atomic.Pointer[statements]

	mu       sync.Mutex
	kinds    map[string]*kind
	mistakes []error
	running  map[*attempt]struct{} // claimed by this process
	failures map[string]int64      // by queue

	scheduler scheduler
	signals   *signals
	active    atomic.Bool // Run runs
}

// New returns the jobs of a database. It does not access the database; the tables are
// made by the library's own migrations (package store/migrate). A nil config takes every
// default.
func New(db *store.DB, config *Config) (*Jobs, error) {
	var c Config
	if config != nil {
		c = *config
	}
	c.Drain = cmp.Or(c.Drain, 5*time.Second)
	c.Lease = cmp.Or(c.Lease, 20*time.Second)
	c.Workers = cmp.Or(c.Workers, 10)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if err := c.Validate(); err != nil {
		return nil, err
	}
	c.Queues = slices.Clone(c.Queues)
	for i := range c.Queues {
		c.Queues[i].Workers = cmp.Or(c.Queues[i].Workers, c.Workers)
	}
	js := &Jobs{
		db: db, config: c,
		kinds: map[string]*kind{}, running: map[*attempt]struct{}{}, failures: map[string]int64{},
		signals: newSignals(db, c.Logger),
	}
	js.scheduler.js = js
	js.setDialect(dialectOf(db))
	return js, nil
}

// sql returns the statements by the clock that is in use.
func (js *Jobs) sql() *statements { return js.texts.Load() }

func (js *Jobs) setDialect(d dialect) {
	texts := newStatements(d)
	js.texts.Store(&texts)
}

// Validate reports every mistake of the configuration.
func (c Config) Validate() error {
	var errs []error
	if c.Drain < 0 || c.Workers < 0 || c.Lease != 0 && c.Lease < time.Second {
		errs = append(errs, errors.New("jobs: Drain and Workers must not be negative, and Lease at least a second"))
	}
	names := map[string]bool{}
	for i, q := range c.Queues {
		if q.Name == "" || names[q.Name] {
			errs = append(errs, fmt.Errorf("jobs: queue %d of Queues needs a name of its own, not %q", i+1, q.Name))
		}
		if q.Workers < 0 || q.Limit < 0 || q.KeyLimit < 0 {
			errs = append(errs, fmt.Errorf("jobs: a limit of queue %q is negative", q.Name))
		}
		names[q.Name] = true
	}
	return errors.Join(errs...)
}

// Check returns every mistake of the registered kinds and schedules. [Jobs.Run] returns
// it too.
func (js *Jobs) Check() error {
	js.mu.Lock()
	defer js.mu.Unlock()
	return errors.Join(js.mistakes...)
}

// queues returns the queues to work on, and the kinds that have a handler here. Jobs may wait
// in a queue that their kind had in an older version.
func (js *Jobs) queues() (queues []Queue, kinds []string) {
	js.mu.Lock()
	defer js.mu.Unlock()
	names := map[string]bool{}
	for _, k := range js.kinds {
		if k.handle != nil {
			kinds, names[k.queue] = append(kinds, k.name), true
		}
	}
	if js.config.Queues != nil {
		return js.config.Queues, kinds
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		queues = append(queues, Queue{Name: name, Workers: js.config.Workers})
	}
	return queues, kinds
}
