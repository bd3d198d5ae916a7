package redis_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/cache"
	"github.com/seed-7694ebf6/plinth/cache/redis"
	"github.com/seed-7694ebf6/plinth/internal/testkit/redistest"
)

func TestLock(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	opts := redis.ClientOptions{URL: server.URL(), Timeout: patient, ConnectTimeout: patient}
	a := newCache(t, newClient(t, opts), redis.Options[string, string]{})
	b := newCache(t, newClient(t, opts), redis.Options[string, string]{})
	lock := func(c *redis.Cache[string, string], ttl time.Duration, want bool) func() {
		t.Helper()
		unlock, ok, err := c.TryLock(t.Context(), "key", ttl)
		if err != nil || ok != want {
			t.Fatalf("TryLock: %t, %v; want %t", ok, err, want)
		}
		return unlock
	}
	unlock := lock(a, time.Hour, true)
	lock(b, time.Hour, false)
	lock(a, time.Hour, false)
	unlock()
	late := lock(b, 50*time.Millisecond, true)
	time.Sleep(100 * time.Millisecond)
	unlock = lock(a, time.Hour, true)
	late() // of a lock that has ended: it is another's now
	lock(b, time.Hour, false)
	unlock()
	lock(b, time.Hour, true)
	if _, _, err := a.TryLock(t.Context(), "key", 0); err == nil {
		t.Error("a lock for no time")
	}
}

// TestLoadsOnce: a thousand callers of a key that is missing are one call of the load
// function in each process, and one in all where the processes have a lock.
func TestLoadsOnce(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	for name, want := range map[string]int64{"alone": 4, "locked": 1} {
		t.Run(name, func(t *testing.T) {
			var loads atomic.Int64
			var ready, done sync.WaitGroup
			begin := make(chan struct{})
			for range 4 {
				kept := newCache(t, newClient(t, redis.ClientOptions{URL: server.URL(), Timeout: patient, ConnectTimeout: patient}),
					redis.Options[string, cache.Loaded[string]]{Name: name})
				opts := cache.LoaderOptions[string, string]{Logger: quiet}
				if name == "locked" {
					opts.Lock = kept
				}
				l := must(cache.NewLoader(kept, func(context.Context, string) (string, error) {
					time.Sleep(200 * time.Millisecond)
					return fmt.Sprint("load ", loads.Add(1)), nil
				}, opts))
				if _, err := kept.Mark(t.Context()); err != nil { // connects
					t.Fatal(err)
				}
				for range 250 {
					ready.Add(1)
					done.Go(func() {
						ready.Done()
						<-begin
						if v, err := l.Get(t.Context(), "key"); v == "" || err != nil {
							t.Errorf("%q, %v", v, err)
						}
					})
				}
			}
			ready.Wait()
			close(begin)
			done.Wait()
			if loads.Load() != want {
				t.Errorf("%d loads, want %d", loads.Load(), want)
			}
		})
	}
}
