package middleware

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/crossorigin"
	"github.com/seed-7694ebf6/plinth/internal/problem"
)

// CSRFOptions tunes [CSRF]. The zero value trusts the application's own origin only.
type CSRFOptions struct {
	// Exempt selects requests that are not checked because their handler checks the origin,
	// such as a route to which a provider posts after a login. Any other use is a hole.
	//
	// Defaults to none.
	Exempt func(r *http.Request) bool

	// Refuse answers a rejected request.
	//
	// Defaults to the REST API's own answers: 403 PL403.
	Refuse func(w http.ResponseWriter, r *http.Request, err error)

	// TrustedOrigins are further origins that may send requests, such as
	// "https://app.example.org". Write them exactly as browsers send Origin: scheme and
	// host in lower case, and a port unless it is the default of the scheme.
	//
	// Defaults to the origin of the request itself.
	TrustedOrigins []string
}

// Validate returns an error if one of the TrustedOrigins is not an origin.
func (o CSRFOptions) Validate() error {
	_, err := o.protection()
	return err
}

func (o CSRFOptions) protection() (*http.CrossOriginProtection, error) {
	protection := http.NewCrossOriginProtection()
	for _, origin := range o.TrustedOrigins {
		if err := checkOrigin(origin); err != nil {
			return nil, err
		}
		if err := protection.AddTrustedOrigin(origin); err != nil {
			return nil, fmt.Errorf("middleware: CSRF: %w", err)
		}
	}
	return protection, nil
}

// CSRF returns middleware that rejects cross-origin requests of browsers (cross-site
// request forgery). It uses http.CrossOriginProtection, which reads Sec-Fetch-Site and,
// from older browsers, Origin and Host. It protects the application's own routes that use
// cookies. [auth.Cookie] and the accounts do the same check for the requests they
// authenticate.
//
// A request is rejected with 403 if all of this holds:
//
//   - It may have an effect: its method is not GET, HEAD or OPTIONS, or it opens a
//     WebSocket.
//   - Its headers show that a page of another origin has sent it. Another host of the same
//     site is another origin. Programs other than browsers send no such headers and pass.
//   - That origin is not in TrustedOrigins.
//   - It has no bearer token and no apikey header, which browsers send for another origin
//     only after a CORS preflight. With a cookie or a client certificate, which browsers
//     add by themselves, these headers do not count.
//
// Requests without credentials are checked too, because a forged login signs the browser in
// to the attacker's account. A handler must not change anything on GET.
//
// [auth.Cookie]: https://pkg.go.dev/github.com/seed-7694ebf6/plinth/auth#Cookie
func CSRF(opts CSRFOptions) (func(http.Handler) http.Handler, error) {
	protection, err := opts.protection()
	if err != nil {
		return nil, err
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
	}, nil
}

// explicit reports whether a request has only credentials that a browser does not add by
// itself.
func explicit(r *http.Request) bool {
	return !crossorigin.Ambient(r) && (len(r.Header["Authorization"]) > 0 || len(r.Header["Apikey"]) > 0)
}

// checkOrigin rejects what browsers never send as Origin, since it could not match (RFC
// 6454 section 6.2).
func checkOrigin(origin string) error {
	if crossorigin.Of(origin) == origin && (strings.HasPrefix(origin, "https://") || strings.HasPrefix(origin, "http://")) {
		return nil
	}
	return fmt.Errorf("middleware: CSRF: %q is not an origin as browsers send it: scheme, host in lower case, and a port only if it is not the usual one", origin)
}
