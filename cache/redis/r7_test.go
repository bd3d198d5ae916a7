package redis_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/cache"
	"github.com/seed-7694ebf6/plinth/cache/redis"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/redistest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/toxic"
)

// right is what the load asks for. An answer must have the value of its key, and none that
// is older than a purge that has succeeded.
type right struct {
	Key     int
	Version int64
}

// arena is an application of two instances over one Redis, under load, while rights
// change, and an instance without a cache for comparison.
type arena struct {
	t      *testing.T
	server *redistest.Server
	proxy  *toxic.Proxy
	a, b   *instance
	bare   *instance

	truth [arenaKeys]atomic.Int64
	told  [arenaKeys]atomic.Int64 // oldest versions that b may return
	own   [arenaKeys]atomic.Int64 // oldest versions that a may return, which purges
}

const (
	arenaKeys    = 40
	arenaWorkers = 8 // of each instance, and twice as many without a cache
	loadTime     = time.Millisecond
)

type instance struct {
	name   string
	cache  *redis.Cache[int, cache.Loaded[right]]
	loader *cache.Loader[int, right]
	get    func(context.Context, int) (right, error)
	floor  *[arenaKeys]atomic.Int64

	mu     sync.Mutex
	took   []time.Duration
	errors atomic.Int64
}

func newArena(t *testing.T) *arena {
	t.Helper()
	w := &arena{t: t, server: redistest.Start(t)}
	w.proxy = toxic.Start(t, w.server.Addr())
	w.bare = &instance{name: "without", get: w.load, floor: &w.told}
	w.a, w.b = w.instance("a", &w.own), w.instance("b", &w.told)
	return w
}

func (w *arena) load(_ context.Context, key int) (right, error) {
	version := w.truth[key].Load()
	time.Sleep(loadTime)
	return right{key, version}, nil
}

func (w *arena) instance(name string, floor *[arenaKeys]atomic.Int64) *instance {
	client := newClient(w.t, redis.ClientOptions{ // with its defaults
		URL:    "redis://" + w.proxy.Addr().String(),
		Logger: slog.New(slog.NewTextHandler(w.t.Output(), nil)).With("instance", name),
	})
	kept, err := redis.New(client, redis.Options[int, cache.Loaded[right]]{Name: "rights"})
	if err != nil {
		w.t.Fatal(err)
	}
	loader := must(cache.NewLoader(kept, w.load, cache.LoaderOptions[int, right]{
		TTL: time.Hour, Logger: quiet, Tags: func(key int, _ right) []string { return []string{fmt.Sprint("right:", key)} },
	}))
	return &instance{name: name, cache: kept, loader: loader, get: loader.Get, floor: floor}
}

// work asks until stop is closed.
func (w *arena) work(in *instance, stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-time.After(10 * time.Millisecond):
		}
		key := rand.IntN(arenaKeys)
		floor := in.floor[key].Load()
		began := time.Now()
		got, err := in.get(context.Background(), key)
		took := time.Since(began)
		in.mu.Lock()
		in.took = append(in.took, took)
		in.mu.Unlock()
		if err != nil || got.Key != key || got.Version < floor {
			in.errors.Add(1)
			w.t.Errorf("%s: right %d: %+v, %v; want version %d or newer", in.name, key, got, err, floor)
		}
	}
}

// change changes rights and purges them with a until stop is closed.
func (w *arena) change(stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-time.After(10 * time.Millisecond):
		}
		key := rand.IntN(arenaKeys)
		version := w.truth[key].Add(1)
		if w.a.loader.Purge(context.Background(), fmt.Sprint("right:", key)) == nil {
			w.own[key].Store(version)
			time.AfterFunc(10*settle, func() { raise(&w.told[key], version) })
		}
	}
}

func raise(v *atomic.Int64, version int64) {
	for last := v.Load(); last < version && !v.CompareAndSwap(last, version); last = v.Load() {
	}
}

// p99 returns the 99th of 100 times that instances took since the last call.
func p99(instances ...*instance) time.Duration {
	var took []time.Duration
	for _, in := range instances {
		in.mu.Lock()
		took, in.took = append(took, in.took...), nil
		in.mu.Unlock()
	}
	if len(took) == 0 {
		return 0
	}
	slices.Sort(took)
	return took[len(took)*99/100]
}

// answers reports whether an instance's cache works.
func (in *instance) answers() bool {
	_, _, err := in.cache.Get(context.Background(), -1)
	return err == nil
}

// within waits until f is true and returns how long that took.
func (w *arena) within(d time.Duration, what string, f func() bool) time.Duration {
	began := time.Now()
	for !f() {
		if time.Since(began) > d {
			w.t.Errorf("%s: not within %s", what, d)
			break
		}
		time.Sleep(2 * time.Millisecond)
	}
	return time.Since(began)
}

