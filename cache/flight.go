package cache

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// flight is a load in progress, shared by all requests that wait for it.
type flight[V any] struct {
	done  chan struct{}
	value V
	err   error
}

// flights are the loads that are under way, one for each key.
type flights[K comparable, V any] struct {
	mu     sync.Mutex
	byKey  map[K]*flight[V]
	landed atomic.Uint64 // how many have
}

// join returns the flight of a key. begun is true for the one that joins first, and
// has to fly.
func (f *flights[K, V]) join(key K) (fl *flight[V], begun bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if fl, ok := f.byKey[key]; ok {
		return fl, false
	}
	fl = &flight[V]{done: make(chan struct{})}
	f.byKey[key] = fl
	return fl, true
}

// land ends a flight.
func (f *flights[K, V]) land(key K, fl *flight[V]) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.byKey[key] == fl {
		delete(f.byKey, key)
	}
	f.landed.Add(1)
	close(fl.done)
}

// leave prevents later requests from joining the flight of a key.
func (f *flights[K, V]) leave(key K) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.byKey, key)
}

// leaveAll prevents later requests from joining any current flight.
func (f *flights[K, V]) leaveAll() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.byKey)
}

// errEnded is the error of a load if its goroutine ended without a result.
var errEnded = errors.New("cache: the load did not return")

// start returns the load of a key and begins one if there is none. Landed is the number
// of loads that had ended before the cache was read. A later one may have been of this
// key, so the cache is then read again.
func (l *Loader[K, V]) start(ctx context.Context, key K, landed uint64) *flight[V] {
	fl, begun := l.flights.join(key)
	if begun {
		go l.fly(context.WithoutCancel(ctx), key, fl, l.flights.landed.Load() != landed)
	}
	return fl
}

// refresh begins a load in the background.
func (l *Loader[K, V]) refresh(ctx context.Context, key K) {
	if fl, begun := l.flights.join(key); begun {
		l.stats.refreshes.Add(1)
		go func() {
			l.fly(context.WithoutCancel(ctx), key, fl, false)
			if fl.err != nil && !errors.Is(fl.err, ErrNotFound) {
				l.say(ctx, "early refresh", fl.err)
			}
		}()
	}
}

func (f *flight[V]) wait(ctx context.Context) (V, error) {
	select {
	case <-f.done:
		return f.value, f.err
	case <-ctx.Done():
		var zero V
		return zero, ctx.Err()
	}
}

// fly loads a key and keeps its value. The values of the context that began it are
// its own, the end of that context is not. Where the cache is asked again its value does.
// A panic, of the cache, the lock or Tags, is an error, as it is of the load function.
func (l *Loader[K, V]) fly(ctx context.Context, key K, fl *flight[V], askAgain bool) {
	ctx, cancel := context.WithTimeout(ctx, l.opts.Timeout)
	defer cancel()
	fl.err = errEnded
	defer l.flights.land(key, fl)
	defer caught("a load", &fl.err)
	if askAgain {
		if kept, ok, err := l.cache.Get(ctx, key); err == nil && ok && l.left(&kept) > 0 {
			fl.value, fl.err = kept.result()
			return
		}
	}
	if l.opts.Lock == nil {
		fl.value, fl.err = l.fetch(ctx, key)
		return
	}
	fl.value, fl.err = l.fetchLocked(ctx, key)
}

// fetch loads a key and stores the value. It has the whole Timeout, even after a wait for
// a lock, because the process that held the lock may have been killed.
func (l *Loader[K, V]) fetch(ctx context.Context, key K) (V, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), l.opts.Timeout)
	defer cancel()
	since, markErr := l.cache.Mark(ctx)
	if markErr != nil {
		l.failed(ctx, "mark", markErr)
	}
	l.stats.loads.Add(1)
	value, err := l.call(ctx, key)
	missing := errors.Is(err, ErrNotFound)
	if err != nil && !missing {
		l.stats.loadErrors.Add(1)
		return value, err
	}
	if markErr == nil {
		l.keep(ctx, key, value, missing, since)
	}
	return value, err
}

func (l *Loader[K, V]) keep(ctx context.Context, key K, value V, missing bool, since Mark) {
	fresh, opts := l.opts.TTL, SetOptions{Since: since}
	if missing {
		fresh = l.opts.NegativeTTL
		if fresh == 0 {
			l.drop(ctx, key)
			return
		}
	}
	opts.TTL = fresh
	if !missing {
		opts.TTL += l.opts.StaleIfError
	}
	switch {
	case missing && l.opts.MissingTags != nil:
		opts.Tags = l.opts.MissingTags(key)
	case !missing && l.opts.Tags != nil:
		opts.Tags = l.opts.Tags(key, value)
	}
	kept := Loaded[V]{Value: value, Missing: missing, Fresh: l.opts.Now().Add(fresh).UnixNano()}
	if err := l.cache.Set(ctx, key, kept, opts); err != nil {
		l.failed(ctx, "write", err)
	}
}

// drop deletes the stored value of a key that no longer has one. It reads the cache first,
// because every Delete sends a message to other processes. Requests for invented keys
// would otherwise flood them.
func (l *Loader[K, V]) drop(ctx context.Context, key K) {
	_, ok, err := l.cache.Get(ctx, key)
	if err != nil {
		l.failed(ctx, "read", err)
	}
	if !ok || err != nil {
		return
	}
	if err := l.cache.Delete(ctx, key); err != nil {
		l.failed(ctx, "delete", err)
	}
}

// call calls the load function. A panic is an error of it, which LoadErrors counts.
func (l *Loader[K, V]) call(ctx context.Context, key K) (value V, err error) {
	defer caught("the load function", &err)
	return l.load(ctx, key)
}

// caught, deferred, makes a panic an error, since it would end the process from a
// goroutine that no handler guards.
func caught(what string, err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("cache: %s panicked: %v", what, p)
	}
}

// isNew reports whether a value need not be loaded, not even early.
func (l *Loader[K, V]) isNew(kept *Loaded[V]) bool {
	left := l.left(kept)
	return left > 0 && (kept.Missing || left > l.opts.EarlyRefresh)
}

// left is for how long a value is fresh.
func (l *Loader[K, V]) left(kept *Loaded[V]) time.Duration {
	return time.Duration(kept.Fresh - l.opts.Now().UnixNano())
}
