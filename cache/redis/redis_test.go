package redis_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/seed-7694ebf6/plinth/cache"
	"github.com/seed-7694ebf6/plinth/cache/cachetest"
	"github.com/seed-7694ebf6/plinth/cache/redis"
	"github.com/seed-7694ebf6/plinth/internal/testkit/redistest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var quiet = slog.New(slog.DiscardHandler)

// patient is longer than any machine is busy with something else.
const patient = 5 * time.Second

// newClient returns a client as another process would have it.
func newClient(t testing.TB, opts redis.ClientOptions) *redis.Client {
	t.Helper()
	if opts.Logger == nil {
		opts.Logger = quiet
	}
	c, err := redis.NewClient(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func newCache[V any](t testing.TB, c *redis.Client, opts redis.Options[string, V]) *redis.Cache[string, V] {
	t.Helper()
	if opts.Name == "" {
		opts.Name = "test"
	}
	out, err := redis.New(c, opts)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestNear: values that a process has read are in its memory, and the server is not asked
// again. With a negative Near it is asked each time.
func TestNear(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	commands := func() int {
		_, rest, _ := strings.Cut(server.Info("stats"), "total_commands_processed:")
		count, _, _ := strings.Cut(rest, "\r\n")
		n, err := strconv.Atoi(count)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for name, tt := range map[string]struct {
		near        int64
		least, most int // commands for 1,000 hits; the client and the test have some of their own
	}{"near": {0, 0, 100}, "far": {-1, 1000, 10_000}} {
		c := newCache(t, newClient(t, redis.ClientOptions{URL: server.URL(), Timeout: patient, ConnectTimeout: patient}), redis.Options[string, string]{Name: name, Near: tt.near})
		set(t, c, "key", "value", cache.SetOptions{TTL: time.Hour})
		want(t, c, "key", "value")
		before := commands()
		for range 1000 {
			want(t, c, "key", "value")
		}
		if n := commands() - before; n < tt.least || n > tt.most {
			t.Errorf("%s: %d commands for 1,000 hits, want %d to %d", name, n, tt.least, tt.most)
		}
	}
}

func TestContract(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	for name, near := range map[string]int64{"near": 0, "far": -1} {
		t.Run(name, func(t *testing.T) {
			cachetest.Run(t, cachetest.Backend{New: func(t *testing.T) cache.Cache[string, string] {
				t.Helper()
				server.Do("FLUSHALL")
				return newCache(t, newClient(t, redis.ClientOptions{URL: server.URL(), Timeout: patient, ConnectTimeout: patient}), redis.Options[string, string]{Near: near})
			}})
		})
	}
}

// apart is a cache of two processes: one of them writes, the other one reads.
type apart struct {
	cache.Cache[string, string]
	reader cache.Cache[string, string]
	asked  atomic.Int64
}

func (a *apart) Get(ctx context.Context, key string) (string, bool, error) {
	return a.reader.Get(ctx, key)
}

func (a *apart) Set(ctx context.Context, key, value string, opts cache.SetOptions) error {
	return errors.Join(a.Cache.Set(ctx, key, value, opts), a.heard(ctx))
}

func (a *apart) Delete(ctx context.Context, key string) error {
	return errors.Join(a.Cache.Delete(ctx, key), a.heard(ctx))
}

func (a *apart) Purge(ctx context.Context, tags ...string) error {
	return errors.Join(a.Cache.Purge(ctx, tags...), a.heard(ctx))
}

// heard asks Redis on the reader's connection. Invalidations come before the reply.
func (a *apart) heard(ctx context.Context) error {
	_, _, err := a.reader.Get(ctx, fmt.Sprint("unknown-", a.asked.Add(1)))
	return err
}

// settle is ample for a message, where there is nothing to wait for.
const settle = 40 * time.Millisecond

// TestContractApart: the contract holds between processes, which a message takes a
// moment to reach.
func TestContractApart(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	cachetest.Run(t, cachetest.Backend{
		New: func(t *testing.T) cache.Cache[string, string] {
			t.Helper()
			server.Do("FLUSHALL")
			opts := redis.ClientOptions{URL: server.URL(), Timeout: patient, ConnectTimeout: patient}
			return &apart{
				Cache:  newCache(t, newClient(t, opts), redis.Options[string, string]{}),
				reader: newCache(t, newClient(t, opts), redis.Options[string, string]{}),
			}
		},
		Settle: settle,
	})
}

// must returns a value, and panics if err is not nil.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
