package middleware

import (
	"errors"
	"net/http"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/reqinfo"
)

// AuthenticateOptions tunes [Authenticate].
type AuthenticateOptions struct {
	// Refuse answers a request with invalid credentials. The error is [auth.ErrInvalid] or
	// [auth.ErrUnavailable]. Refuse writes the whole answer, including the WWW-Authenticate
	// header that a 401 must have (RFC 9110 section 15.5.2).
	//
	// Defaults to the REST API's own answers.
	Refuse func(w http.ResponseWriter, r *http.Request, err error)
}

// Authenticate returns middleware that authenticates requests with a. It stores the
// principal in the request's context, where [auth.FromContext] finds it. A request without
// credentials passes as anonymous. A request with invalid credentials is rejected.
//
// It replaces the principal of an outer middleware. The authenticator must not be nil.
func Authenticate(a auth.Authenticator, opts AuthenticateOptions) (func(http.Handler) http.Handler, error) {
	if a == nil {
		return nil, errors.New("middleware: Authenticate needs an Authenticator")
	}
	refuse := refuseOr(opts.Refuse)
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			p, err := auth.Authenticate(a, r)
			if err != nil {
				refuse(w, r, err)
				return
			}
			ctx := r.Context()
			reqinfo.From(ctx).SetPrincipal(p.Kind.String(), p.ID)
			inside := r.WithContext(auth.WithPrincipal(ctx, p))
			defer reqinfo.NoteRoute(inside)
			next.ServeHTTP(w, inside)
		})
	}, nil
}
