package auth

import (
	"errors"
	"fmt"
)

// Errors callers branch on. Each has a method Problem() string giving its code
// on the wire; wrap them to add a reason for the logs.
var (
	// ErrInvalid reports a credential that does not hold. It is answered with
	// 401 and, for every reason alike, with the same text.
	ErrInvalid error = &failure{code: "PGRST301", text: "auth: invalid credential"}

	// ErrExpired reports a credential that was good and has expired, so that a
	// client knows to refresh it. It is an ErrInvalid as well.
	ErrExpired error = &failure{
		code: "PGRST303", text: "auth: credential expired",
		message: "JWT expired", parent: ErrInvalid,
	}

	// ErrCrossOrigin reports a cookie on a request that a page of another origin
	// has caused and that could change something. It is answered with 403, and is
	// an ErrInvalid as well.
	ErrCrossOrigin error = &failure{code: "PL403", text: "auth: cookie on a request from another origin", parent: ErrInvalid}

	// ErrUnavailable reports that a credential could not be judged. It is
	// answered with 503 and says nothing about the credential.
	ErrUnavailable error = &failure{code: "PL503", text: "auth: cannot verify credentials now"}
)

// failure is an error with a wire code. Its text is fit for clients.
type failure struct {
	code    string
	text    string
	message string // sent to clients; empty means the default text of the code
	parent  error  // what the failure also is, or nil
}

func (f *failure) Error() string { return f.text }

// Problem returns the code of the failure on the wire.
func (f *failure) Problem() string { return f.code }

// ProblemText returns the texts that clients get besides the code. Clients recognize an
// expired token by its message and then refresh it.
func (f *failure) ProblemText() (message, details, hint string) { return f.message, "", "" }

// Is makes a special failure match the general one.
func (f *failure) Is(target error) bool { return f.parent != nil && target == f.parent }

// refuse returns an ErrInvalid with a reason for the log.
func refuse(reason string) error { return fmt.Errorf("auth: %s: %w", reason, ErrInvalid) }

// judged returns a principal, or an error and none. It marks every error that is no
// verdict on the credential as ErrUnavailable: the mark comes first, so its code wins over
// one of the cause.
func judged(p Principal, err error) (Principal, error) {
	switch {
	case err == nil:
		return p, nil
	case errors.Is(err, ErrInvalid), errors.Is(err, ErrUnavailable):
		return Principal{}, err
	}
	return Principal{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
}
