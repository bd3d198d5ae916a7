package otel

import (
	"net/http"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// scope is the name of the instrumentation.
const scope = "github.com/seed-7694ebf6/plinth/middleware/otel"

// Options tune spans. The zero value is ready to use.
type Options struct {
	// Propagator reads the trace of a request and writes it into requests to others.
	//
	// Defaults to the traceparent and tracestate of W3C Trace Context, without
	// baggage.
	Propagator propagation.TextMapPropagator

	// Route names the pattern of a request where neither this library nor
	// http.ServeMux has told one, as other routers know it. It is asked when the
	// handler is done.
	//
	// Defaults to none.
	Route func(r *http.Request) string

	// Trust says for which requests the trace that they name goes on, with its
	// decision whether it is recorded. Trusting requests of strangers lets them make
	// the server record everything.
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

// New returns what makes spans by a provider. It panics if that is nil.
func New(provider trace.TracerProvider, opts Options) *Tracing {
	if provider == nil {
		panic("otel: a TracerProvider is required")
	}
	t := &Tracing{tracer: provider.Tracer(scope), propagator: opts.Propagator, route: opts.Route, trust: opts.Trust, server: trace.WithSpanKind(trace.SpanKindServer)}
	if t.propagator == nil {
		t.propagator = propagation.TraceContext{}
	}
	return t
}

// isRecorded reports whether there is a span in a context, and it is recorded.
func isRecorded(span trace.Span) bool { return span.SpanContext().IsValid() && span.IsRecording() }
