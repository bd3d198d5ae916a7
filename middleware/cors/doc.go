// Package cors lets pages of other origins use a server (the CORS protocol of the
// Fetch standard, section 3.3), by github.com/rs/cors.
//
// Only what is listed is allowed. The zero [Options] add nothing to any response, so
// browsers keep pages of other origins out. Origins are compared byte by byte with those of
// Options, never by a pattern, a suffix or without case. A response never repeats an origin
// that is not listed:
//
//	pages, err := cors.New(cors.Options{Origins: []string{"https://app.example.org"}})
//	http.ListenAndServe(addr, pages(handler))
//
// # Responses
//
// A preflight request (OPTIONS with an Origin and an Access-Control-Request-Method) is
// answered here with 204, before authentication, since it has no credentials. If its
// origin, method or one of its headers is not allowed, the response has no CORS headers and
// the browser sends no request. Other requests are passed on, also those of origins that
// are not allowed. CORS controls which pages may read responses; it does not protect
// against requests. For cookies that is the task of middleware.CSRF.
//
// If any origin is allowed, every response has Vary: Origin, also to a request without an
// Origin and to a rejected one. A cache then never serves the response for one origin to
// another.
//
// # Order
//
// Put it outside of everything that may reject a request, authentication and limits
// included. A page can read the status and the text of an error only if that response has
// the headers too.
//
// # Headers
//
// The headers that supabase-js and the related clients send are allowed, and those they
// read are exposed. [Options] has fields for the application's own.
package cors
