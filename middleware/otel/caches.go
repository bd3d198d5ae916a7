package otel

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.41.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/seed-7694ebf6/plinth/cache"
)

// hitKey is the attribute for whether a cache had the value.
const hitKey = attribute.Key("cache.hit")

// Cache returns a cache that makes a span of each call of next. Use it for caches on a
// server, such as cache/redis. The system is its kind, such as "redis", and the name is
// what it stores. Spans hold no keys, tags or values.
func Cache[K comparable, V any](t *Tracing, system, name string, next cache.Cache[K, V]) cache.Cache[K, V] {
	return traced[K, V]{&cacheSpans{t.tracer, system, name}, next}
}

// Load returns a load function for cache.NewLoader that makes a span of each call, which
// shows what a miss costs. The name is what is loaded.
func Load[K comparable, V any](t *Tracing, name string, load func(ctx context.Context, key K) (V, error)) func(ctx context.Context, key K) (V, error) {
	return func(ctx context.Context, key K) (V, error) {
		if !isRecorded(trace.SpanFromContext(ctx)) {
			return load(ctx, key)
		}
		ctx, span := t.tracer.Start(ctx, "load "+name)
		v, err := load(ctx, key)
		endCache(span, err)
		return v, err
	}
}

// cacheSpans starts the spans of a cache.
type cacheSpans struct {
	tracer       trace.Tracer
	system, name string
}

// start returns a nil span if the trace is not recorded.
func (c *cacheSpans) start(ctx context.Context, operation string) (context.Context, trace.Span) {
	if !isRecorded(trace.SpanFromContext(ctx)) {
		return ctx, nil
	}
	return c.tracer.Start(ctx, operation+" "+c.name, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		semconv.DBSystemNameKey.String(c.system), semconv.DBOperationName(operation), semconv.DBCollectionName(c.name)))
}

// endCache ends a span, if there is one. It leaves out the text of an error, which may
// repeat a key.
func endCache(span trace.Span, err error) {
	if span == nil {
		return
	}
	if err != nil {
		fail(span, "error")
	}
	span.End()
}

type traced[K comparable, V any] struct {
	spans *cacheSpans
	next  cache.Cache[K, V]
}

// Get implements cache.Cache.
func (c traced[K, V]) Get(ctx context.Context, key K) (value V, ok bool, err error) {
	ctx, span := c.spans.start(ctx, "get")
	value, ok, err = c.next.Get(ctx, key)
	if span != nil && err == nil {
		span.SetAttributes(hitKey.Bool(ok))
	}
	endCache(span, err)
	return value, ok, err
}

// Set implements cache.Cache.
func (c traced[K, V]) Set(ctx context.Context, key K, value V, opts cache.SetOptions) error {
	ctx, span := c.spans.start(ctx, "set")
	err := c.next.Set(ctx, key, value, opts)
	endCache(span, err)
	return err
}

// Delete implements cache.Cache.
func (c traced[K, V]) Delete(ctx context.Context, key K) error {
	ctx, span := c.spans.start(ctx, "delete")
	err := c.next.Delete(ctx, key)
	endCache(span, err)
	return err
}

// Purge implements cache.Cache.
func (c traced[K, V]) Purge(ctx context.Context, tags ...string) error {
	ctx, span := c.spans.start(ctx, "purge")
	err := c.next.Purge(ctx, tags...)
	endCache(span, err)
	return err
}

// Mark implements cache.Cache.
func (c traced[K, V]) Mark(ctx context.Context) (cache.Mark, error) {
	ctx, span := c.spans.start(ctx, "mark")
	mark, err := c.next.Mark(ctx)
	endCache(span, err)
	return mark, err
}
