package problem

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Coded is an error that knows its code. It is the only method an error needs to
// leave as something other than a 500.
type Coded interface {
	error
	Problem() (code string)
}

// Texter gives the words a client reads. An empty message is replaced by the
// default of the code; empty details and hint are sent as null. It must not speak
// of SQL, hidden names or other callers' data.
type Texter interface {
	ProblemText() (message, details, hint string)
}

// Detailer gives details that are JSON instead of text, as an ambiguous relation
// has them. It goes before the details of [Texter]; invalid JSON is left out.
type Detailer interface {
	ProblemDetails() json.RawMessage
}

// Fielder gives a JSON array that says what is wrong with which field of what was sent,
// for forms. It is the member errors of a problem document, and must not tell more than
// the details: who reads the four members alone has nothing else. Invalid JSON is left out.
type Fielder interface {
	ProblemErrors() json.RawMessage
}

// Allower gives the methods of the Allow header, required on every 405 (RFC 9110
// section 15.5.6).
type Allower interface {
	ProblemAllow() []string
}

// Retrier gives the wait of the Retry-After header, rounded up to whole seconds.
// Zero leaves the choice to the writer: one second on 503, else no header.
type Retrier interface {
	ProblemRetryAfter() time.Duration
}

// Placer names the part of a request that an error comes from, where a request has
// several. It stands before the message and may wrap any error.
type Placer interface {
	error
	ProblemPlace() string
}

// Expecter says that a failure of the server is one it is made for, such as sending
// requests away while there are too many: it is not logged here, once for every
// request, but counted by whoever decides so.
type Expecter interface {
	ProblemExpected() bool
}

// Error is a coded error for packages that need none of their own. Every field but
// Code may be empty. It must not be changed once it was returned.
type Error struct {
	// Code is one of the codes of this package.
	Code string

	// Message, Details and Hint are sent to the client.
	//
	// Message defaults to the text of the code.
	Message, Details, Hint string

	// DetailsJSON takes the place of Details where the wire has a list there.
	DetailsJSON json.RawMessage

	// Allow lists the methods of a 405.
	Allow []string

	// RetryAfter is how long the client should wait, for 429 and 503.
	RetryAfter time.Duration

	// Expected keeps a 5xx out of the log; see [Expecter].
	Expected bool

	// Cause is logged and found by errors.Is and errors.As, and never sent.
	Cause error
}

// Errorf returns an Error whose message, for the client, is formatted.
func Errorf(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Unread says of an error of reading a body that the client has not sent all of it: it was
// too slow, or has gone. It is no failure of the server's. One that is too large is told so.
func Unread(err error) error {
	if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
		return err
	}
	return &Error{Code: BadBody, Message: "The body did not arrive whole.", Cause: err}
}

// Error gives code, message and cause, for the log.
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

// ProblemAllow implements [Allower].
func (e *Error) ProblemAllow() []string { return e.Allow }

// ProblemRetryAfter implements [Retrier].
func (e *Error) ProblemRetryAfter() time.Duration { return e.RetryAfter }

// ProblemExpected implements [Expecter].
func (e *Error) ProblemExpected() bool { return e.Expected }
