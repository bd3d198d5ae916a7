package problem

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Coded is an error with a code. Without this method an error is answered with 500.
type Coded interface {
	error
	Problem() (code string)
}

// Texter returns the texts for the client. An empty message is replaced by the default of
// the code; empty details and hint are sent as null. The texts must not contain SQL, hidden
// names or other callers' data.
type Texter interface {
	ProblemText() (message, details, hint string)
}

// Detailer returns details as JSON instead of text, as for an ambiguous relation. They
// precede the details of [Texter]. Invalid JSON is left out.
type Detailer interface {
	ProblemDetails() json.RawMessage
}

// Fielder returns a JSON array of errors by field, for forms. It is the member errors of a
// problem document. It must not reveal more than the details, since other formats lack it.
// Invalid JSON is left out.
type Fielder interface {
	ProblemErrors() json.RawMessage
}

// Allower returns the methods of the Allow header, required on every 405 (RFC 9110 section
// 15.5.6).
type Allower interface {
	ProblemAllow() []string
}

// Retrier returns the wait of the Retry-After header, rounded up to whole seconds. Zero
// means the default: one second on 503, else no header.
type Retrier interface {
	ProblemRetryAfter() time.Duration
}

// Placer returns the part of a request that an error comes from, such as one step of
// several. It precedes the message and may wrap any error.
type Placer interface {
	error
	ProblemPlace() string
}

// Expecter marks an expected failure, such as a refusal under load. It is not logged here
// for each request; the component that refuses counts it.
type Expecter interface {
	ProblemExpected() bool
}

// Error is a coded error for packages without a type of their own. Every field but Code may
// be empty. It must not be changed once it was returned.
type Error struct {
	// Code is one of the codes of this package.
	Code string

	// Message, Details and Hint are sent to the client.
	//
	// Message defaults to the text of the code.
	Message, Details, Hint string

	// DetailsJSON replaces Details where the wire has a list.
	DetailsJSON json.RawMessage

	// FieldsJSON lists the errors of single fields; see [Fielder].
	FieldsJSON json.RawMessage

	// Allow lists the methods of a 405.
	Allow []string

	// RetryAfter is how long the client should wait, for 429 and 503.
	RetryAfter time.Duration

	// Expected keeps a 5xx out of the log; see [Expecter].
	Expected bool

	// Cause is logged and found by errors.Is and errors.As, and never sent.
	Cause error
}

// Errorf returns an Error with a formatted message for the client.
func Errorf(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Unread converts an error of reading a body: the client was too slow or has disconnected,
// which is no failure of the server. An http.MaxBytesError stays as it is.
func Unread(err error) error {
	if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
		return err
	}
	return &Error{Code: BadBody, Message: "The body did not arrive whole.", Cause: err}
}

// Error returns code, message and cause, for the log.
func (e *Error) Error() string {
	message := e.Message
	if message == "" {
		known, _ := lookup(e.Code)
		message = known.message
	}
	if e.Cause != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, message, e.Cause)
	}
	return e.Code + ": " + message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Problem implements [Coded].
func (e *Error) Problem() string { return e.Code }

// ProblemText implements [Texter].
func (e *Error) ProblemText() (message, details, hint string) {
	return e.Message, e.Details, e.Hint
}

// ProblemDetails implements [Detailer].
func (e *Error) ProblemDetails() json.RawMessage { return e.DetailsJSON }

// ProblemErrors implements [Fielder].
func (e *Error) ProblemErrors() json.RawMessage { return e.FieldsJSON }

// ProblemAllow implements [Allower].
func (e *Error) ProblemAllow() []string { return e.Allow }

// ProblemRetryAfter implements [Retrier].
func (e *Error) ProblemRetryAfter() time.Duration { return e.RetryAfter }

// ProblemExpected implements [Expecter].
func (e *Error) ProblemExpected() bool { return e.Expected }
