package auth

import "net/http"

// Middleware returns middleware that asks a who makes a request and puts the
// answer into the request's context, where [FromContext] finds it. A request
// without credentials passes as anonymous: rules decide what that is good for.
//
// A request whose credentials do not hold goes to refuse and no further. The
// error is [ErrInvalid] or [ErrUnavailable]; refuse writes the whole answer,
// including the WWW-Authenticate header a 401 must have.
//
// A caller an outer middleware has found is replaced. Both arguments are needed:
// Middleware panics if one is nil.
func Middleware(
	a Authenticator,
	refuse func(w http.ResponseWriter, r *http.Request, err error),
) func(http.Handler) http.Handler {
	if a == nil || refuse == nil {
		panic("auth: Middleware needs an Authenticator and a function that writes refusals")
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			p, err := Authenticate(a, r)
			if err != nil {
				refuse(w, r, err)
				return
			}
			next.ServeHTTP(w, r.WithContext(WithPrincipal(r.Context(), p)))
		})
	}
}
