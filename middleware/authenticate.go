package middleware

import (
	"net/http"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/exchange"
)

// AuthenticateOptions tunes [Authenticate].
type AuthenticateOptions struct {
	// Refuse answers a request whose credentials do not hold. The error is
	// [auth.ErrInvalid] or [auth.ErrUnavailable]; Refuse writes the whole answer,
	// including the WWW-Authenticate header that a 401 must have (RFC 9110 section
	// 15.5.2).
	//
	// Defaults to the REST API's own answers.
	Refuse func(w http.ResponseWriter, r *http.Request, err error)
}

// Authenticate returns middleware that asks a who makes a request and puts the answer
// into the request's context, where [auth.FromContext] finds it. A request without
// credentials passes as anonymous: rules decide what that is good for. One whose
// credentials do not hold is refused and goes no further.
//
// A caller that an outer middleware has found is replaced. Authenticate panics if a
// is nil.
func Authenticate(a auth.Authenticator, opts AuthenticateOptions) func(http.Handler) http.Handler {
	if a == nil {
		panic("middleware: Authenticate needs an Authenticator")
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
			exchange.From(ctx).SetPrincipal(p.Kind.String(), p.ID)
			inside := r.WithContext(auth.WithPrincipal(ctx, p))
			defer exchange.NoteRoute(inside)
			next.ServeHTTP(w, inside)
		})
	}
}
