package cache_test

import (
	"context"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/cache"
)

// TestLoaderWithoutMark: a value that was loaded while the cache gave no mark is returned
// and not cached, since it may have been purged in between.
func TestLoaderWithoutMark(t *testing.T) {
	t.Parallel()
	f := newFixture(t, cache.LoaderOptions[string, string]{
		TTL: time.Minute, Tags: func(string, string) []string { return []string{"tag"} },
	})
	f.serve(func(ctx context.Context, _ string) (string, error) {
		return "old", f.cache.Purge(ctx, "tag")
	})
	f.cache.adrift.Store(true)
	f.want(t, "a", "old", 1)
	f.want(t, "a", "old", 2)
	f.serve(func(context.Context, string) (string, error) { return "new", nil })
	f.cache.adrift.Store(false)
	f.want(t, "a", "new", 3)
	f.want(t, "a", "new", 3)
	if got := f.Stats().Errors; got != 2 {
		t.Errorf("%d errors of the cache, want 2", got)
	}
}
