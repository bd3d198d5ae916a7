package middleware

import (
	"net/http"
	"strconv"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/problem"
)

// RequireOptions tunes [RequireSignedIn], [RequireRole], [RequirePermission] and
// [RequireAAL].
type RequireOptions struct {
	// Refuse answers a request that is not let through. Its error has the code of
	// the answer.
	//
	// Defaults to the REST API's own answers.
	Refuse func(w http.ResponseWriter, r *http.Request, err error)
}

// RequireSignedIn returns middleware that lets users with an account through: no
// strangers, no guests, no services; see [auth.Principal.SignedIn]. Whoever has shown
// nothing gets 401, anybody else 403, both with the code 42501, as the rule
// api.SignedIn says it.
//
// It asks [auth.FromContext] who calls, so [Authenticate] must be outside of it:
// without, nobody passes.
func RequireSignedIn(opts RequireOptions) func(http.Handler) http.Handler {
	return require(opts, problem.Denied, "", func(p auth.Principal) bool { return p.SignedIn() })
}

// RequireRole returns middleware that lets callers through who have the role of that
// exact name. Others get the answers of [RequireSignedIn]. It panics if the name is
// empty.
func RequireRole(name string, opts RequireOptions) func(http.Handler) http.Handler {
	mustName("RequireRole", name)
	return require(opts, problem.Denied, "", func(p auth.Principal) bool { return p.HasRole(name) })
}

// RequirePermission returns middleware that lets callers through who hold the
// permission of that exact name. Others get the answers of [RequireSignedIn]. It
// panics if the name is empty.
func RequirePermission(name string, opts RequireOptions) func(http.Handler) http.Handler {
	mustName("RequirePermission", name)
	return require(opts, problem.Denied, "", func(p auth.Principal) bool { return p.HasPermission(name) })
}

// RequireAAL returns middleware that lets callers through whose credential has at
// least the authenticator assurance level (NIST SP 800-63B): 2 asks for a second
// factor. A caller who is below it gets 401 with the code insufficient_aal, as the
// accounts say it, and knows that another factor helps; whoever has shown nothing
// gets the 401 of [RequireSignedIn]. It panics if the level is not 1, 2 or 3.
func RequireAAL(level int, opts RequireOptions) func(http.Handler) http.Handler {
	if level < 1 || level > 3 {
		panic("middleware: RequireAAL needs a level of 1, 2 or 3, not " + strconv.Itoa(level))
	}
	message := "an AAL" + strconv.Itoa(level) + " session is required"
	return require(opts, problem.AuthInsufficientAAL, message, func(p auth.Principal) bool { return p.AAL >= level })
}

func mustName(function, name string) {
	if name == "" {
		panic("middleware: " + function + " needs a name")
	}
}

// require lets through whom pass lets. Code and message are for callers who are known.
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
