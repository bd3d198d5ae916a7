// Package otel makes spans of requests and statements with the API of OpenTelemetry
// (go.opentelemetry.io/otel/trace). The program chooses the SDK and the exporter:
//
//	spans, err := otel.New(provider, otel.Options{})
//	db, err := sqlite.Open(ctx, "notes.db", &sqlite.Options{Store: store.Options{Tracers: []store.Tracer{spans.Tracer()}}})
//	...
//	http.Serve(listener, spans.Middleware(handler))
//
// Nothing is global: the package ignores the global provider and propagator of
// OpenTelemetry.
//
// # Trust in a client's trace
//
// A request may name its trace and whether that is recorded (traceparent, W3C Trace
// Context). By default both are ignored. A client that sets the flag could make the server
// record and export everything, and one that chooses ids could write into other traces. So
// a request begins a new trace, sampled by the provider, with a link to the one that it
// names. Options.Trust selects requests that continue their trace, such as those of your
// own gateway.
//
// For requests to other servers use otelhttp.NewTransport of OpenTelemetry's contrib
// repository with the same provider.
//
// # Spans
//
// They follow the semantic conventions (HTTP and database spans):
//
//   - a request: "GET /notes/{id}", or the method alone where no route is known; with
//     http.request.method ("_OTHER" for unknown ones), http.route, url.path,
//     url.scheme, network.protocol.version, http.response.status_code, and error.type
//     from status 500 on. The route is what middleware.SetRoute and http.ServeMux tell.
//   - a statement: "select notes"; with db.system.name, db.operation.name,
//     db.collection.name, db.query.text, db.response.returned_rows, and error.type, which
//     is a store.ErrorKind.
//
// No span has a URL query, a header, a body, a value of a statement, or the text of an
// error, since these may hold secrets and personal data. The text of a statement has
// placeholders (store.Tracer).
//
// Statements have spans only inside a recorded one. Background work makes no traces, and an
// unrecorded trace costs next to nothing.
package otel
