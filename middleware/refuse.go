package middleware

import (
	"net/http"

	"github.com/seed-7694ebf6/plinth/internal/problem"
)

// refuseOr returns the function that writes refusals: the one given, else the dialect
// of the REST surface.
func refuseOr(given func(http.ResponseWriter, *http.Request, error)) func(http.ResponseWriter, *http.Request, error) {
	if given != nil {
		return given
	}
	return func(w http.ResponseWriter, r *http.Request, err error) {
		problem.Write(w, r, err, problem.Options{})
	}
}
