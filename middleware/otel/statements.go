package otel

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.41.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/seed-7694ebf6/plinth/store"
)

// Tracer returns a tracer of a database's statements, for [store.Options].
func (t *Tracing) Tracer() store.Tracer { return statements{t.tracer} }

type statements struct{ tracer trace.Tracer }

type statementKey struct{}

// Start implements store.Tracer.
func (t statements) Start(ctx context.Context, s store.TracedStatement) context.Context {
	if !isRecorded(trace.SpanFromContext(ctx)) {
		return ctx
	}
	name := s.Operation
	attributes := append(make([]attribute.KeyValue, 0, 4), systemOf(s.Engine), semconv.DBOperationName(s.Operation))
	if s.SQL != "" {
		attributes = append(attributes, semconv.DBQueryText(s.SQL))
	}
	if s.Table != "" {
		name += " " + s.Table
		attributes = append(attributes, semconv.DBCollectionName(s.Table))
	}
	ctx, span := t.tracer.Start(ctx, name, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attributes...))
	return context.WithValue(ctx, statementKey{}, span) // an inner span may be current in End
}

// End implements store.Tracer. Without a recorded span it finds none, or an outer one that
// has ended, for which it has no effect.
func (t statements) End(ctx context.Context, _ store.TracedStatement, o store.TraceOutcome) {
	span, ok := ctx.Value(statementKey{}).(trace.Span)
	if !ok {
		return
	}
	span.SetAttributes(semconv.DBResponseReturnedRows(int(o.Rows)))
	if o.Error != "" {
		fail(span, string(o.Error))
	}
	span.End()
}

// fail sets the status and the error.type of a span.
func fail(span trace.Span, kind string) {
	span.SetAttributes(attribute.String(string(semconv.ErrorTypeKey), kind))
	span.SetStatus(codes.Error, kind)
}

func systemOf(engine string) attribute.KeyValue {
	switch engine {
	case "postgres":
		return semconv.DBSystemNamePostgreSQL
	case "sqlite":
		return semconv.DBSystemNameSQLite
	}
	return semconv.DBSystemNameOtherSQL
}
