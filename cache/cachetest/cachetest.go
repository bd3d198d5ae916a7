// Package cachetest holds the contract of cache.Cache as tests, for backends.
package cachetest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/cache"
)

// Backend is a cache under test.
type Backend struct {
	// New returns an empty cache that has room for 10,000 values.
	New func(t *testing.T) cache.Cache[string, string]

	// Advance lets time pass for the cache. Nil sleeps.
	Advance func(d time.Duration)

	// Settle is how long the cache may take until everybody has forgotten.
	Settle time.Duration
}

// Run runs the contract's tests as subtests of t.
func Run(t *testing.T, b Backend) {
	t.Helper()
	if b.Advance == nil {
		b.Advance = time.Sleep
	}
	for _, tt := range []struct {
		name string
		test func(*testing.T, *world)
	}{
		{"SetAndGet", setAndGet},
		{"TTL", ttl},
		{"Delete", deletes},
		{"Purge", purges},
		{"PurgeOfMany", purgeOfMany},
		{"DeleteSince", deleteSince},
		{"PurgeSince", purgeSince},
		{"MarksGrow", marksGrow},
		{"OddKeysAndTags", oddNames},
		{"NeverOldAgain", neverOldAgain},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.test(t, &world{T: t, Backend: b, c: b.New(t)})
		})
	}
}

type world struct {
	*testing.T
	Backend
	c cache.Cache[string, string]
}

func (w *world) set(key, value string, opts cache.SetOptions) {
	w.Helper()
	if err := w.c.Set(w.Context(), key, value, opts); err != nil {
		w.Fatalf("Set: %v", err)
	}
}

func (w *world) delete(key string) {
	w.Helper()
	if err := w.c.Delete(w.Context(), key); err != nil {
		w.Fatalf("Delete: %v", err)
	}
	time.Sleep(w.Settle)
}

func (w *world) purge(tags ...string) {
	w.Helper()
	if err := w.c.Purge(w.Context(), tags...); err != nil {
		w.Fatalf("Purge: %v", err)
	}
	time.Sleep(w.Settle)
}

func (w *world) mark() cache.Mark {
	w.Helper()
	m, err := w.c.Mark(w.Context())
	if err != nil || m == 0 {
		w.Fatalf("Mark: %d, %v", m, err)
	}
	return m
}

// want fails the test unless a key has a value, or none where it is "".
func (w *world) want(key, value string) {
	w.Helper()
	got, ok, err := w.c.Get(w.Context(), key)
	if err != nil || ok != (value != "") || got != value {
		w.Errorf("Get(%q): %q, %t, %v; want %q", key, got, ok, err, value)
	}
}

func setAndGet(t *testing.T, w *world) {
	w.want("a", "")
	w.set("a", "1", cache.SetOptions{})
	w.set("b", "2", cache.SetOptions{TTL: time.Hour})
	w.want("a", "1")
	w.want("b", "2")
	w.set("a", "3", cache.SetOptions{})
	w.want("a", "3")
	for i := range 1000 {
		w.set(fmt.Sprint("key", i), fmt.Sprint("value", i), cache.SetOptions{})
	}
	for i := range 1000 {
		w.want(fmt.Sprint("key", i), fmt.Sprint("value", i))
	}
}

func ttl(_ *testing.T, w *world) {
	w.set("short", "1", cache.SetOptions{TTL: time.Second})
	w.set("long", "2", cache.SetOptions{TTL: time.Hour})
	w.set("again", "3", cache.SetOptions{TTL: time.Second})
	w.set("again", "4", cache.SetOptions{TTL: time.Hour})
	w.want("short", "1")
	w.Advance(1500 * time.Millisecond)
	w.want("short", "")
	w.want("long", "2")
	w.want("again", "4")
}

func deletes(_ *testing.T, w *world) {
	w.set("a", "1", cache.SetOptions{})
	w.set("b", "2", cache.SetOptions{})
	w.delete("a")
	w.delete("nothing")
	w.want("a", "")
	w.want("b", "2")
	w.set("a", "3", cache.SetOptions{})
	w.want("a", "3")
}

func purges(_ *testing.T, w *world) {
	w.set("a", "1", cache.SetOptions{Tags: []string{"x"}})
	w.set("b", "2", cache.SetOptions{Tags: []string{"x", "y"}})
	w.set("c", "3", cache.SetOptions{Tags: []string{"y"}})
	w.set("d", "4", cache.SetOptions{})
	w.purge("x")
	w.want("a", "")
	w.want("b", "")
	w.want("c", "3")
	w.want("d", "4")
	w.set("a", "5", cache.SetOptions{Tags: []string{"x"}})
	w.want("a", "5")
	w.purge("x", "y", "nothing")
	w.want("a", "")
	w.want("c", "")
	w.want("d", "4")
	w.purge()
	w.want("d", "4")
}

