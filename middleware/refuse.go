package middleware

import (
	"net/http"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/problem"
)

// refuseOr returns the function that writes refusals. It defaults to the answers of the
// REST surface, where a denial is 403 for an authenticated caller and else 401.
func refuseOr(given func(http.ResponseWriter, *http.Request, error)) func(http.ResponseWriter, *http.Request, error) {
	if given != nil {
		return given
	}
	return func(w http.ResponseWriter, r *http.Request, err error) {
		problem.Write(w, r, err, problem.Options{Authenticated: auth.FromContext(r.Context()).Kind != auth.Anonymous})
	}
}
