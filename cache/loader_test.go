package cache_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-7694ebf6/plinth/cache"
	"github.com/seed-7694ebf6/plinth/cache/memory"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

type loaded = cache.Loaded[string]

// fixture is a loader with a clock and a source that a test sets.
type fixture struct {
	*cache.Loader[string, string]
	cache *faulty
	now   atomic.Int64
	loads atomic.Int64
	mu    sync.Mutex
	load  func(ctx context.Context, key string) (string, error)
}

// faulty is a cache that fails when it is told to.
type faulty struct {
	cache.Cache[string, loaded]
	down   atomic.Bool
	stuck  atomic.Bool // nothing can be deleted
	adrift atomic.Bool // there are no marks
	after  func()      // a value was asked for, nil where nothing is to happen
}

var errDown = errors.New("down")

func (f *faulty) Get(ctx context.Context, key string) (loaded, bool, error) {
	if f.down.Load() {
		return loaded{}, false, errDown
	}
	value, ok, err := f.Cache.Get(ctx, key)
	if after := f.after; after != nil {
		after()
	}
	return value, ok, err
}

func (f *faulty) Set(ctx context.Context, key string, value loaded, opts cache.SetOptions) error {
	if f.down.Load() {
		return errDown
	}
	return f.Cache.Set(ctx, key, value, opts)
}

func (f *faulty) Delete(ctx context.Context, key string) error {
	if f.stuck.Load() {
		return errDown
	}
	return f.Cache.Delete(ctx, key)
}

func (f *faulty) Mark(ctx context.Context) (cache.Mark, error) {
	if f.down.Load() || f.adrift.Load() {
		return 0, errDown
	}
	return f.Cache.Mark(ctx)
}

