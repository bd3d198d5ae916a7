package jobs

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
)

// maxTx is the longest time that a handler of [RegisterTx] may take.
const maxTx = 5 * time.Second

// Options tunes a kind. The zero value is ready to use.
type Options[T any] struct {
	// Backoff returns the pause before the next attempt, for the number of attempts so
	// far, from 1 on.
	//
	// Defaults to the pauses of the package documentation.
	Backoff func(attempts int) time.Duration

	// LimitKey returns the key for [Queue].KeyLimit, "" for a job without one. Keys are
	// texts of at most 1,000 bytes.
	LimitKey func(args T) string

	// MaxAttempts is how often a job is run before it is dead.
	//
	// Defaults to 10.
	MaxAttempts int

	// Mode says what [Kind.Enqueue] does with a job whose Unique key another job has.
	//
	// Defaults to Keep.
	Mode UniqueMode

	// Period is the length of the periods of [OncePerPeriod], up to a day. They begin at
	// multiples of it since 1970 in UTC.
	Period time.Duration

	// Priority is from 1, which runs first, to 4. A job waits while its queue has jobs
	// of a lower number that are due.
	//
	// Defaults to 2.
	Priority int

	// Queue is the name of the queue.
	//
	// Defaults to [DefaultQueue].
	Queue string

	// Secret says that the arguments are encrypted by [Config].Sealer, and removed when the
	// job is done. The texts of errors are then logged and not stored. Keys are not encrypted.
	Secret bool

	// Timeout ends the context of the handler. A handler of [RegisterTx] has at most 5
	// seconds, which is its default.
	//
	// Defaults to a minute.
	Timeout time.Duration

	// Unique returns the key that jobs of this kind must not share, "" for a job without
	// one. See Mode.
	Unique func(args T) string
}

// UniqueMode says what happens to a job whose unique key is taken.
type UniqueMode int

// The modes. Keep and Replace look at waiting jobs only: a job that is enqueued while
// another one runs is added, since the running one may have read data that are older.
const (
	// Keep leaves the waiting job as it is and adds none.
	Keep UniqueMode = iota

	// Replace gives the waiting job the new arguments and the new due time, which
	// debounces.
	Replace

	// OncePerPeriod adds no job if the period had one, in any state.
	OncePerPeriod
)

// Kind enqueues the jobs of one kind. Make one with [Register], [RegisterTx] or
// [Declare]. It is safe for concurrent use.
type Kind[T any] struct {
	*kind
	unique, limit func(T) string
}

// kind is a [Kind] without its type.
type kind struct {
	js       *Jobs
	name     string
	queue    string
	priority int
	max      int
	timeout  time.Duration
	backoff  func(int) time.Duration
	keyed    bool // jobs have unique keys
	mode     UniqueMode
	period   time.Duration
	secret   bool
	mistake  error
	handle   func(ctx context.Context, a *attempt, args []byte) error // nil without a handler
}

// Register adds a kind with its handler, for work of any length and with effects outside
// the database. The handler holds no connection. It may run again for a job if the
// process dies before the job is completed; see the package documentation.
//
// Names are texts such as "invoice.send": they are stored with the jobs, so a kind keeps
// its name. Register before [Jobs.Run]. Mistakes are returned by Run and by
// [Kind.Enqueue]. A nil opts takes every default.
func Register[T any](js *Jobs, name string, handler func(ctx context.Context, job Job[T]) error, opts *Options[T]) *Kind[T] {
	return newKind(js, name, opts, func(ctx context.Context, a *attempt, args T) error {
		return handler(ctx, Job[T]{ID: a.id, Args: args, Attempt: a.attempts, EnqueuedAt: a.enqueuedAt, attempt: a})
	})
}

