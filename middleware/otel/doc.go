// Package otel makes spans of requests, statements and caches, by the API of
// OpenTelemetry (go.opentelemetry.io/otel/trace). The SDK and the exporter are the
// program's choice:
//
//	spans := otel.New(provider, otel.Options{})
//	db, err := sqlite.Open(ctx, "notes.db", &sqlite.Options{Store: store.Options{Tracers: []store.Tracer{spans.Tracer()}}})
//	...
//	http.Serve(listener, spans.Middleware(handler))
//
// Nothing is global: neither the provider nor the propagator that the packages of
// OpenTelemetry keep for everybody is looked at.
//
// # Who decides about a trace
//
// A request may say which trace it belongs to, and whether that one is recorded
// (traceparent, W3C Trace Context). From strangers neither is taken: who could set the
// flag would make the server record and export everything, and who chooses ids would
// write into traces of others. So a request begins a trace of its own, which the sampler
// of the provider decides about, and has a link to the one it names. Options.Trust says
// for which requests the trace goes on, as those of a gateway of one's own.
//
// [Tracing.Transport] tells the servers that the program asks.
//
// # Spans
//
// They are named and described by the semantic conventions (HTTP and database spans):
//
//   - a request: "GET /notes/{id}", or the method alone where no route is known; with
//     http.request.method ("_OTHER" for unknown ones), http.route, url.path,
//     url.scheme, network.protocol.version, http.response.status_code, and error.type
//     from status 500 on. The route is what middleware.SetRoute and http.ServeMux tell.
//   - a statement: "select notes"; with db.system.name, db.operation.name,
//     db.collection.name, db.query.text, db.response.returned_rows, and error.type, which
//     is a store.ErrorKind.
//   - what a cache does: "get authors"; with db.system.name and db.operation.name, and
//     whether it was there. See [Cache] and [Load].
//   - a request to another server: "GET"; with server.address, server.port and url.path.
//
// No span has a query of a URL, a header, a body, a value of a statement, a key of a
// cache, or the text of an error: secrets and people are there. A statement's text has
// placeholders (store.Tracer).
//
// Statements and caches have spans inside of recorded ones only, so that what runs in the
// background makes no traces, and costs next to nothing where nothing is recorded.
package otel