func newFixture(t *testing.T, opts cache.LoaderOptions[string, string]) *fixture {
	t.Helper()
	f := new(fixture)
	f.now.Store(1_000_000_000_000)
	now := func() time.Time { return time.Unix(0, f.now.Load()) }
	kept, err := memory.New(memory.Options[string, loaded]{Size: 1000, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	opts.Now, opts.Logger = now, slog.New(slog.DiscardHandler)
	f.cache = &faulty{Cache: kept}
	f.serve(func(_ context.Context, key string) (string, error) { return "value of " + key, nil })
	f.Loader = must(cache.NewLoader(f.cache, func(ctx context.Context, key string) (string, error) {
		f.loads.Add(1)
		f.mu.Lock()
		load := f.load
		f.mu.Unlock()
		return load(ctx, key)
	}, opts))
	return f
}

// serve changes what the load function does.
func (f *fixture) serve(load func(ctx context.Context, key string) (string, error)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.load = load
}

func (f *fixture) advance(d time.Duration) { f.now.Add(int64(d)) }

func (f *fixture) want(t *testing.T, key, value string, loads int64) {
	t.Helper()
	got, err := f.Get(t.Context(), key)
	if err != nil || got != value || f.loads.Load() != loads {
		t.Errorf("%q, %v after %d loads; want %q after %d", got, err, f.loads.Load(), value, loads)
	}
}

func TestLoaderKeeps(t *testing.T) {
	t.Parallel()
	f := newFixture(t, cache.LoaderOptions[string, string]{TTL: time.Minute, EarlyRefresh: -1})
	f.want(t, "a", "value of a", 1)
	f.want(t, "a", "value of a", 1)
	f.want(t, "b", "value of b", 2)
	f.advance(59 * time.Second)
	f.want(t, "a", "value of a", 2)
	f.advance(time.Second)
	f.want(t, "a", "value of a", 3)
	if got, want := f.Stats(), (cache.Stats{Hits: 2, Misses: 3, Loads: 3}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// TestLoaderLoadsOnce: a thousand callers of one key are one call of the source.
func TestLoaderLoadsOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t, cache.LoaderOptions[string, string]{})
	gate := make(chan struct{})
	f.serve(func(context.Context, string) (string, error) { <-gate; return "v", nil })
	var wg sync.WaitGroup
	var wrong atomic.Int64
	for range 1000 {
		wg.Go(func() {
			if v, err := f.Get(t.Context(), "a"); v != "v" || err != nil {
				wrong.Add(1)
			}
		})
	}
	for f.Stats().Misses < 1000 {
		runtime.Gosched()
	}
	close(gate)
	wg.Wait()
	if f.loads.Load() != 1 || wrong.Load() != 0 {
		t.Errorf("%d loads, %d wrong answers", f.loads.Load(), wrong.Load())
	}
}

// TestLoaderLoadsOnceForLatecomers: a caller that misses the cache just before a load ends
// gets the value of that load.
func TestLoaderLoadsOnceForLatecomers(t *testing.T) {
	t.Parallel()
	f := newFixture(t, cache.LoaderOptions[string, string]{})
	asked, goOn := make(chan struct{}), make(chan struct{})
	f.cache.after = func() { // of the first only
		f.cache.after = nil
		close(asked)
		<-goOn
	}
	late := make(chan error)
	go func() {
		_, err := f.Get(t.Context(), "a")
		late <- err
	}()
	<-asked
	f.want(t, "a", "value of a", 1)
	close(goOn)
	if err := <-late; err != nil || f.loads.Load() != 1 {
		t.Errorf("%v, %d loads", err, f.loads.Load())
	}
}

// TestLoaderLatecomerOfExpired: such a caller gets the cached value of another load only
// while it is fresh.
func TestLoaderLatecomerOfExpired(t *testing.T) {
	t.Parallel()
	f := newFixture(t, cache.LoaderOptions[string, string]{TTL: time.Minute, StaleIfError: time.Hour, EarlyRefresh: -1})
	f.cache.after = func() { // of the first only
		f.cache.after = nil
		f.want(t, "a", "value of a", 1)
		f.advance(2 * time.Minute)
		f.serve(func(context.Context, string) (string, error) { return "new", nil })
	}
	f.want(t, "a", "new", 2)
}

// TestLoaderCallerLeaves: a caller whose context ends does not end the load for others.
func TestLoaderCallerLeaves(t *testing.T) {
	t.Parallel()
	f := newFixture(t, cache.LoaderOptions[string, string]{})
	gate := make(chan struct{})
	f.serve(func(ctx context.Context, _ string) (string, error) {
		select {
		case <-gate:
			return "v", nil
		case <-ctx.Done():
			return "", ctx.Err()
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Get(ctx, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want context.Canceled", err)
	}
	close(gate)
	f.want(t, "a", "v", 1)
}

func TestLoaderTimeout(t *testing.T) {
	t.Parallel()
	f := newFixture(t, cache.LoaderOptions[string, string]{Timeout: 20 * time.Millisecond})
	f.serve(func(ctx context.Context, _ string) (string, error) { <-ctx.Done(); return "", ctx.Err() })
	if _, err := f.Get(t.Context(), "a"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want context.DeadlineExceeded", err)
	}
}

func TestLoaderNegative(t *testing.T) {
	t.Parallel()
	f := newFixture(t, cache.LoaderOptions[string, string]{TTL: time.Minute, NegativeTTL: 5 * time.Second})
	f.serve(func(context.Context, string) (string, error) { return "", fmt.Errorf("row: %w", cache.ErrNotFound) })
	missing := func(loads int64) {
		t.Helper()
		if _, err := f.Get(t.Context(), "a"); !errors.Is(err, cache.ErrNotFound) || f.loads.Load() != loads {
			t.Errorf("%v after %d loads, want ErrNotFound after %d", err, f.loads.Load(), loads)
		}
	}
	missing(1)
	missing(1)
	f.advance(5 * time.Second)
	missing(2)
	f.serve(func(context.Context, string) (string, error) { return "v", nil })
	f.advance(5 * time.Second)
	f.want(t, "a", "v", 3)

	never := newFixture(t, cache.LoaderOptions[string, string]{NegativeTTL: -1})
	never.serve(func(context.Context, string) (string, error) { return "", cache.ErrNotFound })
	for range 2 {
		if _, err := never.Get(t.Context(), "a"); !errors.Is(err, cache.ErrNotFound) {
			t.Error(err)
		}
	}
	if never.loads.Load() != 2 {
		t.Errorf("%d loads, want 2", never.loads.Load())
	}
}

func TestLoaderStaleIfError(t *testing.T) {
	t.Parallel()
	errLoad := errors.New("no answer")
	f := newFixture(t, cache.LoaderOptions[string, string]{TTL: time.Minute, StaleIfError: time.Hour, EarlyRefresh: -1})
	f.want(t, "a", "value of a", 1)
	f.serve(func(context.Context, string) (string, error) { return "", errLoad })
	f.advance(2 * time.Minute)
	f.want(t, "a", "value of a", 2)
	if got := f.Stats(); got.Stale != 1 || got.LoadErrors != 1 {
		t.Errorf("%+v", got)
	}
	f.serve(func(context.Context, string) (string, error) { return "", cache.ErrNotFound })
	if _, err := f.Get(t.Context(), "a"); !errors.Is(err, cache.ErrNotFound) {
		t.Errorf("a value that is gone: %v, want ErrNotFound", err)
	}
	f.serve(func(context.Context, string) (string, error) { return "", errLoad })
	f.advance(2 * time.Hour)
	if _, err := f.Get(t.Context(), "a"); !errors.Is(err, errLoad) {
		t.Errorf("after StaleIfError: %v", err)
	}
}

// slow is a cache with a clock behind that of the loader.
type slow struct{ cache.Cache[string, loaded] }

func (s slow) Set(ctx context.Context, key string, value loaded, opts cache.SetOptions) error {
	opts.TTL += time.Minute
	return s.Cache.Set(ctx, key, value, opts)
}

// TestLoaderStaleIfMissing: if loads fail, a key that had no value is an error, although
// its zero value is cached.
func TestLoaderStaleIfMissing(t *testing.T) {
	t.Parallel()
	errLoad := errors.New("no answer")
	f := newFixture(t, cache.LoaderOptions[string, string]{TTL: time.Minute, NegativeTTL: 5 * time.Second, StaleIfError: time.Hour})
	f.cache.Cache = slow{f.cache.Cache}
	f.serve(func(context.Context, string) (string, error) { return "", cache.ErrNotFound })
	if _, err := f.Get(t.Context(), "a"); !errors.Is(err, cache.ErrNotFound) {
		t.Fatal(err)
	}
	f.serve(func(context.Context, string) (string, error) { return "", errLoad })
	f.advance(5 * time.Second)
	if value, err := f.Get(t.Context(), "a"); !errors.Is(err, errLoad) {
		t.Errorf("%q, %v, want the error of the load", value, err)
	}
}

// TestLoaderGone: a value that a load has found missing is not returned as stale, although
// that is not remembered.
func TestLoaderGone(t *testing.T) {
	t.Parallel()
	gone := func(context.Context, string) (string, error) { return "", cache.ErrNotFound }
	opts := cache.LoaderOptions[string, string]{TTL: time.Minute, NegativeTTL: -1, StaleIfError: time.Hour, EarlyRefresh: 10 * time.Second}
	t.Run("stale", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, opts)
		errLoad := errors.New("no answer")
		f.want(t, "a", "value of a", 1)
		f.advance(2 * time.Minute)
		f.serve(gone)
		if _, err := f.Get(t.Context(), "a"); !errors.Is(err, cache.ErrNotFound) {
			t.Error(err)
		}
		f.serve(func(context.Context, string) (string, error) { return "", errLoad })
		if v, err := f.Get(t.Context(), "a"); !errors.Is(err, errLoad) {
			t.Errorf("%q, %v", v, err)
		}
	})
	t.Run("refreshed", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, opts)
		f.want(t, "a", "value of a", 1)
		f.advance(55 * time.Second)
		f.serve(gone)
		programtest.Until(t, 20*time.Second, "the value is gone", func() bool {
			_, err := f.Get(t.Context(), "a")
			return errors.Is(err, cache.ErrNotFound)
		})
	})
	t.Run("failing", func(t *testing.T) { // which is counted, as of any other operation
		t.Parallel()
		f := newFixture(t, opts)
		f.want(t, "a", "value of a", 1)
		f.advance(2 * time.Minute)
		f.serve(gone)
		f.cache.stuck.Store(true)
		if _, err := f.Get(t.Context(), "a"); !errors.Is(err, cache.ErrNotFound) || f.Stats().Errors != 1 {
			t.Errorf("%v, %+v", err, f.Stats())
		}
	})
	t.Run("never there", func(t *testing.T) { // nothing is forgotten for it, which others would hear of
		t.Parallel()
		f := newFixture(t, opts)
		f.serve(gone)
		f.cache.stuck.Store(true)
		if _, err := f.Get(t.Context(), "a"); !errors.Is(err, cache.ErrNotFound) || f.Stats().Errors != 0 {
			t.Errorf("%v, %+v", err, f.Stats())
		}
	})
}

func TestLoaderEarlyRefresh(t *testing.T) {
	t.Parallel()
	f := newFixture(t, cache.LoaderOptions[string, string]{TTL: time.Minute, EarlyRefresh: 10 * time.Second})
	f.want(t, "a", "value of a", 1)
	f.advance(49 * time.Second)
	f.want(t, "a", "value of a", 1)
	f.serve(func(context.Context, string) (string, error) { return "new", nil })
	f.advance(2 * time.Second)
	if v, err := f.Get(t.Context(), "a"); v != "value of a" || err != nil {
		t.Errorf("%q, %v: the one who finds it old must not wait", v, err)
	}
	programtest.Until(t, 20*time.Second, "the value is refreshed", func() bool {
		v, _ := f.Get(t.Context(), "a")
		return v == "new"
	})
	if got := f.Stats(); f.loads.Load() != 2 || got.Refreshes != 1 || got.Misses != 1 {
		t.Errorf("%d loads, %+v", f.loads.Load(), got)
	}
}

// TestLoaderForgets: a load during which its key is forgotten is not cached, and later
// callers do not get it.
func TestLoaderForgets(t *testing.T) {
	t.Parallel()
	for name, forget := range map[string]func(*fixture) error{
		"delete": func(f *fixture) error { return f.Delete(context.Background(), "a") },
		"purge":  func(f *fixture) error { return f.Purge(context.Background(), "tag") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, cache.LoaderOptions[string, string]{Tags: func(string, string) []string { return []string{"tag"} }})
			loading, gate := make(chan struct{}), make(chan struct{})
			f.serve(func(context.Context, string) (string, error) { close(loading); <-gate; return "old", nil })
			first := make(chan string)
			go func() { v, _ := f.Get(context.Background(), "a"); first <- v }()
			<-loading
			f.serve(func(context.Context, string) (string, error) { return "new", nil })
			if err := forget(f); err != nil {
				t.Fatal(err)
			}
			f.want(t, "a", "new", 2)
			close(gate)
			if v := <-first; v != "old" {
				t.Errorf("who waited got %q", v)
			}
			f.want(t, "a", "new", 2)
			if err := forget(f); err != nil {
				t.Fatal(err)
			}
			f.want(t, "a", "new", 3)
		})
	}
}

