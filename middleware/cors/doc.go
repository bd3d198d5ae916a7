// Package cors lets pages of other origins use a server (the CORS protocol of the
// Fetch standard, section 3.3), by github.com/rs/cors.
//
// Nothing is allowed that was not named. The zero [Options] add nothing to any
// answer, so that browsers keep pages of other origins out. Origins are compared
// byte by byte with those of Options, never by a pattern, a suffix or in another
// case, and no answer repeats an origin that is not among them:
//
//	pages := cors.New(cors.Options{Origins: []string{"https://app.example.org"}})
//	http.ListenAndServe(addr, pages(handler))
//
// # Answers
//
// A preflight request (OPTIONS with an Origin and an Access-Control-Request-Method)
// is answered here with 204, before anybody asks who calls: it never has
// credentials. If its origin, method or one of its headers is not allowed, the
// answer says nothing and the browser sends no request. Everything else goes on,
// also requests of origins that are not allowed: CORS says who may read answers and
// protects no one from requests, which is what refusing cross-origin requests with
// cookies is for (middleware.CSRF).
//
// Where any origin is allowed, every answer has Vary: Origin, also one to a request
// without an Origin and one that refuses, so that no cache gives the answer for one
// origin to another.
//
// # Order
//
// Put it outside of everything that may refuse a request, authentication and limits
// included: a page can read the status and the text of an error only if that answer
// has the headers too.
//
// # Headers
//
// What supabase-js and its sisters send is allowed, and what they read is exposed;
// [Options] has fields for those of the application's own.
package cors
