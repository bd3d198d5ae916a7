package middleware

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/crossorigin"
	"github.com/seed-7694ebf6/plinth/internal/problem"
)

// CSRFOptions tunes [CSRF]. The zero value lets the application's own origin only.
type CSRFOptions struct {
	// Exempt leaves out requests that judge their origin by themselves: a route that
	// another site is meant to post to, as a provider does after a login. Using it for
	// any other is a hole.
	//
	// Defaults to none.
	Exempt func(r *http.Request) bool

	// Refuse writes the answer to a request that is refused.
	//
	// Defaults to the REST API's own answers: 403 PL403.
	Refuse func(w http.ResponseWriter, r *http.Request, err error)

	// TrustedOrigins are whose pages may do what the application's own may, as
	// "https://app.example.org": scheme and host in lower case, and a port where it
	// is not the scheme's usual one, exactly as browsers send Origin.
	//
	// Defaults to the origin of the request itself.
	TrustedOrigins []string
}

// CSRF returns middleware that refuses requests which a page of another origin has made
// a browser send, by http.CrossOriginProtection: by Sec-Fetch-Site, and where a browser
// is too old for that, by Origin and Host. It is for the routes of an application that
// look at cookies; [auth.Cookie] and accounts ask the same of the requests they know a
// caller of, and stay in place behind it.
//
// A request is refused with 403 if all of this holds:
//
//   - It may have an effect: its method is not GET, HEAD or OPTIONS, or it opens a
//     WebSocket.
//   - A browser says that a page of another origin has caused it, also one of another
//     host of the same site. Programs other than browsers say nothing and pass.
//   - That origin is none of TrustedOrigins.
//   - It does not bring a credential that only code of the application could have
//     added: a bearer token or the header apikey. Browsers send neither for another
//     site without having asked by CORS. This counts only where there is nothing a
//     browser adds by itself, so not beside a cookie or a client certificate.
//
// Requests without any credentials are judged too, because a login is one: a page that
// logs its visitor into the account of somebody else has won something. A handler must
// not change anything when asked by GET.
//
// It panics if one of the TrustedOrigins is none.
//
// [auth.Cookie]: https://pkg.go.dev/github.com/seed-7694ebf6/plinth/auth#Cookie
func CSRF(opts CSRFOptions) func(http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	for _, origin := range opts.TrustedOrigins {
		if err := checkOrigin(origin); err != nil {
			panic(err)
		}
		if err := protection.AddTrustedOrigin(origin); err != nil {
			panic(fmt.Errorf("middleware: CSRF: %w", err))
		}
	}
	exempt, refuse := opts.Exempt, refuseOr(opts.Refuse)
	refused := &problem.Error{Code: problem.CrossOrigin}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if crossorigin.Refused(protection, r) && !explicit(r) && (exempt == nil || !exempt(r)) {
				refuse(w, r, refused)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// explicit reports whether a request's credentials are such that no browser adds by
// itself, and none besides.
func explicit(r *http.Request) bool {
	return !crossorigin.Ambient(r) && (len(r.Header["Authorization"]) > 0 || len(r.Header["Apikey"]) > 0)
}

// checkOrigin refuses what no browser sends as Origin and so would never match (RFC 6454
// section 6.2).
func checkOrigin(origin string) error {
	if crossorigin.Of(origin) == origin && (strings.HasPrefix(origin, "https://") || strings.HasPrefix(origin, "http://")) {
		return nil
	}
	return fmt.Errorf("middleware: CSRF: %q is not an origin as browsers send it: scheme, host in lower case, and a port only if it is not the usual one", origin)
}