// TestLoaderWithoutCache: a failing cache is treated as an empty one.
func TestLoaderWithoutCache(t *testing.T) {
	t.Parallel()
	f := newFixture(t, cache.LoaderOptions[string, string]{})
	f.cache.down.Store(true)
	f.want(t, "a", "value of a", 1)
	f.want(t, "a", "value of a", 2)
	if f.Stats().Errors == 0 {
		t.Error("the failures were not counted")
	}
	f.cache.down.Store(false)
	f.want(t, "a", "value of a", 3)
	f.want(t, "a", "value of a", 3)
}

// TestLoaderBadFunctions: a function that panics or ends its goroutine is an error for all
// waiting callers, and the next caller loads again.
func TestLoaderBadFunctions(t *testing.T) {
	t.Parallel()
	for name, bad := range map[string]func(context.Context, string) (string, error){
		"panic":  func(context.Context, string) (string, error) { panic("oh") },
		"goexit": func(context.Context, string) (string, error) { runtime.Goexit(); return "", nil },
	} {
		f := newFixture(t, cache.LoaderOptions[string, string]{})
		f.serve(bad)
		if v, err := f.Get(t.Context(), "a"); err == nil {
			t.Errorf("%s: %q and no error", name, v)
		}
		f.serve(func(context.Context, string) (string, error) { return "v", nil })
		f.want(t, "a", "v", 2)
	}
}

