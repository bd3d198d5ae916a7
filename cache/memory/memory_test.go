package memory_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/cache"
	"github.com/seed-7694ebf6/plinth/cache/cachetest"
	"github.com/seed-7694ebf6/plinth/cache/memory"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

func TestContract(t *testing.T) {
	t.Parallel()
	var now atomic.Int64
	cachetest.Run(t, cachetest.Backend{
		New: func(t *testing.T) cache.Cache[string, string] {
			t.Helper()
			c, err := memory.New(memory.Options[string, string]{Size: 10_000, Now: func() time.Time { return time.Unix(0, now.Load()) }})
			if err != nil {
				t.Fatal(err)
			}
			return c
		},
		Advance: func(d time.Duration) { now.Add(int64(d)) },
	})
}

func TestOptions(t *testing.T) {
	t.Parallel()
	costOf := func(_, v string) uint64 { return uint64(len(v)) }
	for _, tt := range []struct {
		name string
		opts memory.Options[string, string]
		ok   bool
	}{
		{"Nothing", memory.Options[string, string]{}, false},
		{"Size", memory.Options[string, string]{Size: 1}, true},
		{"NegativeSize", memory.Options[string, string]{Size: -1}, false},
		{"Both", memory.Options[string, string]{Size: 1, Cost: 1, CostOf: costOf}, false},
		{"Cost", memory.Options[string, string]{Cost: 1, CostOf: costOf}, true},
		{"CostOfNothing", memory.Options[string, string]{Cost: 1}, false},
		{"CostWithoutBound", memory.Options[string, string]{Size: 1, CostOf: costOf}, false},
		{"NegativeTTL", memory.Options[string, string]{Size: 1, TTL: -1}, false},
	} {
		if _, err := memory.New(tt.opts); (err == nil) != tt.ok {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// TestTTL: a value is given for its own time, and never for longer than the cache keeps any.
func TestTTL(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ most, own, want time.Duration }{
		{time.Hour, 0, time.Hour},
		{time.Hour, time.Minute, time.Minute},
		{time.Minute, time.Hour, time.Minute},
		{0, 2 * time.Hour, time.Hour}, // by default
	} {
		var now time.Duration
		c, err := memory.New(memory.Options[string, string]{Size: 10, TTL: tt.most, Now: func() time.Time { return time.Unix(0, int64(now)) }})
		if err != nil {
			t.Fatal(err)
		}
		_ = c.Set(t.Context(), "key", "value", cache.SetOptions{TTL: tt.own})
		now = tt.want - 1
		if _, ok, _ := c.Get(t.Context(), "key"); !ok {
			t.Errorf("of %s, %s at most: gone before %s", tt.own, tt.most, tt.want)
		}
		now = tt.want
		if _, ok, _ := c.Get(t.Context(), "key"); ok {
			t.Errorf("of %s, %s at most: given after %s", tt.own, tt.most, tt.want)
		}
	}
}

// settled waits until a count is at most a bound: the policy evicts in the background.
func settled(t *testing.T, bound int, count func() int) {
	t.Helper()
	programtest.Until(t, 20*time.Second, fmt.Sprintf("at most %d values are kept", bound), func() bool { return count() <= bound })
}

func TestBounds(t *testing.T) {
	t.Parallel()
	bySize, err := memory.New(memory.Options[int, int]{Size: 100})
	if err != nil {
		t.Fatal(err)
	}
	const each = 192 // what an entry takes besides
	byCost, err := memory.New(memory.Options[int, int]{Cost: 100 * (10 + each), CostOf: func(_, v int) uint64 { return uint64(v) }})
	if err != nil {
		t.Fatal(err)
	}
	count := func(c cache.Cache[int, int]) func() int {
		return func() int {
			n := 0
			for i := range 10_000 {
				if _, ok, _ := c.Get(t.Context(), i); ok {
					n++
				}
			}
			return n
		}
	}
	for i := range 10_000 {
		_ = bySize.Set(t.Context(), i, i, cache.SetOptions{})
		_ = byCost.Set(t.Context(), i, 10, cache.SetOptions{})
	}
	settled(t, 100, count(bySize))
	settled(t, 100, count(byCost))

	// What is too dear is not kept, and neither is what it replaces.
	_ = byCost.Set(t.Context(), 1, 10, cache.SetOptions{})
	_ = byCost.Set(t.Context(), 1, 100*(10+each)-each+1, cache.SetOptions{})
	if v, ok, _ := byCost.Get(t.Context(), 1); ok {
		t.Errorf("%d is kept", v)
	}
	_ = byCost.Set(t.Context(), 1, -1, cache.SetOptions{}) // all that a uint64 holds
	if v, ok, _ := byCost.Get(t.Context(), 1); ok {
		t.Errorf("%d is kept", v)
	}
}

// TestBoundOfNothing: the number of values with cost zero, such as missing ones, is bounded
// too.
func TestBoundOfNothing(t *testing.T) {
	t.Parallel()
	type loaded = cache.Loaded[[]byte]
	c, err := memory.New(memory.Options[int, loaded]{Cost: 64 << 10, CostOf: func(_ int, v loaded) uint64 { return uint64(len(v.Value)) }})
	if err != nil {
		t.Fatal(err)
	}
	const keys = 100_000
	for i := range keys {
		_ = c.Set(t.Context(), i, loaded{Missing: true}, cache.SetOptions{TTL: time.Hour})
	}
	settled(t, 1000, func() (n int) {
		for i := range keys {
			if _, ok, _ := c.Get(t.Context(), i); ok {
				n++
			}
		}
		return n
	})
}
