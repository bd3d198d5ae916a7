// Package middleware holds what stands around an application's handlers: one
// net/http middleware per file, of the standard library only, for any router.
//
// Each is made by a function that takes its settings by value,
//
//	func X(opts XOptions) func(http.Handler) http.Handler
//
// whose zero value is a good choice, and that panics at once where settings cannot be
// right. Each may be used alone, and all are safe for concurrent use. A request that one
// refuses is answered by the Refuse of its options, by default in the dialect of the REST
// surface.
//
// # Order
//
// Outermost first, each with the reason for its place:
//
//   - [RequestID]: every answer has the id then, and every line of the log.
//   - [ClientAddress]: the log and all limits ask where a request comes from.
//   - [AccessLog]: it sees every answer of those that follow, refusals included. Metrics
//     and traces belong here too.
//   - [SecureHeaders]: refusals and failures have the headers as well.
//   - [Recover]: inside of the log, which so knows of the 500, and around all that may
//     fail.
//   - CORS, in middleware/cors: a preflight is answered without credentials, so before
//     anything asks for some; and the answers of those that follow can be read by the
//     pages that may.
//   - [Limits]: what is too large costs nothing that follows.
//   - [Deadline]: it counts what the request does, not what refuses it.
//   - [RateLimit] by address, before anything is spent on who calls.
//   - [CSRF]: the last before anybody acts on a cookie.
//   - [Authenticate], which finds out who calls, and [RateLimit] by caller.
//   - [Admission], which counts by caller, and compression, in middleware/compress, next
//     to what it codes.
//   - [RequireSignedIn], [RequireRole], [RequirePermission], [RequireAAL], around the
//     routes that need it.
//
// # Answers
//
// Those that look at an answer wrap its writer once for all, hold nothing of it back, and
// leave http.ResponseController, http.Flusher and http.Hijacker working: streams and
// WebSockets pass. A writer by which a handler can do more is found by
// http.ResponseController's Unwrap.
//
// # What they know of a request
//
// What is found out about a request on its way is told by [RequestIDFrom],
// [ClientAddressOf], [RouteFrom] and [PrincipalFrom], also to what stands outside of
// whoever found it out: there is one record for each request, made by the first of
// [RequestID], [ClientAddress], [AccessLog], middleware/prometheus and middleware/otel. It
// belongs to the goroutine that serves the request.
package middleware