// locks are the locks of processes that share a cache.
type locks struct {
	mu   sync.Mutex
	held map[string]bool
	err  error
}

func (l *locks) TryLock(_ context.Context, key string, _ time.Duration) (unlock func(), ok bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil || l.held[key] {
		return nil, false, l.err
	}
	l.held[key] = true
	return func() { l.mu.Lock(); defer l.mu.Unlock(); delete(l.held, key) }, true, nil
}

// TestLoaderLock: with the lock, several processes load a key once in all.
func TestLoaderLock(t *testing.T) {
	t.Parallel()
	shared, err := memory.New(memory.Options[string, loaded]{Size: 10})
	if err != nil {
		t.Fatal(err)
	}
	lock := &locks{held: map[string]bool{}}
	var loads atomic.Int64
	var processes []*cache.Loader[string, string]
	for range 8 {
		processes = append(processes, must(cache.NewLoader(shared, func(context.Context, string) (string, error) {
			time.Sleep(20 * time.Millisecond)
			loads.Add(1)
			return "v", nil
		}, cache.LoaderOptions[string, string]{Lock: lock})))
	}
	var wg sync.WaitGroup
	for i := range 1000 {
		wg.Go(func() {
			if v, err := processes[i%len(processes)].Get(t.Context(), "a"); v != "v" || err != nil {
				t.Errorf("%q, %v", v, err)
			}
		})
	}
	wg.Wait()
	if loads.Load() != 1 {
		t.Errorf("%d loads, want 1", loads.Load())
	}

	// Where locks fail, it is as if there were none.
	lock.err = errDown
	if v, err := processes[0].Get(t.Context(), "b"); v != "v" || err != nil {
		t.Errorf("%q, %v", v, err)
	}
}

