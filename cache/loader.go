package cache

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/logging"
)

// ErrNotFound is returned by a load function, bare or wrapped, for a key without a value.
// It is cached for LoaderOptions.NegativeTTL. HTTP clients get 404.
var ErrNotFound error = notFoundError{}

// notFoundError is the type of [ErrNotFound].
type notFoundError struct{}

func (notFoundError) Error() string { return "cache: not found" }

// Problem returns the code of the error on the wire.
func (notFoundError) Problem() string { return "PL404" }

// LoaderOptions tune a [Loader].
type LoaderOptions[K comparable, V any] struct {
	// TTL is how long a value is fresh.
	//
	// Defaults to a minute.
	TTL time.Duration

	// EarlyRefresh is the last part of the TTL in which the first request reloads
	// the value in the background. So requests never wait for a value in regular use.
	//
	// Defaults to a tenth of TTL; negative is never.
	EarlyRefresh time.Duration

	// NegativeTTL is how long ErrNotFound is remembered.
	//
	// Defaults to a tenth of TTL, or to never where Tags are set without
	// MissingTags, since no Purge would end it; negative is never.
	NegativeTTL time.Duration

	// StaleIfError is for how long after its TTL a value is still given where
	// loading fails. Keep it zero for what decides about rights.
	StaleIfError time.Duration

	// Timeout limits a load and, with a Lock, the preceding wait for the load of
	// another process. A load continues when the requests that wait for it end.
	//
	// Defaults to 10 seconds.
	Timeout time.Duration

	// Tags returns what a value depends on, for Purge. It is not asked about a key
	// that has no value.
	Tags func(key K, value V) []string

	// MissingTags returns what it depends on that a key has no value. Where that is
	// remembered without, only Delete and NegativeTTL end it.
	MissingTags func(key K) []string

	// Lock lets one process load a key at a time, the others wait for its value.
	// Without it each process loads once.
	Lock Locker[K]

	// Logger receives errors of the cache and of loads in the background.
	//
	// Defaults to slog.Default().
	Logger *slog.Logger

	// Now returns the current time. Replace it in tests.
	//
	// Defaults to [time.Now].
	Now func() time.Time
}

// Validate returns an error if TTL, StaleIfError or Timeout is negative.
func (o LoaderOptions[K, V]) Validate() error {
	if min(o.TTL, o.StaleIfError, o.Timeout) < 0 {
		return errors.New("cache: TTL, StaleIfError and Timeout of LoaderOptions must not be negative")
	}
	return nil
}

func (o LoaderOptions[K, V]) withDefaults() LoaderOptions[K, V] {
	o.TTL = min(cmp.Or(o.TTL, time.Minute), forever)
	o.StaleIfError = min(o.StaleIfError, forever)
	o.EarlyRefresh = max(cmp.Or(o.EarlyRefresh, o.TTL/10), 0)
	if o.NegativeTTL == 0 && (o.Tags == nil || o.MissingTags != nil) {
		o.NegativeTTL = o.TTL / 10
	}
	o.NegativeTTL = min(max(o.NegativeTTL, 0), forever)
	o.Timeout = cmp.Or(o.Timeout, 10*time.Second)
	o.Logger = cmp.Or(o.Logger, slog.Default())
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// forever is the longest TTL. Expiry times are stored in nanoseconds since 1970, which
// overflow in 2262.
const forever = 100 * 365 * 24 * time.Hour

// Loaded is a value as a [Loader] keeps it.
type Loaded[V any] struct {
	Value   V
	Missing bool  // the key has no value
	Fresh   int64 // until when it is given without a look, in Unix nanoseconds
}

// Loader answers from a cache and loads missing values. Concurrent requests for a key
// share one load. It is safe for concurrent use. It has no goroutines except those of
// loads in progress.
type Loader[K comparable, V any] struct {
	cache   Cache[K, Loaded[V]]
	load    func(ctx context.Context, key K) (V, error)
	opts    LoaderOptions[K, V]
	flights flights[K, V]
	stats   counters

	failures map[string]*logging.SampledCount // by what failed
}

// NewLoader returns a loader that stores the results of load in a cache. Neither may be nil.
//
// The result of load must depend on the key alone, because all requests for the key share
// it. The context of load has the values of the first request, including its caller. If
// callers may see different values, the key must identify the caller.
func NewLoader[K comparable, V any](c Cache[K, Loaded[V]], load func(ctx context.Context, key K) (V, error), opts LoaderOptions[K, V]) (*Loader[K, V], error) {
	if c == nil || load == nil {
		return nil, errors.New("cache: NewLoader needs a cache and a function that loads")
	}
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	return &Loader[K, V]{
		cache: c, load: load, opts: opts.withDefaults(), flights: flights[K, V]{byKey: make(map[K]*flight[V])}, failures: newFailures(),
	}, nil
}

// Get returns the value of a key, loading it where the cache has none that is fresh.
// The error is that of the load, or of a context that has ended; the load goes on for
// the others.
func (l *Loader[K, V]) Get(ctx context.Context, key K) (V, error) {
	landed := l.flights.landed.Load()
	kept, ok, err := l.cache.Get(ctx, key)
	if err != nil {
		ok = false
		l.failed(ctx, "read", err)
	}
	if ok {
		if left := l.left(&kept); left > 0 {
			l.stats.hits.Add(1)
			if left < l.opts.EarlyRefresh && !kept.Missing {
				l.refresh(ctx, key)
			}
			return kept.result()
		}
	}
	l.stats.misses.Add(1)
	value, err := l.start(ctx, key, landed).wait(ctx)
	if err != nil && ok && !kept.Missing && l.opts.StaleIfError > 0 && !errors.Is(err, ErrNotFound) && ctx.Err() == nil {
		l.stats.stale.Add(1)
		return kept.Value, nil
	}
	return value, err
}

func (e *Loaded[V]) result() (V, error) {
	if e.Missing {
		return e.Value, ErrNotFound
	}
	return e.Value, nil
}

// Delete removes a key. A load in progress is returned only to requests that already wait
// for it.
func (l *Loader[K, V]) Delete(ctx context.Context, key K) error {
	err := l.cache.Delete(ctx, key)
	l.flights.leave(key)
	return err
}

// Purge removes all values that depend on one of the tags. Loads in progress are returned
// only to requests that already wait for them.
func (l *Loader[K, V]) Purge(ctx context.Context, tags ...string) error {
	err := l.cache.Purge(ctx, tags...)
	l.flights.leaveAll()
	return err
}

func (l *Loader[K, V]) failed(ctx context.Context, what string, err error) {
	l.stats.errors.Add(1)
	if ctx.Err() == nil {
		l.say(ctx, what, err)
	}
}

// say logs a failure, at most once per second and kind, because an unavailable cache fails
// for every request.
func (l *Loader[K, V]) say(ctx context.Context, what string, err error) {
	if n, due := l.failures[what].Add(time.Second); due {
		l.opts.Logger.WarnContext(ctx, "cache: "+what+" failed", "error", err, "times", n)
	}
}

// newFailures counts each kind of them.
func newFailures() map[string]*logging.SampledCount {
	all := make(map[string]*logging.SampledCount)
	for _, what := range []string{"delete", "early refresh", "lock", "mark", "read", "write"} {
		all[what] = new(logging.SampledCount)
	}
	return all
}
