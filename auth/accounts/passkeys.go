package accounts

import (
	"context"
	"errors"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
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

// methodPasskey is a login by passkey.
const methodPasskey = "passkey"

// errPasskey answers a response that does not hold. The cause is for the log.
func errPasskey(err error) error {
	if errors.Is(err, auth.ErrInvalid) {
		return &problem.Error{Code: problem.AuthWebAuthnFailed, Cause: err}
	}
	return err
}

// handle is the user's id for passkeys. Only the user sees it.
func (u *user) handle() []byte { return u.ID[:] }

// credentials are those of the passkeys among factors.
func credentials(factors []*factor) (out [][]byte) {
	for _, f := range factors {
		if f.CredentialID != nil {
			out = append(out, []byte(f.Credential))
		}
	}
	return out
}

// finder finds the credential of an id.
type finder = func(ctx context.Context, id []byte) ([]byte, error)

// assert ends a ceremony, judged by finish, by which a passkey is asked for. then runs
// in the same transaction, for the passkey that has answered. The ceremony has to be
// taken before.
func (a *Accounts) assert(
	ctx context.Context, finish func(ctx context.Context, find finder) (credential []byte, verified, regressed bool, err error),
	then func(ctx context.Context, tx *store.Tx, f *factor, verified bool) error,
) error {
	var copied error
	err := a.db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		copied = nil
		var f *factor
		find := func(ctx context.Context, id []byte) (_ []byte, err error) {
			f, err = store.For[factor](tx).First(ctx, store.Query{Where: store.Eq("credential_id", id)})
			if errors.Is(err, store.ErrNotFound) {
				return nil, nil
			}
			if err != nil {
				return nil, err
			}
			return []byte(f.Credential), nil
		}
		credential, verified, regressed, err := finish(ctx, find)
		if regressed && f != nil {
			copied = errPasskey(err)
			return a.record(ctx, tx, &event{Kind: "passkey_copied", UserID: &f.UserID}, f.details())
		}
		if err != nil {
			return errPasskey(err)
		}
		n, err := store.For[factor](tx).PatchWhere(ctx, store.Eq("id", f.ID),
			store.SetTo("credential", store.JSON(credential)), store.SetTo("last_used_at", a.now()))
		if err != nil {
			return err
		}
		if n != 1 {
			return &problem.Error{Code: problem.AuthWebAuthnFailed} // deleted since it was read
		}
		return then(ctx, tx, f, verified)
	})
	return orElse(err, copied)
}

// keepCredential makes a factor one of the credential that was registered for it.
func (a *Accounts) keepCredential(ctx context.Context, tx *store.Tx, f *factor, id, credential []byte) error {
	n, err := store.For[factor](tx).PatchWhere(ctx, store.And(store.Eq("id", f.ID), store.Eq("status", factorUnverified)),
		store.SetTo("credential_id", id), store.SetTo("credential", store.JSON(credential)), store.SetTo("last_used_at", a.now()),
		store.SetTo("status", factorVerified), store.SetTo("waits_until", nil))
	if err == nil && n != 1 {
		err = errChallengeExpired // replaced since it was read
	}
	return err
}

// credentialTaken converts the error for a credential that is registered already.
func credentialTaken(err error) error {
	if isTaken(err) {
		return &problem.Error{Code: problem.AuthWebAuthnExists, Cause: err}
	}
	return err
}

// lastWay rejects the removal of the passkey that is a user's only login.
func (a *Accounts) lastWay(ctx context.Context, tx *store.Tx, u *user, f *factor) error {
	mailed := u.Email != nil && u.EmailConfirmedAt != nil && a.config.Mailer != nil
	texted := u.Phone != nil && u.PhoneConfirmedAt != nil && a.config.SMS != nil
	if f.CredentialID == nil || u.PasswordHash != nil || mailed || texted {
		return nil
	}
	atProviders, err := store.For[identity](tx).Count(ctx, store.And(store.Eq("user_id", u.ID),
		store.Compare("provider", store.OpNeq, "email"), store.Compare("provider", store.OpNeq, "phone")))
	if err != nil || atProviders > 0 {
		return err
	}
	factors, err := a.factorsOf(ctx, tx, u.ID)
	if err != nil || len(credentials(factors)) > 1 {
		return err
	}
	return failf(problem.AuthSingleIdentity, "This passkey is the only sign-in method of the account")
}
