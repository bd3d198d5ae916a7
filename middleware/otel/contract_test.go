package otel_test

import (
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace/noop"

	"github.com/seed-7694ebf6/plinth/cache"
	"github.com/seed-7694ebf6/plinth/cache/cachetest"
	"github.com/seed-7694ebf6/plinth/cache/memory"
	"github.com/seed-7694ebf6/plinth/middleware/otel"
)

// TestContract: a cache with spans is a cache.
func TestContract(t *testing.T) {
	t.Parallel()
	spans := otel.New(noop.NewTracerProvider(), otel.Options{})
	var now atomic.Int64
	cachetest.Run(t, cachetest.Backend{
		New: func(t *testing.T) cache.Cache[string, string] {
			t.Helper()
			c, err := memory.New(memory.Options[string, string]{Size: 10_000, Now: func() time.Time { return time.Unix(0, now.Load()) }})
			if err != nil {
				t.Fatal(err)
			}
			return otel.Cache(spans, "memory", "texts", c)
		},
		Advance: func(d time.Duration) { now.Add(int64(d)) },
	})
}
