package redis_test

import (
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/cache/redis"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/redistest"
)

// TestFullServer: a purge reaches a server that has no memory left.
func TestFullServer(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	a := newCache(t, newClient(t, redis.ClientOptions{URL: server.URL(), Timeout: patient}), redis.Options[string, string]{})
	b := newCache(t, newClient(t, redis.ClientOptions{URL: server.URL(), Timeout: patient}), redis.Options[string, string]{})
	set(t, a, "right", "admin", author)
	want(t, b, "right", "admin")
	server.Do("CONFIG", "SET", "maxmemory", "1")
	if err := a.Set(t.Context(), "other", "value", author); err == nil {
		t.Fatal("the server has memory: the test proves nothing")
	}
	if err := a.Purge(t.Context(), "author"); err != nil {
		t.Error(err)
	}
	for name, c := range map[string]*redis.Cache[string, string]{"a": a, "b": b} {
		programtest.Until(t, 20*time.Second, name+" does not serve the value", func() bool {
			_, ok, _ := c.Get(t.Context(), "right")
			return !ok
		})
	}
	server.Do("CONFIG", "SET", "maxmemory", "0")
	want(t, a, "right", "")
	want(t, b, "right", "")
}
