package factor

import (
	"context"
	"encoding/json"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/throttle"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

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