// until is a lock that another process, which was killed, has until a time.
type until struct{ end time.Time }

func (u until) TryLock(context.Context, string, time.Duration) (unlock func(), ok bool, err error) {
	return func() {}, time.Now().After(u.end), nil
}

// TestLoaderLockOfTheDead: a caller that waited for the load of a killed process has the
// whole time for its own, and one that waits for longer than a lock may last gets an error.
func TestLoaderLockOfTheDead(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		held time.Duration
		want error
	}{{9 * time.Second, nil}, {time.Hour, context.DeadlineExceeded}} {
		synctest.Test(t, func(t *testing.T) {
			kept, err := memory.New(memory.Options[string, loaded]{Size: 10})
			if err != nil {
				t.Fatal(err)
			}
			l := must(cache.NewLoader(kept, func(ctx context.Context, _ string) (string, error) {
				select {
				case <-time.After(5 * time.Second):
					return "v", nil
				case <-ctx.Done():
					return "", ctx.Err()
				}
			}, cache.LoaderOptions[string, string]{Timeout: 10 * time.Second, Lock: until{time.Now().Add(tt.held)}, Logger: slog.New(slog.DiscardHandler)}))
			if v, err := l.Get(t.Context(), "a"); !errors.Is(err, tt.want) || (v == "v") != (err == nil) {
				t.Errorf("held for %s: %q, %v", tt.held, v, err)
			}
		})
	}
}

func TestCodecs(t *testing.T) {
	t.Parallel()
	type row struct {
		ID   int
		Tags []string
	}
	raw, err := cache.JSON[row]{}.Append([]byte("x"), row{7, []string{"a"}})
	if err != nil || string(raw) != `x{"ID":7,"Tags":["a"]}` {
		t.Errorf("%s, %v", raw, err)
	}
	if got, err := (cache.JSON[row]{}).Decode(raw[1:]); err != nil || got.ID != 7 || !slices.Equal(got.Tags, []string{"a"}) {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := (cache.JSON[row]{}).Decode([]byte("garbage")); err == nil {
		t.Error("garbage was read")
	}
	data := []byte("abc")
	got, err := cache.Bytes{}.Decode(data)
	data[0] = 'x'
	if err != nil || string(got) != "abc" {
		t.Errorf("%s, %v", got, err)
	}
}

func BenchmarkLoaderHit(b *testing.B) {
	c, err := memory.New(memory.Options[string, loaded]{Size: 1000})
	if err != nil {
		b.Fatal(err)
	}
	l := must(cache.NewLoader(c, func(_ context.Context, key string) (string, error) { return key, nil },
		cache.LoaderOptions[string, string]{TTL: time.Hour, Tags: func(key, _ string) []string { return []string{key} }}))
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := l.Get(ctx, "key"); err != nil {
			b.Fatal(err)
		}
	}
}

