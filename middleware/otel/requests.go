package otel

import (
	"cmp"
	"context"
	"net/http"
	"strconv"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.41.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/seed-7694ebf6/plinth/internal/reqinfo"
	"github.com/seed-7694ebf6/plinth/internal/respwriter"
)

// Middleware makes a span of each request that a handler serves. Put it outside of all
// middleware that runs statements.
func (t *Tracing) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r, record := reqinfo.Begin(r)
		method := methodOf(r)
		ctx, span := t.begin(r, method)
		r = r.WithContext(ctx)
		defer reqinfo.NoteRoute(r)
		if !span.IsRecording() {
			next.ServeHTTP(w, r) // the sampling decision holds for outgoing requests too
			return
		}
		rw := respwriter.Observe(w)
		done := false
		defer func() {
			if route := t.routeOf(r, record); route != "" {
				span.SetName(method + " " + route)
				span.SetAttributes(semconv.HTTPRoute(route))
			}
			end(span, rw.Outcome(r, done))
		}()
		next.ServeHTTP(rw, r)
		done = true
	})
}

// begin starts the span of a request.
func (t *Tracing) begin(r *http.Request, method string) (context.Context, trace.Span) {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	name := method
	if name == semconv.HTTPRequestMethodOther.Value.AsString() {
		name = "HTTP"
	}
	opts := []trace.SpanStartOption{
		t.server,
		trace.WithAttributes(
			attribute.String(string(semconv.HTTPRequestMethodKey), method),
			semconv.URLPath(reqinfo.FullPath(r)),
			semconv.URLScheme(scheme),
			semconv.NetworkProtocolVersion(versionOf(r)),
		),
	}
	ctx := r.Context()
	named := t.propagator.Extract(ctx, propagation.HeaderCarrier(r.Header))
	if t.trust != nil && t.trust(r) {
		return t.tracer.Start(named, name, opts...)
	}
	// Other values that the propagator reads, such as baggage, are dropped.
	if remote := trace.SpanContextFromContext(named); remote.IsRemote() {
		opts = append(opts, trace.WithLinks(trace.Link{SpanContext: remote.WithTraceState(trace.TraceState{})}))
	}
	return t.tracer.Start(ctx, name, opts...)
}

// end ends a span with the status of an answer.
func end(span trace.Span, status int) {
	span.SetAttributes(semconv.HTTPResponseStatusCode(status))
	if status >= http.StatusInternalServerError {
		span.SetAttributes(attribute.String(string(semconv.ErrorTypeKey), strconv.Itoa(status)))
		span.SetStatus(codes.Error, "")
	}
	span.End()
}

// routeOf returns the route pattern of a request, or "".
func (t *Tracing) routeOf(r *http.Request, record *reqinfo.Record) string {
	route := cmp.Or(record.Route(), r.Pattern)
	if route == "" && t.route != nil {
		return t.route(r)
	}
	return route
}

// methodOf returns a method of HTTP as the conventions name it.
func methodOf(r *http.Request) string {
	return cmp.Or(reqinfo.Method(r), semconv.HTTPRequestMethodOther.Value.AsString())
}

// versionOf returns the version of HTTP as the conventions write it.
func versionOf(r *http.Request) string {
	switch {
	case r.ProtoMajor >= 2:
		return strconv.Itoa(r.ProtoMajor)
	case r.ProtoMinor == 0:
		return "1.0"
	}
	return "1.1"
}
