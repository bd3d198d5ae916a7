package accounts

import (
	"context"
	"net/http"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// factorRoutes manage second factors and ask for them.
var factorRoutes = []route{
	{http.MethodPost, "factors", (*exchange).enroll},
	{http.MethodPost, "factors/{id}/challenge", (*exchange).challengeFactor},
	{http.MethodPost, "factors/{id}/verify", (*exchange).verifyFactor},
	{http.MethodDelete, "factors/{id}", (*exchange).unenroll},
}

// enroll answers POST /factors: it makes a factor that is verified by its first use.
func (x *exchange) enroll() error {
	u, s, body, err := x.enrolls()
	if err != nil {
		return err
	}
	in, err := body.texts("friendly_name", "factor_type", "issuer", "phone")
	if err != nil {
		return err
	}
	if err := checkFriendlyName(in["friendly_name"]); err != nil {
		return err
	}
	switch factorType(in["factor_type"]) {
	case factorTOTP:
		return x.enrollTOTP(u, s, in["friendly_name"], in["issuer"])
	case factorWebAuthn:
		return x.enrollWebAuthn(u, s, in["friendly_name"])
	case factorPhone:
		return x.enrollPhone(u, s, in["friendly_name"], in["phone"])
	}
	return failf(problem.AuthValidation, "factor_type needs to be totp, phone, or webauthn")
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

	WebAuthn *webauthnView `json:"webauthn,omitempty"`
}

// challengeFactor answers POST /factors/{id}/challenge.
func (x *exchange) challengeFactor() error {
	u, s, f, err := x.ownFactor()
	if err != nil {
		return err
	}
	if err := x.drawBegun(u); err != nil {
		return err
	}
	if f.Type == factorPhone {
		return x.challengePhone(u, s, f)
	}
	v := challengeView{Type: f.Type}
	var ceremony []byte
	if f.Type == factorWebAuthn {
		if v.WebAuthn, ceremony, err = x.a.beginWebAuthn(x.r.Context(), u, s, f); err != nil {
			return err
		}
	}
	id, expires, err := x.a.challenge(x.r.Context(), s, f, store.JSON(ceremony))
	if err != nil {
		return err
	}
	v.ID, v.ExpiresAt = id, expires.Unix()
	return x.send(http.StatusOK, v)
}

// verifyFactor answers POST /factors/{id}/verify with the session at level 2.
func (x *exchange) verifyFactor() error {
	u, s, f, err := x.ownFactor()
	if err != nil {
		return err
	}
	up := &stepUp{user: u, session: s, factor: f}
	if up.level, err = x.assurance(s); err != nil {
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
	var in *issued
	if f.Type == factorWebAuthn {
		// A signature is not guessed, so it draws on no budget.
		answer, err := body.webauthnAnswer()
		if err != nil {
			return err
		}
		if in, err = x.a.verifyWebAuthn(x.r.Context(), up, id, answer); err != nil {
			return err
		}
		return x.sendSession(in)
	}
	entered, err := body.required("code")
	if err != nil {
		return err
	}
	verify := x.a.verifyTOTP
	if f.Type == factorPhone {
		verify = x.a.verifyPhone
	}
	err = x.attempt(subjectOf(u), func() (err error) {
		in, err = verify(x.r.Context(), up, id, entered)
		return err
	})
	if err != nil {
		return err
	}
	return x.sendSession(in)
}

// required returns a member that is a string and not empty.
func (o object) required(name string) (string, error) {
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

// unenrollFactor removes a factor for its user, at level 2 if the factor is verified.
func (x *exchange) unenrollFactor(u *user, s *session, f *factor) error {
	if f.Status == factorVerified {
		if err := x.needsAAL2(s); err != nil {
			return err
		}
	}
	return x.a.whileOpen(x.r.Context(), s, func(ctx context.Context, tx *store.Tx) error {
		if err := x.a.lastWay(ctx, tx, u, f); err != nil {
			return err
		}
		return x.a.removeFactor(ctx, tx, u, f, &s.ID)
	})
}
