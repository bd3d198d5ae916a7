package cache_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-7694ebf6/plinth/cache"
	"github.com/seed-7694ebf6/plinth/cache/memory"
)

// bomb is a cache, and a lock, of which one method panics once it is armed, as a codec or
// a function that writes keys may.
type bomb struct {
	cache.Cache[string, loaded]
	method string
	armed  atomic.Bool
}

func (b *bomb) blow(method string) {
	if b.armed.Load() && b.method == method {
		panic("oh")
	}
}

func (b *bomb) Set(ctx context.Context, key string, value loaded, opts cache.SetOptions) error {
	b.blow("Set")
	return b.Cache.Set(ctx, key, value, opts)
}

func (b *bomb) Mark(ctx context.Context) (cache.Mark, error) {
	b.blow("Mark")
	return b.Cache.Mark(ctx)
}

func (b *bomb) TryLock(context.Context, string, time.Duration) (unlock func(), ok bool, err error) {
	b.blow("TryLock")
	return func() { b.blow("unlock") }, true, nil
}

// TestLoaderPanics: a panic during a load, also without waiting callers, is an error for
// all waiting callers, and the next caller loads again.
func TestLoaderPanics(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"Set", "Mark", "TryLock", "unlock", "Tags"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				kept, err := memory.New(memory.Options[string, loaded]{Size: 10})
				if err != nil {
					t.Fatal(err)
				}
				b := &bomb{Cache: kept, method: method}
				l := must(cache.NewLoader(b, func(context.Context, string) (string, error) { return "v", nil }, cache.LoaderOptions[string, string]{
					TTL: time.Minute, Lock: b, Logger: slog.New(slog.DiscardHandler),
					Tags: func(string, string) []string { b.blow("Tags"); return nil },
				}))
				get := func(want string) {
					t.Helper()
					if got, err := l.Get(t.Context(), "a"); got != want || err != nil {
						t.Errorf("%q, %v; want %q", got, err, want)
					}
				}
				b.armed.Store(true)
				if v, err := l.Get(t.Context(), "a"); v != "" || err == nil || !strings.Contains(err.Error(), "panicked: oh") {
					t.Errorf("%q, %v", v, err)
				}
				b.armed.Store(false)
				get("v")
				time.Sleep(time.Minute - time.Second)
				b.armed.Store(true)
				get("v") // and loads it early
				synctest.Wait()
				b.armed.Store(false)
				get("v")
				if refreshes := l.Stats().Refreshes; refreshes == 0 {
					t.Error("nothing was loaded early")
				}
			})
		})
	}
}

// TestLoaderMissingTags: Tags is not called for a missing value. That it is missing is
// forgotten by the tags of MissingTags, and without them is remembered only on request.
func TestLoaderMissingTags(t *testing.T) {
	t.Parallel()
	type author struct{ org int }
	for _, tt := range []struct {
		name        string
		missingTags func(int) []string
		negativeTTL time.Duration
		remembered  bool
		purged      bool
	}{
		{name: "Default"},
		{name: "AskedFor", negativeTTL: time.Second, remembered: true},
		{name: "Tagged", missingTags: func(id int) []string { return []string{fmt.Sprint("author:", id)} }, remembered: true, purged: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			kept, err := memory.New(memory.Options[int, cache.Loaded[*author]]{Size: 10})
			if err != nil {
				t.Fatal(err)
			}
			var loads atomic.Int64
			l := must(cache.NewLoader(kept, func(context.Context, int) (*author, error) {
				loads.Add(1)
				return nil, cache.ErrNotFound
			}, cache.LoaderOptions[int, *author]{
				TTL: time.Hour, NegativeTTL: tt.negativeTTL, MissingTags: tt.missingTags, Now: func() time.Time { return time.Unix(1, 0) },
				Tags: func(id int, a *author) []string {
					return []string{fmt.Sprint("author:", id), fmt.Sprint("org:", a.org)}
				},
			}))
			missing := func(again bool) {
				t.Helper()
				before := loads.Load()
				if _, err := l.Get(t.Context(), 7); !errors.Is(err, cache.ErrNotFound) || loads.Load() != before+map[bool]int64{true: 1}[again] {
					t.Errorf("%v, %d loads more", err, loads.Load()-before)
				}
			}
			missing(true)
			missing(!tt.remembered)
			if err := l.Purge(t.Context(), "author:7"); err != nil {
				t.Fatal(err)
			}
			missing(!tt.remembered || tt.purged)
			if err := l.Delete(t.Context(), 7); err != nil {
				t.Fatal(err)
			}
			missing(true)
		})
	}
}