// opened reports whether a cache refuses without asking.
func (in *instance) opened() bool {
	began := time.Now()
	_, _, err := in.cache.Get(context.Background(), -1)
	return err != nil && time.Since(began) < 5*time.Millisecond
}

// trouble is what may happen to a Redis.
type trouble struct {
	name        string
	begin, heal func(w *arena)
	opens       bool // it lasts, so that the cache must be out of the way
}

var troubles = []trouble{
	{"kill -9", func(w *arena) { w.server.Kill() }, func(w *arena) { w.server.Restart() }, true},
	{"kill -STOP", func(w *arena) { w.server.Stop() }, func(w *arena) { w.server.Continue() }, true},
	{"a second of latency", func(w *arena) { w.proxy.Latency(time.Second, 0) }, func(w *arena) { w.proxy.Latency(0, 0) }, true},
	{"a network that drops all", func(w *arena) { w.proxy.Hold(true) }, func(w *arena) { w.proxy.Hold(false) }, true},
	{"FLUSHALL", func(w *arena) { w.server.Do("FLUSHALL") }, func(w *arena) { w.server.Do("FLUSHALL") }, false},
	{"a restart", func(w *arena) { w.server.Kill(); w.server.Restart() }, func(*arena) {}, false},
}

// TestR7: while Redis is unavailable no request fails and few are delayed, and no purged
// value is served when it is back.
func TestR7(t *testing.T) {
	t.Parallel()
	if !programtest.Long() {
		var all sync.WaitGroup // not parallel tests, of which there are as many as cores
		for _, tr := range troubles {
			all.Go(func() {
				t.Run(tr.name, func(t *testing.T) { tryTrouble(t, tr, time.Second) })
			})
		}
		all.Wait()
		return
	}
	for _, tr := range troubles {
		for range 5 {
			t.Run(tr.name, func(t *testing.T) { tryTrouble(t, tr, 10*time.Second) })
		}
	}
}

func tryTrouble(t *testing.T, tr trouble, lasts time.Duration) {
	w := newArena(t)
	stop, stopChange := make(chan struct{}), make(chan struct{})
	var load, changes sync.WaitGroup
	w.within(10*time.Second, "the first connection", func() bool { return w.a.answers() && w.b.answers() })
	for _, in := range []*instance{w.a, w.b, w.bare, w.bare} {
		for range arenaWorkers {
			load.Go(func() { w.work(in, stop) })
		}
	}
	changes.Go(func() { w.change(stopChange) })
	time.Sleep(500 * time.Millisecond)

	tr.begin(w)
	var opened time.Duration
	if tr.opens {
		opened = w.within(programtest.Within(time.Second), "out of the way", func() bool { return w.a.opened() && w.b.opened() })
	} else {
		time.Sleep(time.Second)
	}
	p99(w.a, w.b, w.bare)
	time.Sleep(lasts)
	with, without := p99(w.a, w.b), p99(w.bare)
	slack := 20 * time.Millisecond
	if lasts == time.Second { // beside other tests, and the other troubles
		slack = 200 * time.Millisecond
	}
	if with-without > slack {
		t.Errorf("p99 %s, without a cache %s", with, without)
	}

	tr.heal(w)
	healed := w.within(15*time.Second, "recovery", func() bool { return w.a.answers() && w.b.answers() })
	close(stopChange)
	changes.Wait()
	// Failed purges are repeated, as a reader of the change log does.
	w.within(15*time.Second, "purges", func() bool {
		for key := range w.told {
			if w.a.loader.Purge(context.Background(), fmt.Sprint("right:", key)) != nil {
				return false
			}
		}
		return true
	})
	time.Sleep(10 * settle)
	for key := range w.told {
		raise(&w.own[key], w.truth[key].Load())
		raise(&w.told[key], w.truth[key].Load())
	}
	time.Sleep(500 * time.Millisecond)
	before := w.b.loader.Stats().Hits
	w.within(10*time.Second, "hits after the trouble", func() bool { return w.b.loader.Stats().Hits > before+100 })
	close(stop)
	load.Wait()
	stats, other := w.a.loader.Stats(), w.b.loader.Stats()
	t.Logf("%d answers, %d wrong; out of the way after %s; p99 %s, without a cache %s; back after %s",
		stats.Hits+stats.Misses+other.Hits+other.Misses, w.a.errors.Load()+w.b.errors.Load(),
		opened.Round(time.Millisecond), with.Round(100*time.Microsecond), without.Round(100*time.Microsecond), healed.Round(time.Millisecond))
}
