package redis_test

import (
	"context"
	"errors"
	"testing"

	"github.com/seed-7694ebf6/plinth/cache"
	"github.com/seed-7694ebf6/plinth/cache/redis"
	"github.com/seed-7694ebf6/plinth/internal/testkit/redistest"
)

// TestCallerGone: after the request's context has ended, Get and Set return its error, the
// connection is kept, and Purge and Delete still work.
func TestCallerGone(t *testing.T) {
	t.Parallel()
	client := newClient(t, redis.ClientOptions{URL: redistest.Start(t).URL(), Timeout: patient, ConnectTimeout: patient})
	c := newCache(t, client, redis.Options[string, string]{Near: -1})
	set(t, c, "right", "admin", author)
	set(t, c, "key", "value", cache.SetOptions{})
	set(t, c, "other", "value", cache.SetOptions{})
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	served := func(after string) {
		t.Helper()
		if v, ok, err := c.Get(t.Context(), "other"); v != "value" || !ok || err != nil {
			t.Fatalf("after %s: %q, %t, %v", after, v, ok, err)
		}
	}

	if _, _, err := c.Get(gone, "other"); !errors.Is(err, context.Canceled) {
		t.Errorf("Get: %v, want context.Canceled", err)
	}
	served("Get")
	if err := c.Set(gone, "new", "value", cache.SetOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Set: %v, want context.Canceled", err)
	}
	served("Set")
	if err := c.Purge(gone, author.Tags...); err != nil {
		t.Errorf("Purge: %v", err)
	}
	served("Purge")
	if err := c.Delete(gone, "key"); err != nil {
		t.Errorf("Delete: %v", err)
	}
	served("Delete")
	for _, key := range []string{"right", "key", "new"} {
		if v, ok, err := c.Get(t.Context(), key); ok || err != nil {
			t.Errorf("%s: %q, %v", key, v, err)
		}
	}
}
