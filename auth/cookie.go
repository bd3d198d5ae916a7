package auth

import (
	"net/http"

	"github.com/seed-7694ebf6/plinth/internal/crossorigin"
)

// CookieOptions tunes [Cookie]. A nil *CookieOptions takes every default.
type CookieOptions struct {
	// CrossOrigin detects requests from pages of other sites. Set one with trusted
	// origins if the application's pages have another origin than the API.
	//
	// Defaults to one that trusts the same origin only.
	CrossOrigin *http.CrossOriginProtection
}

// Cookie returns an Authenticator for a token in the cookie of that name, verified by v.
// A missing or empty cookie means that the request carries no credentials of this kind.
//
// Browsers attach cookies to requests that other sites cause. Cookies of requests from
// another origin are therefore rejected with [ErrCrossOrigin], unless the method is safe
// and the request does not open a WebSocket. Use the prefix __Host- in the name to prevent
// other subdomains from setting the cookie. Two different cookies of the name are rejected.
func Cookie(name string, v Verifier, opts *CookieOptions) Authenticator {
	protection := http.NewCrossOriginProtection()
	if opts != nil && opts.CrossOrigin != nil {
		protection = opts.CrossOrigin
	}
	return AuthenticatorFunc(func(r *http.Request) (Principal, error) {
		token, err := cookieToken(r, name)
		if token == "" || err != nil {
			return Principal{}, err
		}
		if crossorigin.Refused(protection, r) {
			return Principal{}, ErrCrossOrigin
		}
		return judged(v.Verify(r.Context(), token))
	})
}

// cookieToken returns the one value of the cookie, or "" if there is none.
func cookieToken(r *http.Request, name string) (string, error) {
	token := ""
	for _, c := range r.CookiesNamed(name) {
		switch {
		case c.Value == "" || c.Value == token:
		case token == "":
			token = c.Value
		default:
			return "", refuse("two cookies of one name")
		}
	}
	if token == "" {
		return "", nil
	}
	if err := checkToken(token); err != nil {
		return "", err
	}
	return token, nil
}
