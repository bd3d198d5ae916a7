package factor

import (
	"context"
	"errors"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// MethodPasskey is a login by passkey.
const MethodPasskey = "passkey"

// ErrPasskey answers a response that does not hold. The cause is for the log.
func ErrPasskey(err error) error {
	if errors.Is(err, auth.ErrInvalid) {
		return &problem.Error{Code: problem.AuthWebAuthnFailed, Cause: err}
	}
	return err
}

// Finder finds the credential of an id.
type Finder = func(ctx context.Context, id []byte) ([]byte, error)

// Assert ends a ceremony, judged by finish, by which a passkey is asked for. then runs
// in the same transaction, for the passkey that has answered. The ceremony has to be
// taken before.
func (fs *Factors) Assert(
	ctx context.Context, finish func(ctx context.Context, find Finder) (credential []byte, verified, regressed bool, err error),
	then func(ctx context.Context, tx *store.Tx, f *data.Factor, verified bool) error,
) error {
	var copied error
	err := fs.DB.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		copied = nil
		var f *data.Factor
		find := func(ctx context.Context, id []byte) (_ []byte, err error) {
			f, err = data.ByCredential(ctx, tx, id)
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
			copied = ErrPasskey(err)
			return fs.Sessions.Record(ctx, tx, &data.Event{Kind: "passkey_copied", UserID: &f.UserID}, f.Details())
		}
		if err != nil {
			return ErrPasskey(err)
		}
		if used, err := data.UsePasskey(ctx, tx, f.ID, credential, fs.Now()); err != nil || !used {
			return fail.OrElse(err, &problem.Error{Code: problem.AuthWebAuthnFailed}) // deleted since it was read
		}
		return then(ctx, tx, f, verified)
	})
	return fail.OrElse(err, copied)
}

// KeepCredential makes a factor one of the credential that was registered for it.
func (fs *Factors) KeepCredential(ctx context.Context, tx *store.Tx, f *data.Factor, id, credential []byte) error {
	kept, err := data.KeepCredential(ctx, tx, f.ID, id, credential, fs.Now())
	if err == nil && !kept {
		err = fail.ErrChallengeExpired // replaced since it was read
	}
	return err
}

// CredentialTaken converts the error for a credential that is registered already.
func CredentialTaken(err error) error {
	if data.IsTaken(err) {
		return &problem.Error{Code: problem.AuthWebAuthnExists, Cause: err}
	}
	return err
}

// LastWay rejects the removal of the passkey that is a user's only login.
func (fs *Factors) LastWay(ctx context.Context, tx *store.Tx, u *data.User, f *data.Factor) error {
	mailed := u.Email != nil && u.EmailConfirmedAt != nil && fs.Outbox.Mailer != nil
	texted := u.Phone != nil && u.PhoneConfirmedAt != nil && fs.Outbox.SMS != nil
	if f.CredentialID == nil || u.PasswordHash != nil || mailed || texted {
		return nil
	}
	if has, err := data.HasProvider(ctx, tx, u.ID); err != nil || has {
		return err
	}
	factors, err := data.FactorsOf(ctx, tx, u.ID)
	if err != nil || len(data.Credentials(factors)) > 1 {
		return err
	}
	return fail.New(problem.AuthSingleIdentity, "This passkey is the only sign-in method of the account")
}
