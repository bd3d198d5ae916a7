package middleware_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/middleware"
)

// clock is a time that tests move.
type clock struct{ at atomic.Int64 }

func (c *clock) now() time.Time          { return time.Unix(1_800_000_000, c.at.Load()) }
func (c *clock) advance(d time.Duration) { c.at.Add(int64(d)) }

// TestLimiter asks at random times and checks the definition of the limit: in every
// interval at most the burst and what was refilled is allowed, a caller that waits for
// RetryAfter is allowed, and the remaining number is exact.
func TestLimiter(t *testing.T) {
	t.Parallel()
	for seed := range uint64(50) {
		random := rand.New(rand.NewPCG(seed, 1)) // a test
		burst := 1 + random.IntN(20)
		every := time.Duration(1 + random.Int64N(int64(time.Minute)))
		c := new(clock)
		l := must(middleware.NewLimiter(middleware.LimiterOptions{Now: c.now}))
		take := func() (int, time.Duration) {
			remaining, wait, err := l.Take(t.Context(), "key", every, burst)
			if err != nil {
				t.Fatal(err)
			}
			return remaining, wait
		}
		var served []time.Time
		for range 300 {
			remaining, wait := take()
			switch {
			case wait < 0 || remaining < 0 || remaining >= burst:
				t.Fatalf("seed %d: remaining %d, wait %s", seed, remaining, wait)
			case wait == 0:
				served = append(served, c.now())
			default:
				c.advance(wait - 1)
				if _, early := take(); early != 1 {
					t.Fatalf("seed %d: a nanosecond before its time: wait %s", seed, early)
				}
				c.advance(1)
				if _, wait = take(); wait != 0 {
					t.Fatalf("seed %d: after the wait: %s more", seed, wait)
				}
				served = append(served, c.now())
			}
			if random.IntN(10) == 0 {
				for left := range remaining {
					if got, wait := take(); wait != 0 || got != remaining-left-1 {
						t.Fatalf("seed %d: %d remained, then %d and wait %s", seed, remaining, got, wait)
					}
					served = append(served, c.now())
				}
				if _, wait := take(); remaining > 0 && wait == 0 {
					t.Fatalf("seed %d: one more than remained", seed)
				}
			}
			c.advance(time.Duration(random.Int64N(3 * int64(every))))
		}
		for i, from := range served {
			for j := i; j < len(served); j++ {
				if most := burst + int(served[j].Sub(from)/every); j-i+1 > most {
					t.Fatalf("seed %d: %d in %s, at most %d", seed, j-i+1, served[j].Sub(from), most)
				}
			}
		}
	}
}

// TestLimiterRefusesFreely: refused requests do not lengthen the wait.
func TestLimiterRefusesFreely(t *testing.T) {
	t.Parallel()
	c := new(clock)
	l := must(middleware.NewLimiter(middleware.LimiterOptions{Now: c.now}))
	for i := range 10_000 {
		if _, wait, _ := l.Take(t.Context(), "key", time.Second, 3); (wait == 0) != (i < 3) || wait > time.Second {
			t.Fatalf("request %d: wait %s", i, wait)
		}
	}
}

// TestLimiterClockBack: after the clock went back nobody waits for longer than a whole
// burst takes.
func TestLimiterClockBack(t *testing.T) {
	t.Parallel()
	c := new(clock)
	l := must(middleware.NewLimiter(middleware.LimiterOptions{Now: c.now}))
	c.advance(-time.Hour)
	if _, wait, _ := l.Take(t.Context(), "key", time.Second, 3); wait != 0 {
		t.Errorf("the first request waits %s", wait)
	}
}

func TestLimiterBadLimits(t *testing.T) {
	t.Parallel()
	l := must(middleware.NewLimiter(middleware.LimiterOptions{}))
	for _, tt := range []struct {
		every time.Duration
		burst int
	}{{0, 1}, {-1, 1}, {1, 0}, {1, -1}, {1 << 62, 8}} {
		if _, _, err := l.Take(t.Context(), "key", tt.every, tt.burst); err == nil {
			t.Errorf("%d requests every %s", tt.burst, tt.every)
		}
	}
	if _, err := middleware.NewLimiter(middleware.LimiterOptions{Size: -1}); err == nil {
		t.Errorf("accepted: %s", "a negative size")
	}
}

// TestA47Limiter (A-47): 100,000 keys of strangers take no more memory than the limiter has
// room for, and a key that has used its burst stays limited.
func TestA47Limiter(t *testing.T) {
	t.Parallel()
	const size, strangers = 2_000, 100_000
	for _, comes := range []bool{true, false} {
		c := new(clock)
		l := must(middleware.NewLimiter(middleware.LimiterOptions{Size: size, Now: c.now}))
		take := func(key string) time.Duration {
			_, wait, err := l.Take(t.Context(), key, time.Hour, 5)
			if err != nil {
				t.Fatal(err)
			}
			return wait
		}
		for range 5 {
			take("target")
		}
		for i := range strangers {
			take("stranger " + strconv.Itoa(i))
			c.advance(time.Millisecond)
			if comes && i%1000 == 0 && take("target") == 0 {
				t.Fatalf("the target is not limited after %d strangers", i)
			}
		}
		if take("target") == 0 {
			t.Errorf("the target is not limited after all strangers (comes meanwhile: %t)", comes)
		}
		if n := l.Len(); n > size+16 {
			t.Errorf("%d keys, room for %d", n, size)
		}
	}
}

// TestA47Memory (A-47): a limiter of the default size stays within its memory, which has no
// pointers for the garbage collector to follow.
func TestA47Memory(t *testing.T) {
	l := must(middleware.NewLimiter(middleware.LimiterOptions{}))
	before, objects := heap()
	for i := range 300_000 {
		key := fmt.Sprintf("default:ip 2001:db8:%x:%x::/64", i>>16, i&0xffff)
		if _, _, err := l.Take(t.Context(), key, time.Second, 5); err != nil {
			t.Fatal(err)
		}
	}
	after, more := heap()
	t.Logf("300,000 keys: %d KiB, %d objects", (int64(after)-int64(before))>>10, int64(more)-int64(objects))
	if after > before+7<<20 {
		t.Errorf("%d MiB", (after-before)>>20)
	}
	if more > objects+1000 {
		t.Errorf("%d objects", more-objects)
	}
	runtime.KeepAlive(l)
}

func heap() (bytes, objects uint64) {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc, m.HeapObjects
}

// TestLimiterAtOnce: of simultaneous requests the burst is allowed.
func TestLimiterAtOnce(t *testing.T) {
	t.Parallel()
	c := new(clock)
	l := must(middleware.NewLimiter(middleware.LimiterOptions{Size: 64, Now: c.now}))
	var served [4]atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 400 {
				if _, wait, _ := l.Take(context.Background(), strconv.Itoa(i%4), time.Hour, 100); wait == 0 {
					served[i%4].Add(1)
				}
			}
		})
	}
	wg.Wait()
	for i := range served {
		if n := served[i].Load(); n != 100 {
			t.Errorf("key %d: %d served, want 100", i, n)
		}
	}
}

func ExampleNewLimiter() {
	l := must(middleware.NewLimiter(middleware.LimiterOptions{Size: 10_000}))
	for range 3 {
		remaining, wait, err := l.Take(context.Background(), "ann", time.Hour, 2)
		fmt.Println(remaining, wait.Round(time.Minute), err)
	}
	// Output:
	// 1 0s <nil>
	// 0 0s <nil>
	// 0 1h0m0s <nil>
}
