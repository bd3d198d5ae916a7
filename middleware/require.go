package middleware

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/problem"
)

// RequireOptions tunes [RequireSignedIn], [RequireRole], [RequirePermission] and
// [RequireAAL].
type RequireOptions struct {
	// Refuse answers a rejected request. Its error has the code of the answer.
	//
	// Defaults to the REST API's own answers.
	Refuse func(w http.ResponseWriter, r *http.Request, err error)
}

// RequireSignedIn returns middleware that accepts users with an account only, see
// [auth.Principal.SignedIn]. Unauthenticated requests get 401, other callers 403, both with
// the code 42501, as with the rule api.SignedIn.
//
// It reads the principal from [auth.FromContext], so put [Authenticate] outside of it.
// Without Authenticate every request is rejected.
func RequireSignedIn(opts RequireOptions) func(http.Handler) http.Handler {
	return require(opts, problem.Denied, "", func(p auth.Principal) bool { return p.SignedIn() })
}

// RequireRole returns middleware that accepts callers with the role of that exact name.
// Others get the answers of [RequireSignedIn]. The name must not be empty.
func RequireRole(name string, opts RequireOptions) (func(http.Handler) http.Handler, error) {
	if name == "" {
		return nil, errors.New("middleware: RequireRole needs a name")
	}
	return require(opts, problem.Denied, "", func(p auth.Principal) bool { return p.HasRole(name) }), nil
}

// RequirePermission returns middleware that accepts callers with the permission of that
// exact name. Others get the answers of [RequireSignedIn]. The name must not be empty.
func RequirePermission(name string, opts RequireOptions) (func(http.Handler) http.Handler, error) {
	if name == "" {
		return nil, errors.New("middleware: RequirePermission needs a name")
	}
	return require(opts, problem.Denied, "", func(p auth.Principal) bool { return p.HasPermission(name) }), nil
}

// RequireAAL returns middleware that accepts callers with at least the authenticator
// assurance level (NIST SP 800-63B), 1, 2 or 3: 2 requires a second factor. A caller below the level
// gets 401 with the code insufficient_aal, as from the accounts. Unauthenticated requests
// get the 401 of [RequireSignedIn].
func RequireAAL(level int, opts RequireOptions) (func(http.Handler) http.Handler, error) {
	if level < 1 || level > 3 {
		return nil, fmt.Errorf("middleware: RequireAAL needs a level of 1, 2 or 3, not %d", level)
	}
	message := "an AAL" + strconv.Itoa(level) + " session is required"
	return require(opts, problem.AuthInsufficientAAL, message, func(p auth.Principal) bool { return p.AAL >= level }), nil
}

// require rejects the callers for which pass is false. Code and message are for
// authenticated callers.
func require(opts RequireOptions, code, message string, pass func(auth.Principal) bool) func(http.Handler) http.Handler {
	refuse := refuseOr(opts.Refuse)
	unknown := &problem.Error{Code: problem.Denied}
	denied := &problem.Error{Code: code, Message: message}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch p := auth.FromContext(r.Context()); {
			case pass(p):
				next.ServeHTTP(w, r)
			case p.Kind == auth.Anonymous:
				refuse(w, r, unknown)
			default:
				refuse(w, r, denied)
			}
		})
	}
}