func purgeOfMany(t *testing.T, w *world) {
	for i := range 500 {
		w.set(fmt.Sprint("key", i), "1", cache.SetOptions{Tags: []string{"all", fmt.Sprint("tag", i%10)}})
	}
	w.purge("tag3")
	for i := range 500 {
		if i%10 == 3 {
			w.want(fmt.Sprint("key", i), "")
		}
	}
	w.purge("all")
	for i := range 500 {
		w.want(fmt.Sprint("key", i), "")
	}
}

// deleteSince: what was found out before a Delete is not kept after it.
func deleteSince(_ *testing.T, w *world) {
	before := w.mark()
	w.delete("a")
	w.set("a", "old", cache.SetOptions{Since: before})
	w.want("a", "")
	w.set("a", "new", cache.SetOptions{Since: w.mark()})
	w.want("a", "new")
	w.set("a", "old", cache.SetOptions{Since: before})
	w.want("a", "new")
	w.set("a", "newer", cache.SetOptions{})
	w.want("a", "newer")
}

// purgeSince: what was found out before a Purge is not given after it.
func purgeSince(_ *testing.T, w *world) {
	before := w.mark()
	w.purge("x")
	w.set("a", "old", cache.SetOptions{Since: before, Tags: []string{"w", "x"}})
	w.set("b", "fine", cache.SetOptions{Since: before, Tags: []string{"w"}})
	w.want("a", "")
	w.want("b", "fine")
	w.set("a", "new", cache.SetOptions{Since: w.mark(), Tags: []string{"w", "x"}})
	w.want("a", "new")
	w.set("a", "old", cache.SetOptions{Since: before, Tags: []string{"x"}})
	w.want("a", "new")
}

func marksGrow(t *testing.T, w *world) {
	last := w.mark()
	for range 10 {
		w.purge("x")
		now := w.mark()
		if now <= last {
			t.Errorf("mark %d after %d", now, last)
		}
		last = now
	}
}

// oddNames: keys and tags are any text.
func oddNames(_ *testing.T, w *world) {
	names := []string{"", " ", "a b", "a:b", "a:", ":b", "é", "\x00", "\xff", "{a}", "*", "\r\n", "日本"}
	for i, name := range names {
		w.set(name, fmt.Sprint("v", i), cache.SetOptions{Tags: []string{"t" + name}})
	}
	for i, name := range names {
		w.want(name, fmt.Sprint("v", i))
	}
	w.purge("ta b")
	w.want("a b", "")
	w.want("a:b", fmt.Sprint("v", slices.Index(names, "a:b")))
}

// neverOldAgain checks that readers never get a purged value after the purge has returned,
// while other goroutines load, change and purge values.
func neverOldAgain(t *testing.T, w *world) {
	const keys = 4
	rounds := 200
	if w.Settle > 0 {
		rounds = 60 // each of which takes that long
	}
	var mu sync.Mutex
	truth := make([]int, keys)
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				loadOnce(t.Context(), w.c, i%keys, &mu, truth)
				if w.Settle > 0 {
					time.Sleep(100 * time.Microsecond) // room for the message
				}
			}
		})
	}
	for round := range rounds {
		k := round % keys
		mu.Lock()
		truth[k]++
		want := truth[k]
		mu.Unlock()
		name := fmt.Sprint("key", k)
		var err error
		if round%2 == 0 {
			err = w.c.Purge(t.Context(), "tag-"+name)
		} else {
			err = w.c.Delete(t.Context(), name)
		}
		if err != nil {
			t.Error(err)
		}
		time.Sleep(w.Settle)
		if got, ok, err := w.c.Get(t.Context(), name); err != nil || ok && got != fmt.Sprint(want) {
			t.Errorf("round %d: %q, %v; want nothing or %d", round, got, err, want)
		}
	}
	close(stop)
	readers.Wait()
}

// loadOnce does what a loader does, slowly.
func loadOnce(ctx context.Context, c cache.Cache[string, string], k int, mu *sync.Mutex, truth []int) {
	name := fmt.Sprint("key", k)
	if _, ok, err := c.Get(ctx, name); ok || err != nil {
		return
	}
	since, err := c.Mark(ctx)
	if err != nil {
		return
	}
	mu.Lock()
	value := truth[k]
	mu.Unlock()
	time.Sleep(100 * time.Microsecond) // lets a writer change the value
	_ = c.Set(ctx, name, fmt.Sprint(value), cache.SetOptions{Since: since, Tags: []string{"tag-" + name}})
}
