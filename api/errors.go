package api

import (
	"log/slog"
	"net/http"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/problem"
)

// Error is an error of the application with a code that clients see. Return it,
// or an error that wraps it, from a function, a hook or a handler.
type Error struct {
	// Code decides the status: "PTnnn" is status nnn, "P0001" is 400, "42501"
	// is 403, or 401 for an anonymous caller. An unknown code is 500.
	//
	// Defaults to "P0001".
	Code string

	// Message, Details and Hint are sent to the client.
	Message, Details, Hint string

	// Err is the cause. It is logged where the status is 500 or more, and
	// never sent.
	Err error
}

// Error returns the message, and the cause if there is one.
func (e *Error) Error() string {
	if e.Err != nil {
		return e.Message + ": " + e.Err.Error()
	}
	return e.Message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Problem returns the code of the error on the wire.
func (e *Error) Problem() string {
	if e.Code == "" {
		return "P0001"
	}
	return e.Code
}

// ProblemText returns message, details and hint for a client.
func (e *Error) ProblemText() (message, details, hint string) { return e.Message, e.Details, e.Hint }

// WriteError answers a request with an error in the format of the API. It is for other
// handlers of the application. The method Problem() string of an error decides the
// answer; errors of auth and [Error] have it. Errors of store have an answer too. Any other
// error is logged by the default logger and not revealed to the client.
func WriteError(w http.ResponseWriter, r *http.Request, err error) {
	writeError(w, r, err, auth.FromContext(r.Context()).Kind != auth.Anonymous, nil)
}

// writeError answers with an error. Known means that the caller is authenticated.
func writeError(w http.ResponseWriter, r *http.Request, err error, known bool, logger *slog.Logger) {
	addVary(w.Header(), varyCaller)
	problem.Write(w, r, err, problem.Options{Authenticated: known, Logger: logger})
}

var (
	errPath = &problem.Error{Code: problem.UnknownPath}
	errRoot = &problem.Error{Code: problem.RootDisabled}
)
