package otel

import (
	"context"
	"net/http"
	"strconv"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.41.0"
	"go.opentelemetry.io/otel/trace"
)

// Transport returns a transport that makes a span of each outgoing request and injects the
// trace, recorded or not. Use it for servers that may see the trace id. Nil is
// http.DefaultTransport.
func (t *Tracing) Transport(next http.RoundTripper) http.RoundTripper {
	if next == nil {
		next = http.DefaultTransport
	}
	return transport{t, next}
}

type transport struct {
	*Tracing
	next http.RoundTripper
}

// RoundTrip implements http.RoundTripper. The span ends with the response header.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx := r.Context()
	var span trace.Span
	if isRecorded(trace.SpanFromContext(ctx)) {
		ctx, span = t.startClient(r)
		defer span.End()
	}
	if trace.SpanContextFromContext(ctx).IsValid() {
		r = r.Clone(ctx) // a RoundTripper must not change the request
		t.propagator.Inject(ctx, propagation.HeaderCarrier(r.Header))
	}
	res, err := t.next.RoundTrip(r)
	switch {
	case span == nil:
	case err != nil:
		fail(span, "error") // its text has the address, with the query
	default:
		span.SetAttributes(semconv.HTTPResponseStatusCode(res.StatusCode))
		if res.StatusCode >= http.StatusBadRequest {
			fail(span, strconv.Itoa(res.StatusCode))
		}
	}
	return res, err
}

// startClient starts the span of a request to another server.
func (t *Tracing) startClient(r *http.Request) (context.Context, trace.Span) {
	method := methodOf(r)
	attributes := []attribute.KeyValue{
		attribute.String(string(semconv.HTTPRequestMethodKey), method),
		semconv.ServerAddress(r.URL.Hostname()), semconv.URLPath(r.URL.EscapedPath()), semconv.URLScheme(r.URL.Scheme),
	}
	if port, err := strconv.Atoi(r.URL.Port()); err == nil {
		attributes = append(attributes, semconv.ServerPort(port))
	}
	return t.tracer.Start(r.Context(), method, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attributes...))
}
