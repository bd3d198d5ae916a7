// Package middleware holds what stands around an application's handlers: one
// net/http middleware per file, of the standard library only, for any router.
//
// Each is made by a function that takes its settings by value,
//
//	func X(opts XOptions) func(http.Handler) http.Handler
//
// whose zero value is a good choice, and that panics at once where settings cannot be
// right. Each may be used alone. A request that one refuses is answered by the Refuse
// of its options, by default in the dialect of the REST surface.
//
// # Order
//
// Outermost first:
//
//   - [RequestID], so that every answer and every line of the log has the id
//   - [ClientAddress], since the log and all limits ask for it
//   - [AccessLog], which sees every answer of those that follow, refusals included
//   - [Recover], inside of the log, which so knows of the 500
//   - [RateLimit] by address, before anything is spent on who calls
//   - [Authenticate], which finds out who calls
//   - [RateLimit] by caller
//   - [RequireSignedIn], [RequireRole], [RequirePermission], [RequireAAL], around the
//     routes that need it
//
// # What they know of a request
//
// What is found out about a request on its way is told by [RequestIDFrom],
// [ClientAddressOf], [RouteFrom] and [PrincipalFrom], also to what stands outside of
// whoever found it out.
package middleware
