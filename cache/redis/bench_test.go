package redis_test

import (
	"context"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/cache"
	"github.com/seed-7694ebf6/plinth/cache/redis"
	"github.com/seed-7694ebf6/plinth/internal/testkit/redistest"
)

type benchRow struct {
	ID   int64
	Name string
	Tags []string
}

// BenchmarkHit reads a value that is in the memory of the process.
func BenchmarkHit(b *testing.B) {
	server := redistest.Start(b)
	kept := newCache(b, newClient(b, redis.ClientOptions{URL: server.URL(), Timeout: patient}), redis.Options[string, cache.Loaded[benchRow]]{})
	loader := must(cache.NewLoader(kept, func(_ context.Context, key string) (benchRow, error) {
		return benchRow{7, key, []string{"a", "b"}}, nil
	}, cache.LoaderOptions[string, benchRow]{TTL: time.Hour, Tags: func(key string, _ benchRow) []string { return []string{key, "rows"} }}))
	ctx := context.Background()
	b.Run("cache", func(b *testing.B) {
		_, _ = loader.Get(ctx, "key")
		b.ReportAllocs()
		for b.Loop() {
			if _, ok, err := kept.Get(ctx, "key"); !ok || err != nil {
				b.Fatal(ok, err)
			}
		}
	})
	b.Run("loader", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := loader.Get(ctx, "key"); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkRoundTrip measures operations that ask Redis.
func BenchmarkRoundTrip(b *testing.B) {
	server := redistest.Start(b)
	client := newClient(b, redis.ClientOptions{URL: server.URL(), Timeout: patient})
	far := newCache(b, client, redis.Options[string, benchRow]{Near: -1})
	limiter := must(redis.NewLimiter(client, redis.LimiterOptions{}))
	ctx := context.Background()
	row := benchRow{7, "name", []string{"a", "b"}}
	opts := cache.SetOptions{Tags: []string{"key", "rows"}}
	if err := far.Set(ctx, "key", row, opts); err != nil {
		b.Fatal(err)
	}
	for _, bb := range []struct {
		name string
		f    func() error
	}{
		{"get", func() error { _, _, err := far.Get(ctx, "key"); return err }},
		{"get-nothing", func() error { _, _, err := far.Get(ctx, "nothing"); return err }},
		{"set", func() error { return far.Set(ctx, "key", row, opts) }},
		{"purge", func() error { return far.Purge(ctx, "key") }},
		{"take", func() error { _, _, err := limiter.Take(ctx, "key", time.Microsecond, 1000); return err }},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := bb.f(); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(bb.name+"-parallel", func(b *testing.B) {
			b.SetParallelism(32)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := bb.f(); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}
