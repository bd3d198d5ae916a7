package accounts

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store"
)

// What a challenge asks a browser for, in the words of the wire.
const (
	ceremonyCreate  = "create"  // a factor that is new: a passkey to be made
	ceremonyRequest = "request" // the passkey of a factor
)

// enrollWebAuthn answers POST /factors for a passkey, which the first challenge makes.
func (x *exchange) enrollWebAuthn(u *user, s *session, name string) error {
	if x.a.config.Passkeys == nil {
		return &problem.Error{Code: problem.AuthMFAWebAuthnDisabled}
	}
	f := &factor{UserID: u.ID, Type: factorWebAuthn, FriendlyName: name}
	err := x.a.whileOpen(x.r.Context(), s, func(ctx context.Context, tx *store.Tx) error { return x.a.addFactor(ctx, tx, f) })
	if err != nil {
		return err
	}
	return x.send(http.StatusOK, map[string]any{"id": f.ID, "type": f.Type, "friendly_name": name})
}

// webauthnView is what a browser is asked for. What clients say of the domain and of
// origins is not asked for: the configuration knows them.
type webauthnView struct {
	Type    string `json:"type"`
	Options struct {
		PublicKey json.RawMessage `json:"publicKey"`
	} `json:"credential_options"`
}

// beginWebAuthn begins the ceremony of a challenge.
func (a *Accounts) beginWebAuthn(ctx context.Context, u *user, s *session, f *factor) (v *webauthnView, ceremony []byte, err error) {
	if a.config.Passkeys == nil {
		return nil, nil, &problem.Error{Code: problem.AuthMFAWebAuthnDisabled}
	}
	v = new(webauthnView)
	if f.Status == factorVerified {
		v.Type = ceremonyRequest
		v.Options.PublicKey, ceremony, err = a.config.Passkeys.BeginStepUp(u.handle(), s.ID.String(), credentials([]*factor{f}))
		return v, ceremony, err
	}
	factors, err := a.factorsOf(ctx, a.db, u.ID)
	if err != nil {
		return nil, nil, err
	}
	v.Type = ceremonyCreate
	v.Options.PublicKey, ceremony, err = a.config.Passkeys.BeginRegistration(u.handle(), subjectOf(u), s.ID.String(), credentials(factors))
	return v, ceremony, err
}

// webauthnAnswer is what a browser has answered to a challenge.
type webauthnAnswer struct {
	typ      string
	response []byte
}

// webauthnAnswer reads the member webauthn of a body.
func (o object) webauthnAnswer() (answer webauthnAnswer, err error) {
	for name, value := range o["webauthn"].Members() {
		switch string(name) {
		case "type":
			answer.typ, _ = value.Text()
		case "credential_response":
			answer.response = value.Raw()
			if value.Kind() != strictjson.Object {
				return answer, failf(problem.AuthValidation, "credential_response must be an object")
			}
		}
	}
	if answer.typ != ceremonyCreate && answer.typ != ceremonyRequest || answer.response == nil {
		return answer, failf(problem.AuthValidation, "webauthn must have a type, create or request, and a credential_response")
	}
	return answer, nil
}

// verifyWebAuthn raises a session by what a browser has answered to a challenge. It
// spends the challenge.
func (a *Accounts) verifyWebAuthn(ctx context.Context, up *stepUp, id string, answer webauthnAnswer) (*issued, error) {
	if a.config.Passkeys == nil {
		return nil, &problem.Error{Code: problem.AuthMFAWebAuthnDisabled}
	}
	c, err := a.useCode(ctx, a.db, codeChallenge, id)
	if err != nil {
		return nil, err
	}
	kept, err := c.challenges(up.session, up.factor)
	if err != nil {
		return nil, err
	}
	if (answer.typ == ceremonyCreate) != (up.factor.Status == factorUnverified) {
		return nil, &problem.Error{Code: problem.AuthWebAuthnFailed}
	}
	if answer.typ == ceremonyCreate {
		err = a.registered(ctx, up, kept, answer.response)
	} else {
		err = a.steppedUp(ctx, up, kept, answer.response)
	}
	if err != nil {
		return nil, err
	}
	return a.issue(ctx, up.user, up.session)
}

// registered makes a factor the passkey that a browser has made for it.
func (a *Accounts) registered(ctx context.Context, up *stepUp, kept *challenge, response []byte) error {
	id, credential, err := a.config.Passkeys.FinishRegistration([]byte(kept.Ceremony), up.user.handle(), up.session.ID.String(), response)
	if err != nil {
		return errPasskey(err)
	}
	return credentialTaken(a.db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := a.keepCredential(ctx, tx, up.factor, id, credential); err != nil {
			return err
		}
		return a.proved(ctx, tx, up, methodWebAuthn)
	}))
}

// steppedUp raises a session by the passkey of a factor.
func (a *Accounts) steppedUp(ctx context.Context, up *stepUp, kept *challenge, response []byte) error {
	finish := func(ctx context.Context, find finder) ([]byte, bool, bool, error) {
		return a.config.Passkeys.FinishStepUp(ctx, []byte(kept.Ceremony), up.session.ID.String(), find, response)
	}
	return a.assert(ctx, finish, func(ctx context.Context, tx *store.Tx, by *factor, verified bool) error {
		// Having a passkey twice is one factor still.
		if by.ID != up.factor.ID || !verified && up.session.shownBy(methodPasskey) {
			return &problem.Error{Code: problem.AuthWebAuthnFailed}
		}
		return a.proved(ctx, tx, up, methodWebAuthn)
	})
}
