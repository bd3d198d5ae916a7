package accounts

import (
	"context"
	"net/http"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store"
)

// factorRoutes manage second factors and ask for them.
var factorRoutes = []route{
	{http.MethodPost, "factors", (*exchange).enroll},
	{http.MethodPost, "factors/{id}/challenge", (*exchange).challengeFactor},
	{http.MethodPost, "factors/{id}/verify", (*exchange).verifyFactor},
	{http.MethodDelete, "factors/{id}", (*exchange).unenroll},
}

// enroll answers POST /factors: it makes a factor that is good once it was used.
func (x *exchange) enroll() error {
	u, _, err := x.enroller()
	if err != nil {
		return err
	}
	body, err := x.body()
	if err != nil {
		return err
	}
	in, err := body.texts("friendly_name", "factor_type", "issuer")
	if err != nil {
		return err
	}
	if err := checkFriendlyName(in["friendly_name"]); err != nil {
		return err
	}
	switch factorType(in["factor_type"]) {
	case factorTOTP:
		return x.enrollTOTP(u, in["friendly_name"], in["issuer"])
	case "phone":
		return failf(problem.AuthMFAPhoneDisabled, "MFA enroll is disabled for Phone")
	}
	return failf(problem.AuthValidation, "factor_type needs to be totp or webauthn")
}

// ownFactor returns who makes the request and the factor of theirs that it names.
func (x *exchange) ownFactor() (*user, *session, *factor, error) {
	u, s, err := x.caller()
	if err != nil {
		return nil, nil, nil, err
	}
	f, err := x.a.factorOf(x.r.Context(), x.a.db, u.ID, x.params["id"])
	return u, s, f, err
}

// challengeView is the answer to POST /factors/{id}/challenge.
type challengeView struct {
	ID        string     `json:"id"`
	Type      factorType `json:"type"`
	ExpiresAt int64      `json:"expires_at"` // Unix seconds
}

// challengeFactor answers POST /factors/{id}/challenge.
func (x *exchange) challengeFactor() error {
	_, s, f, err := x.ownFactor()
	if err != nil {
		return err
	}
	id, expires, err := x.a.challenge(x.r.Context(), s, f, "")
	if err != nil {
		return err
	}
	return x.send(http.StatusOK, challengeView{ID: id, Type: f.Type, ExpiresAt: expires.Unix()})
}

// verifyFactor answers POST /factors/{id}/verify with the session at level 2.
func (x *exchange) verifyFactor() error {
	u, s, f, err := x.ownFactor()
	if err != nil {
		return err
	}
	body, err := x.body()
	if err != nil {
		return err
	}
	id, err := body.text("challenge_id")
	if err != nil {
		return err
	}
	entered, err := body.digits("code")
	if err != nil {
		return err
	}
	var in *issued
	err = x.attempt(subjectOf(u), func() (err error) {
		in, err = x.a.verifyTOTP(x.r.Context(), u, s, f, id, entered)
		return err
	})
	if err != nil {
		return err
	}
	return x.sendSession(in)
}

// digits returns a member that a person has typed and that is required.
func (o object) digits(name string) (string, error) {
	if o[name].Kind() == strictjson.Number {
		return "", failf(problem.AuthValidation, "%s must be a string: a number loses zeros", name)
	}
	text, err := o.text(name)
	if err == nil && text == "" {
		err = failf(problem.AuthValidation, "%s needs to be non-empty", name)
	}
	return text, err
}

// unenroll answers DELETE /factors/{id}.
func (x *exchange) unenroll() error {
	u, s, f, err := x.ownFactor()
	if err != nil {
		return err
	}
	if err := x.unenrollFactor(u, s, f); err != nil {
		return err
	}
	if err := x.renewCookie(s); err != nil {
		return err
	}
	return x.send(http.StatusOK, map[string]any{"id": f.ID})
}

// unenrollFactor removes a factor for its user, who has to be at level 2 where it is
// one that they can be asked for.
func (x *exchange) unenrollFactor(u *user, s *session, f *factor) error {
	if f.Status == factorVerified {
		if err := x.needsAAL2(s); err != nil {
			return err
		}
	}
	return x.a.db.Tx(x.r.Context(), func(ctx context.Context, tx *store.Tx) error {
		return x.a.removeFactor(ctx, tx, u, f, &s.ID)
	})
}
