// Package middleware holds net/http middleware for any router. It uses the standard library
// only.
//
// Each is made by a function that takes its settings by value,
//
//	func X(opts XOptions) func(http.Handler) http.Handler
//
// The zero value is a good default, and invalid settings panic at once. Each may be used
// alone, and all are safe for concurrent use. The Refuse option of each answers rejected
// requests; the default is the error format of the REST surface.
//
// # Order
//
// Outermost first, with the reason:
//
//   - [RequestID]: every response and every line of the log has the id.
//   - [ClientAddress]: the log and all limits use the client's address.
//   - [AccessLog]: it sees every response of those that follow, refusals included. Metrics
//     and traces belong here too.
//   - [SecureHeaders]: refusals and failures have the headers as well.
//   - [Recover]: inside the log, which so records the 500, and around all that may panic.
//   - CORS, in middleware/cors: a preflight has no credentials, so it is answered before
//     authentication. Pages of allowed origins can read the errors of those that follow.
//   - [Limits]: requests that are too large cost nothing further.
//   - [Deadline]: it limits the work of the request.
//   - [RateLimit] by address, before authentication, which costs more.
//   - [CSRF]: before cookies are used.
//   - [Authenticate], which identifies the caller, and [RateLimit] by caller.
//   - [Admission], which counts by caller, and compression, in middleware/compress, next to
//     the handler.
//   - [RequireSignedIn], [RequireRole], [RequirePermission], [RequireAAL], around the
//     routes that need it.
//
// # Responses
//
// Middleware that observes the response wraps the writer once for the whole chain and
// buffers nothing. http.ResponseController, http.Flusher and http.Hijacker work, so streams
// and WebSockets pass. Further methods of the writer are found by http.ResponseController's
// Unwrap.
//
// # Request metadata
//
// [RequestIDFrom], [ClientAddressOf] and [RouteFrom] return the metadata of a request, also
// in middleware outside of the one that set it. Each request has one record, made by the
// first of [RequestID], [ClientAddress], [AccessLog], middleware/prometheus and
// middleware/otel. Use it only in the goroutine that serves the request.
package middleware
