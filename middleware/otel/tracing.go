package otel

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// scope is the name of the instrumentation.
const scope = "github.com/seed-7694ebf6/plinth/middleware/otel"

// Options tune spans. The zero value is ready to use.
type Options struct {
	// Propagator extracts the trace of a request.
	//
	// Defaults to the traceparent and tracestate of W3C Trace Context, without baggage.
	Propagator propagation.TextMapPropagator

	// Route returns the route pattern of a request if neither this library nor
	// http.ServeMux has set one, for other routers. It is called after the handler.
	//
	// Defaults to none.
	Route func(r *http.Request) string

	// Trust reports whether to continue the trace that a request names, with its sampling
	// flag. A trusted client can make the server record everything.
	//
	// Defaults to none.
	Trust func(r *http.Request) bool
}

// Tracing makes spans. It is safe for concurrent use.
type Tracing struct {
	tracer     trace.Tracer
	propagator propagation.TextMapPropagator
	route      func(*http.Request) string
	trust      func(*http.Request) bool
	server     trace.SpanStartOption // the kind of span
}

// New returns tracing with spans of a provider, which must not be nil.
func New(provider trace.TracerProvider, opts Options) (*Tracing, error) {
	if provider == nil {
		return nil, errors.New("otel: a TracerProvider is required")
	}
	t := &Tracing{tracer: provider.Tracer(scope), propagator: opts.Propagator, route: opts.Route, trust: opts.Trust, server: trace.WithSpanKind(trace.SpanKindServer)}
	if t.propagator == nil {
		t.propagator = propagation.TraceContext{}
	}
	return t, nil
}

// isRecorded reports whether a span is valid and recorded.
func isRecorded(span trace.Span) bool { return span.SpanContext().IsValid() && span.IsRecording() }

// Inject returns the trace of a context as a text, for jobs.Propagator.
func (t *Tracing) Inject(ctx context.Context) string {
	carrier := propagation.MapCarrier{}
	t.propagator.Inject(ctx, carrier)
	if len(carrier) == 0 {
		return ""
	}
	text, err := json.Marshal(carrier)
	if err != nil {
		return ""
	}
	return string(text)
}

// Extract returns a context with the trace of a text of [Tracing.Inject]. Spans of a job
// then belong to the trace of the request that enqueued it.
func (t *Tracing) Extract(ctx context.Context, text string) context.Context {
	carrier := propagation.MapCarrier{}
	if err := json.Unmarshal([]byte(text), &carrier); err != nil {
		return ctx
	}
	return t.propagator.Extract(ctx, carrier)
}
