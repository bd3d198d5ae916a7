package otel_test

import (
	"context"
	"testing"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/seed-7694ebf6/plinth/middleware/otel"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/jobs"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/storetest"
)

// TestJobTrace runs a job in the trace of what enqueued it.
func TestJobTrace(t *testing.T) {
	t.Parallel()
	provider := sdk.NewTracerProvider()
	t.Cleanup(func() { _ = provider.Shutdown(context.Background()) })
	spans, err := otel.New(provider, otel.Options{})
	if err != nil {
		t.Fatal(err)
	}
	db := storetest.New(t)
	js, err := jobs.New(db, &jobs.Config{Propagator: spans})
	if err != nil {
		t.Fatal(err)
	}
	seen := make(chan trace.SpanContext, 2)
	kind := jobs.Register(js, "traced", func(ctx context.Context, _ jobs.Job[struct{}]) error {
		seen <- trace.SpanContextFromContext(ctx)
		return nil
	}, nil)
	if _, err := migrate.Auto(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	ctx, span := provider.Tracer("test").Start(t.Context(), "request")
	for _, from := range []context.Context{ctx, t.Context()} {
		if _, err := kind.Enqueue(from, store.Session(db), struct{}{}); err != nil {
			t.Fatal(err)
		}
	}
	span.End()
	running, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- js.Run(running) }()
	first, second := <-seen, <-seen
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if !first.IsValid() {
		first, second = second, first
	}
	if want := span.SpanContext(); first.TraceID() != want.TraceID() || first.SpanID() != want.SpanID() || !first.IsSampled() {
		t.Errorf("the job is in %v, want %v", first, want)
	}
	if second.IsValid() {
		t.Errorf("a job without a trace is in %v", second)
	}
	if got := trace.SpanContextFromContext(spans.Extract(t.Context(), "no json")); got.IsValid() {
		t.Errorf("a text that is no trace: %v", got)
	}
}
