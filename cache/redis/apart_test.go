package redis_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/cache/redis"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/redistest"
	"github.com/seed-7694ebf6/plinth/middleware"
)

// TestPrefixes: applications with their own prefixes, and caches with their own names,
// share no values, purges and counts.
func TestPrefixes(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	type application struct {
		*redis.Cache[string, string]
		limiter *redis.Limiter
	}
	make := func(prefix, name string) application {
		client := newClient(t, redis.ClientOptions{URL: server.URL(), Prefix: prefix, Timeout: patient, ConnectTimeout: patient})
		return application{newCache(t, client, redis.Options[string, string]{Name: name}), must(redis.NewLimiter(client, redis.LimiterOptions{Name: name}))}
	}
	apart := map[string]application{"plain": make("", "rights"), "prefix": make("shop", "rights"), "name": make("", "others")}
	for name, a := range apart {
		want(t, a.Cache, "key", "")
		set(t, a.Cache, "key", name, author)
		if remaining, wait, err := a.limiter.Take(t.Context(), "key", time.Hour, 5); err != nil || remaining != 4 || wait != 0 {
			t.Errorf("%s: %d left, wait %s, %v", name, remaining, wait, err)
		}
	}
	want(t, make("shop", "rights").Cache, "key", "prefix") // as another process
	if err := apart["prefix"].Purge(t.Context(), author.Tags...); err != nil {
		t.Fatal(err)
	}
	time.Sleep(settle)
	want(t, apart["prefix"].Cache, "key", "")
	want(t, apart["plain"].Cache, "key", "plain")
	want(t, apart["name"].Cache, "key", "name")
}

// TestNamesApart: no two names make the same key in Redis. A cache "user:posts" could have
// keys of the cache "user" that begin with "posts:".
func TestNamesApart(t *testing.T) {
	t.Parallel()
	client := newClient(t, redis.ClientOptions{})
	for _, name := range []string{":", "user:posts", "user:"} {
		if _, err := redis.New(client, redis.Options[string, string]{Name: name}); err == nil {
			t.Errorf("a cache %q", name)
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("a limiter %q", name)
				}
			}()
			must(redis.NewLimiter(client, redis.LimiterOptions{Name: name}))
		}()
	}
	for _, prefix := range []string{"a:b", "a b"} {
		if c, err := redis.NewClient(redis.ClientOptions{Prefix: prefix}); err == nil {
			c.Close()
			t.Errorf("prefix %q", prefix)
		}
	}
}

// TestSameNames: a cache, its locks and a limiter of one name share nothing, nor do caches
// with names and keys that are the same text together.
func TestSameNames(t *testing.T) {
	t.Parallel()
	client := newClient(t, redis.ClientOptions{URL: redistest.Start(t).URL(), Timeout: patient, ConnectTimeout: patient})
	keys := []string{"", "r", "v:r:r", "r:r", "r:v", ":r", "d", "t", "c", "author"}
	for _, name := range []string{"r", "v", "l", "d", "t", "c", "rr"} {
		c, l := newCache(t, client, redis.Options[string, string]{Name: name, Near: -1}), must(redis.NewLimiter(client, redis.LimiterOptions{Name: name}))
		for _, key := range keys {
			want(t, c, key, "")
			set(t, c, key, name+" "+key, author)
			if _, ok, err := c.TryLock(t.Context(), key, time.Hour); !ok || err != nil {
				t.Errorf("%s, %q: lock %t, %v", name, key, ok, err)
			}
			if remaining, wait, err := l.Take(t.Context(), key, time.Hour, 2); err != nil || remaining != 1 || wait != 0 {
				t.Errorf("%s, %q: %d left, wait %s, %v", name, key, remaining, wait, err)
			}
		}
		for _, key := range keys {
			want(t, c, key, name+" "+key)
		}
	}
}

// TestRateLimitWithoutRedis: without Redis each instance counts by itself, and no request
// fails or waits. When it is back they count together.
func TestRateLimitWithoutRedis(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ away, back func(*redistest.Server) }{
		"killed":  {(*redistest.Server).Kill, (*redistest.Server).Restart},
		"hanging": {(*redistest.Server).Stop, (*redistest.Server).Continue},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := redistest.Start(t)
			instance := func() (http.Handler, *redis.Limiter) {
				limiter := must(redis.NewLimiter(newClient(t, redis.ClientOptions{URL: server.URL(), Timeout: time.Second, ConnectTimeout: patient}), redis.LimiterOptions{}))
				return middleware.Must(middleware.RateLimit(middleware.RateLimitOptions{
					Requests: 3, Per: time.Hour, Limiter: limiter, Logger: slog.New(slog.DiscardHandler),
					Key: func(r *http.Request) string { return r.URL.Path },
				}))(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})), limiter
			}
			one, limiterOne := instance()
			two, limiterTwo := instance()
			statuses := func(path string) (got string) {
				for _, h := range []http.Handler{one, two} {
					for range 4 {
						w, began := httptest.NewRecorder(), time.Now()
						h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
						if took := time.Since(began); took > programtest.Within(2*time.Second) { // the timeout above, which a busy machine needs
							t.Errorf("a request waits %s", took)
						}
						got += fmt.Sprint(w.Code, " ")
					}
				}
				return got
			}
			connected := func() {
				t.Helper()
				for _, l := range []*redis.Limiter{limiterOne, limiterTwo} {
					programtest.Until(t, 20*time.Second, "the limiter has a connection", func() bool {
						_, _, err := l.Take(t.Context(), "probe", time.Microsecond, 1000)
						return err == nil
					})
				}
			}
			const together, apart = "200 200 200 429 429 429 429 429 ", "200 200 200 429 200 200 200 429 "
			connected()
			if got := statuses("/before"); got != together {
				t.Errorf("before: %s", got)
			}
			tt.away(server)
			if got := statuses("/meanwhile"); got != apart {
				t.Errorf("meanwhile: %s", got)
			}
			tt.back(server)
			connected()
			if got := statuses("/after"); got != together {
				t.Errorf("after: %s", got)
			}
		})
	}
}
