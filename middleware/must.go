package middleware

import "net/http"

// Must returns a middleware, and panics if err is not nil. It is for options that are
// constants of the program:
//
//	limits := middleware.Must(middleware.Limits(middleware.LimitsOptions{Body: 1 << 20}))
func Must(m func(http.Handler) http.Handler, err error) func(http.Handler) http.Handler {
	if err != nil {
		panic(err)
	}
	return m
}
