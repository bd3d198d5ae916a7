package redis_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/cache/redis"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/redistest"
)

func TestLimiter(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	opts := redis.ClientOptions{URL: server.URL(), Timeout: patient, ConnectTimeout: patient}
	limiters := []*redis.Limiter{
		must(redis.NewLimiter(newClient(t, opts), redis.LimiterOptions{})),
		must(redis.NewLimiter(newClient(t, opts), redis.LimiterOptions{})),
	}
	take := func(i int, key string, every time.Duration) (int, time.Duration) {
		t.Helper()
		remaining, wait, err := limiters[i%2].Take(t.Context(), key, every, 5)
		if err != nil {
			t.Fatal(err)
		}
		return remaining, wait
	}
	for i := range 5 {
		if remaining, wait := take(i, "a", time.Hour); remaining != 4-i || wait != 0 {
			t.Errorf("take %d: %d left, wait %s", i, remaining, wait)
		}
	}
	// Asking again does not make anybody wait longer.
	for i := range 3 {
		if remaining, wait := take(i, "a", time.Hour); remaining != 0 || wait > time.Hour || wait < 59*time.Minute {
			t.Errorf("over the limit: %d left, wait %s", remaining, wait)
		}
	}
	if remaining, wait := take(0, "b", time.Hour); remaining != 4 || wait != 0 {
		t.Errorf("another key: %d left, wait %s", remaining, wait)
	}
	// What is told is what must be waited.
	const every = 200 * time.Millisecond
	var wait time.Duration
	programtest.Until(t, 20*time.Second, "nothing is left", func() bool { // also where a few takes last as long as every
		for i := 0; i < 10 && wait == 0; i++ {
			_, wait = take(i, "c", every)
		}
		return wait != 0
	})
	if wait < 0 || wait > every {
		t.Fatalf("wait %s", wait)
	}
	time.Sleep(wait)
	if _, wait := take(1, "c", every); wait != 0 {
		t.Errorf("after waiting, wait %s more", wait)
	}
	// Nothing is kept of those who do not come any more.
	time.Sleep(6 * every)
	if got := server.Do("EXISTS", "plinth:r:limit:c"); got != ":0" {
		t.Errorf("the key is still there: %s", got)
	}
}

// TestLimiterTogether: many processes together allow the burst once.
func TestLimiterTogether(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	opts := redis.ClientOptions{URL: server.URL(), Timeout: patient, ConnectTimeout: patient}
	var passed atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		l := must(redis.NewLimiter(newClient(t, opts), redis.LimiterOptions{Name: "shared"}))
		for range 50 {
			wg.Go(func() {
				_, wait, err := l.Take(t.Context(), "key", time.Hour, 20)
				if err != nil {
					t.Error(err)
				}
				if err == nil && wait == 0 {
					passed.Add(1)
				}
			})
		}
	}
	wg.Wait()
	if passed.Load() != 20 {
		t.Errorf("%d passed, want 20", passed.Load())
	}
}

// TestLimiterClock: after the server's clock was set back a key is limited for no longer
// than the limit's period.
func TestLimiterClock(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	l := must(redis.NewLimiter(newClient(t, redis.ClientOptions{URL: server.URL(), Timeout: patient}), redis.LimiterOptions{}))
	server.Do("SET", "plinth:r:limit:key", fmt.Sprint(time.Now().Add(1000*time.Hour).UnixMicro()))
	if _, wait, err := l.Take(t.Context(), "key", time.Second, 5); err != nil || wait <= 0 || wait > time.Second {
		t.Errorf("wait %s, %v", wait, err)
	}
}

func TestLimiterRefuses(t *testing.T) {
	t.Parallel()
	l := must(redis.NewLimiter(newClient(t, redis.ClientOptions{}), redis.LimiterOptions{}))
	for _, tt := range []struct {
		every time.Duration
		burst int
	}{{0, 1}, {time.Nanosecond, 1}, {-time.Second, 1}, {time.Second, 0}, {time.Second, -1}, {365 * 24 * time.Hour, 2}} {
		if _, _, err := l.Take(t.Context(), "key", tt.every, tt.burst); err == nil {
			t.Errorf("every %s, burst %d: no error", tt.every, tt.burst)
		}
	}
}