// TestLoaderHitTime: a hit in memory takes no more than 250 ns, the median of several
// rounds. PLINTH_TEST_LONG=1 judges that.
func TestLoaderHitTime(t *testing.T) {
	programtest.SkipShort(t)
	var rounds []time.Duration
	for range 7 {
		rounds = append(rounds, time.Duration(testing.Benchmark(BenchmarkLoaderHit).NsPerOp()))
	}
	slices.Sort(rounds)
	t.Logf("%v", rounds)
	if middle := rounds[len(rounds)/2]; middle == 0 || middle > 250*time.Nanosecond {
		t.Errorf("%s", middle)
	}
}

// TestLoaderSaysOnce: each kind of failure of a cache is logged once a second, with its
// number.
func TestLoaderSaysOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var said strings.Builder
		away := failing{errors.New("away")}
		l := must(cache.NewLoader(away, func(context.Context, string) (string, error) { return "v", nil }, cache.LoaderOptions[string, string]{
			Logger: slog.New(slog.NewTextHandler(&said, nil)),
		}))
		for range 3 {
			for range 100 {
				if v, err := l.Get(t.Context(), "key"); v != "v" || err != nil {
					t.Fatal(v, err)
				}
			}
			time.Sleep(time.Second)
		}
		synctest.Wait()
		text := said.String()
		for _, what := range []string{"read", "mark"} {
			if n := strings.Count(text, "cache: "+what+" failed"); n != 3 {
				t.Errorf("%s: %d lines", what, n)
			}
		}
		var times []string
		for _, line := range regexp.MustCompile(`mark failed.* times=(\d+)`).FindAllStringSubmatch(text, -1) {
			times = append(times, line[1])
		}
		if !slices.Equal(times, []string{"1", "100", "100"}) {
			t.Errorf("%v in %s", times, text)
		}
	})
}

// failing is a cache that is away.
type failing struct{ err error }

func (f failing) Get(context.Context, string) (loaded, bool, error)           { return loaded{}, false, f.err }
func (f failing) Set(context.Context, string, loaded, cache.SetOptions) error { return f.err }
func (f failing) Delete(context.Context, string) error                        { return f.err }
func (f failing) Purge(context.Context, ...string) error                      { return f.err }
func (f failing) Mark(context.Context) (cache.Mark, error)                    { return 0, f.err }

// TestLoaderForEver: the longest TTL keeps a value, and a negative one is an error.
func TestLoaderForEver(t *testing.T) {
	t.Parallel()
	kept, err := memory.New(memory.Options[string, loaded]{Size: 10})
	if err != nil {
		t.Fatal(err)
	}
	loads := 0
	load := func(context.Context, string) (string, error) {
		loads++
		return "v", nil
	}
	l := must(cache.NewLoader(kept, load, cache.LoaderOptions[string, string]{TTL: math.MaxInt64, StaleIfError: math.MaxInt64, EarlyRefresh: -1}))
	for range 3 {
		if v, err := l.Get(t.Context(), "key"); v != "v" || err != nil {
			t.Fatal(v, err)
		}
	}
	if loads != 1 {
		t.Errorf("loaded %d times", loads)
	}
	for name, opts := range map[string]cache.LoaderOptions[string, string]{"TTL": {TTL: -1}, "StaleIfError": {StaleIfError: -1}, "Timeout": {Timeout: -1}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("a negative %s is taken", name)
				}
			}()
			must(cache.NewLoader(kept, load, opts))
		}()
	}
}
