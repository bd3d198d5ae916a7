package factor

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/throttle"
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

// What a challenge asks a browser for, in the words of the wire.
const (
	CeremonyCreate  = "create"  // a factor that is new: a passkey to be made
	CeremonyRequest = "request" // the passkey of a factor
)

// WebauthnView is what a browser is asked for. What clients say of the domain and of
// origins is not asked for: the configuration knows them.
type WebauthnView struct {
	Type    string `json:"type"`
	Options struct {
		PublicKey json.RawMessage `json:"publicKey"`
	} `json:"credential_options"`
}

// BeginWebAuthn begins the ceremony of a challenge.
func (fs *Factors) BeginWebAuthn(ctx context.Context, u *data.User, s *data.Session, f *data.Factor) (v *WebauthnView, ceremony []byte, err error) {
	if fs.Passkeys == nil {
		return nil, nil, &problem.Error{Code: problem.AuthMFAWebAuthnDisabled}
	}
	v = new(WebauthnView)
	if f.Status == data.FactorVerified {
		v.Type = CeremonyRequest
		v.Options.PublicKey, ceremony, err = fs.Passkeys.BeginStepUp(u.Handle(), s.ID.String(), data.Credentials([]*data.Factor{f}))
		return v, ceremony, err
	}
	factors, err := data.FactorsOf(ctx, fs.DB, u.ID)
	if err != nil {
		return nil, nil, err
	}
	v.Type = CeremonyCreate
	v.Options.PublicKey, ceremony, err = fs.Passkeys.BeginRegistration(u.Handle(), throttle.SubjectOf(u), s.ID.String(), data.Credentials(factors))
	return v, ceremony, err
}

// WebAuthnAnswer is what a browser has answered to a challenge.
type WebAuthnAnswer struct {
	Type     string
	Response []byte
}

// VerifyWebAuthn raises a session by what a browser has answered to a challenge. It
// spends the challenge.
func (fs *Factors) VerifyWebAuthn(ctx context.Context, up *StepUp, id string, answer WebAuthnAnswer) (*session.Issued, error) {
	if fs.Passkeys == nil {
		return nil, &problem.Error{Code: problem.AuthMFAWebAuthnDisabled}
	}
	c, err := fs.Codes.UseCode(ctx, fs.DB, data.CodeChallenge, id)
	if err != nil {
		return nil, err
	}
	kept, err := c.Challenges(up.Session, up.Factor)
	if err != nil {
		return nil, err
	}
	if (answer.Type == CeremonyCreate) != (up.Factor.Status == data.FactorUnverified) {
		return nil, &problem.Error{Code: problem.AuthWebAuthnFailed}
	}
	if answer.Type == CeremonyCreate {
		err = fs.registered(ctx, up, kept, answer.Response)
	} else {
		err = fs.steppedUp(ctx, up, kept, answer.Response)
	}
	if err != nil {
		return nil, err
	}
	return fs.Sessions.Issue(ctx, up.User, up.Session)
}

// registered makes a factor the passkey that a browser has made for it.
func (fs *Factors) registered(ctx context.Context, up *StepUp, kept *data.Challenge, response []byte) error {
	id, credential, err := fs.Passkeys.FinishRegistration([]byte(kept.Ceremony), up.User.Handle(), up.Session.ID.String(), response)
	if err != nil {
		return ErrPasskey(err)
	}
	return CredentialTaken(fs.DB.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := fs.KeepCredential(ctx, tx, up.Factor, id, credential); err != nil {
			return err
		}
		return fs.proved(ctx, tx, up, session.MethodWebAuthn)
	}))
}

// steppedUp raises a session by the passkey of a factor.
func (fs *Factors) steppedUp(ctx context.Context, up *StepUp, kept *data.Challenge, response []byte) error {
	finish := func(ctx context.Context, find Finder) ([]byte, bool, bool, error) {
		return fs.Passkeys.FinishStepUp(ctx, []byte(kept.Ceremony), up.Session.ID.String(), find, response)
	}
	return fs.Assert(ctx, finish, func(ctx context.Context, tx *store.Tx, by *data.Factor, verified bool) error {
		// Having a passkey twice is one factor still.
		if by.ID != up.Factor.ID || !verified && up.Session.ShownBy(MethodPasskey) {
			return &problem.Error{Code: problem.AuthWebAuthnFailed}
		}
		return fs.proved(ctx, tx, up, session.MethodWebAuthn)
	})
}