// RegisterTx is [Register] for database work of at most 5 seconds. The handler runs in a
// serializable transaction that also completes the job, so its writes happen exactly
// once. It runs again after a conflict, so it must have no effects outside the
// transaction. On SQLite it holds the only writer.
func RegisterTx[T any](js *Jobs, name string, handler func(ctx context.Context, tx *store.Tx, args T) error, opts *Options[T]) *Kind[T] {
	var o Options[T]
	if opts != nil {
		o = *opts
	}
	o.Timeout = cmp.Or(o.Timeout, maxTx)
	k := newKind(js, name, &o, func(ctx context.Context, a *attempt, args T) error {
		return js.db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
			if err := a.complete(ctx, tx); err != nil {
				return err
			}
			return handler(ctx, tx, args)
		})
	})
	if o.Timeout > maxTx {
		js.reject(k.kind, fmt.Errorf("jobs: kind %q: a handler of RegisterTx has at most %s: use Register for longer work", name, maxTx))
	}
	return k
}

// Declare adds a kind without a handler: this process enqueues its jobs, and others run
// them.
func Declare[T any](js *Jobs, name string, opts *Options[T]) *Kind[T] {
	return newKind(js, name, opts, nil)
}

// namePattern is the form of names. A control character would end a unique key.
var namePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$`)

func newKind[T any](js *Jobs, name string, opts *Options[T], run func(context.Context, *attempt, T) error) *Kind[T] {
	var o Options[T]
	if opts != nil {
		o = *opts
	}
	k := &kind{
		js: js, name: name, queue: cmp.Or(o.Queue, DefaultQueue), priority: cmp.Or(o.Priority, 2), max: cmp.Or(o.MaxAttempts, 10),
		timeout: cmp.Or(o.Timeout, time.Minute), backoff: o.Backoff, keyed: o.Unique != nil, mode: o.Mode, period: o.Period, secret: o.Secret,
	}
	if k.backoff == nil {
		k.backoff = defaultBackoff
	}
	if run != nil {
		k.handle = func(ctx context.Context, a *attempt, args []byte) error {
			var v T
			if err := json.Unmarshal(args, &v); err != nil {
				return fmt.Errorf("jobs: the arguments do not fit %T: %w", v, err)
			}
			return run(ctx, a, v)
		}
	}
	js.add(k)
	return &Kind[T]{kind: k, unique: o.Unique, limit: o.LimitKey}
}

// add keeps a kind and reports its mistakes.
func (js *Jobs) add(k *kind) {
	var wrong error
	switch {
	case !namePattern.MatchString(k.name):
		wrong = errors.New("a name has up to 100 letters, digits and . _ : / -")
	case !namePattern.MatchString(k.queue):
		wrong = errors.New("the name of a queue has up to 100 letters, digits and . _ : / -")
	case k.priority < 1 || k.priority > priorities:
		wrong = fmt.Errorf("the Priority is %d, want 1 to %d", k.priority, priorities)
	case k.max < 1 || k.timeout < 0:
		wrong = errors.New("the MaxAttempts and the Timeout must be positive")
	case k.secret && js.config.Sealer == nil:
		wrong = errors.New("a Secret kind needs Config.Sealer")
	case k.mode < Keep || k.mode > OncePerPeriod || k.mode != Keep && !k.keyed:
		wrong = errors.New("a Mode needs Unique, and is Keep, Replace or OncePerPeriod")
	case (k.mode == OncePerPeriod) != (k.period != 0) || k.period < 0 || k.period > 24*time.Hour:
		wrong = errors.New("the mode OncePerPeriod needs a Period of up to a day, and no other mode has one")
	}
	js.mu.Lock()
	if js.kinds[k.name] != nil && wrong == nil {
		wrong = errors.New("it is registered already")
	}
	if js.kinds[k.name] == nil {
		js.kinds[k.name] = k
	}
	js.mu.Unlock()
	if wrong != nil {
		js.reject(k, fmt.Errorf("jobs: kind %q: %w", k.name, wrong))
	}
}

// reject keeps a mistake for [Jobs.Check] and for the kind's own methods.
func (js *Jobs) reject(k *kind, err error) {
	js.mu.Lock()
	defer js.mu.Unlock()
	k.mistake = err
	js.mistakes = append(js.mistakes, err)
}

// defaultBackoff is a power of four in seconds, up to an hour, and up to a quarter more
// or less.
func defaultBackoff(attempts int) time.Duration {
	pause := min(time.Second<<min(2*(attempts-1), 20), time.Hour)
	return pause*3/4 + rand.N(pause/2+1)
}
