package redis_test

import (
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/cache"
	"github.com/seed-7694ebf6/plinth/cache/redis"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/redistest"
)

// TestTTL: a value expires after its own TTL and after that of the cache, in the memory of
// the process and in Redis.
func TestTTL(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	const short = 200 * time.Millisecond
	for name, tt := range map[string]struct {
		near      int64
		most, own time.Duration
	}{
		"near-own":  {0, time.Hour, short},
		"near-most": {0, short, time.Hour},
		"far-own":   {-1, time.Hour, short},
		"far-most":  {-1, short, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := newClient(t, redis.ClientOptions{URL: server.URL(), Timeout: patient, ConnectTimeout: patient})
			c := newCache(t, client, redis.Options[string, string]{Name: name, Near: tt.near, TTL: tt.most})
			given := func() bool {
				_, ok, err := c.Get(t.Context(), "key")
				if err != nil {
					t.Fatal(err)
				}
				return ok
			}
			programtest.Until(t, 20*time.Second, "it is kept", func() bool {
				set(t, c, "key", "value", cache.SetOptions{TTL: tt.own})
				return given()
			})
			programtest.Until(t, 20*time.Second, "its time is over", func() bool { return !given() })
		})
	}
}
