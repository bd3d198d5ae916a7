package accounts

import (
	"context"
)

// Passkeys runs the ceremonies of passkeys (W3C Web Authentication Level 3).
// passkey.Plain of package auth/passkey does. It keeps nothing: options are for the
// browser, ceremonies and credentials are JSON that is stored and given back. A
// response that does not hold is auth.ErrInvalid.
type Passkeys interface {
	// BeginRegistration begins to register a passkey in a session. credentials are
	// those that the user has.
	BeginRegistration(handle []byte, name, session string, credentials [][]byte) (options, ceremony []byte, err error)

	// FinishRegistration returns the new credential and its id.
	FinishRegistration(ceremony, handle []byte, session string, response []byte) (id, credential []byte, err error)

	// BeginLogin begins a login in which the passkey names the user.
	BeginLogin() (options, ceremony []byte, err error)

	// FinishLogin returns the credential as it is to be kept from now on. find
	// returns the one of an id, nil where there is none. verified says whether the
	// person was verified and not only there, regressed with an error whether the
	// counter did not go forward, as happens when an authenticator was copied.
	FinishLogin(ctx context.Context, ceremony []byte, find func(ctx context.Context, id []byte) ([]byte, error), response []byte) (credential []byte, verified, regressed bool, err error)

	// BeginStepUp asks a session for one of the credentials.
	BeginStepUp(handle []byte, session string, credentials [][]byte) (options, ceremony []byte, err error)

	// FinishStepUp is FinishLogin for it.
	FinishStepUp(ctx context.Context, ceremony []byte, session string, find func(ctx context.Context, id []byte) ([]byte, error), response []byte) (credential []byte, verified, regressed bool, err error)
}
