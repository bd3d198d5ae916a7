package wire

import (
	"context"
	"net/http"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/factor"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/throttle"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// factorRoutes manage second factors and ask for them.
var factorRoutes = []route{
	{http.MethodPost, "factors", on(factorHandler.enroll)},
	{http.MethodPost, "factors/{id}/challenge", on(factorHandler.challengeFactor)},
	{http.MethodPost, "factors/{id}/verify", on(factorHandler.verifyFactor)},
	{http.MethodDelete, "factors/{id}", on(factorHandler.unenroll)},
}

// enroll answers POST /factors: it makes a factor that is verified by its first use.
func (x factorHandler) enroll() error {
	u, s, body, err := x.enrolls()
	if err != nil {
		return err
	}
	in, err := body.texts("friendly_name", "factor_type", "issuer", "phone")
	if err != nil {
		return err
	}
	if err := factor.CheckFriendlyName(in["friendly_name"]); err != nil {
		return err
	}
	switch data.FactorType(in["factor_type"]) {
	case data.FactorTOTP:
		return x.enrollTOTP(u, s, in["friendly_name"], in["issuer"])
	case data.FactorWebAuthn:
		return x.enrollWebAuthn(u, s, in["friendly_name"])
	case data.FactorPhone:
		return x.enrollPhone(u, s, in["friendly_name"], in["phone"])
	}
	return fail.New(problem.AuthValidation, "factor_type needs to be totp, phone, or webauthn")
}

// ownFactor returns who makes the request and the factor of theirs that it names.
func (x factorHandler) ownFactor() (*data.User, *data.Session, *data.Factor, error) {
	u, s, err := x.caller()
	if err != nil {
		return nil, nil, nil, err
	}
	f, err := data.FactorOf(x.r.Context(), x.DB, u.ID, x.params["id"])
	return u, s, f, err
}

// ChallengeView is the answer to POST /factors/{id}/challenge.
type ChallengeView struct {
	ID        string          `json:"id"`
	Type      data.FactorType `json:"type"`
	ExpiresAt int64           `json:"expires_at"` // Unix seconds

	WebAuthn *factor.WebauthnView `json:"webauthn,omitempty"`
}

// challengeFactor answers POST /factors/{id}/challenge.
func (x factorHandler) challengeFactor() error {
	u, s, f, err := x.ownFactor()
	if err != nil {
		return err
	}
	if err := x.budgets().drawBegun(u); err != nil {
		return err
	}
	if f.Type == data.FactorPhone {
		return x.challengePhone(u, s, f)
	}
	v := ChallengeView{Type: f.Type}
	var ceremony []byte
	if f.Type == data.FactorWebAuthn {
		if v.WebAuthn, ceremony, err = x.Factors.BeginWebAuthn(x.r.Context(), u, s, f); err != nil {
			return err
		}
	}
	id, expires, err := x.Codes.Challenge(x.r.Context(), s, f, store.JSON(ceremony))
	if err != nil {
		return err
	}
	v.ID, v.ExpiresAt = id, expires.Unix()
	return x.send(http.StatusOK, v)
}

// verifyFactor answers POST /factors/{id}/verify with the session at level 2.
func (x factorHandler) verifyFactor() error {
	u, s, f, err := x.ownFactor()
	if err != nil {
		return err
	}
	up := &factor.StepUp{User: u, Session: s, Factor: f}
	if up.Level, err = x.assurance(s); err != nil {
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
	var in *session.Issued
	if f.Type == data.FactorWebAuthn {
		// A signature is not guessed, so it draws on no budget.
		answer, err := body.webauthnAnswer()
		if err != nil {
			return err
		}
		if in, err = x.Factors.VerifyWebAuthn(x.r.Context(), up, id, answer); err != nil {
			return err
		}
		return x.sendSession(in)
	}
	entered, err := body.required("code")
	if err != nil {
		return err
	}
	verify := x.Factors.VerifyTOTP
	if f.Type == data.FactorPhone {
		verify = x.Factors.VerifyPhone
	}
	err = x.budgets().attempt(throttle.SubjectOf(u), func() (err error) {
		in, err = verify(x.r.Context(), up, id, entered)
		return err
	})
	if err != nil {
		return err
	}
	return x.sendSession(in)
}

// unenroll answers DELETE /factors/{id}.
func (x factorHandler) unenroll() error {
	u, s, f, err := x.ownFactor()
	if err != nil {
		return err
	}
	if err := x.unenrollFactor(u, s, f); err != nil {
		return err
	}
	if err := x.cookies().renewCookie(s); err != nil {
		return err
	}
	return x.send(http.StatusOK, map[string]any{"id": f.ID})
}

// unenrollFactor removes a factor for its user, at level 2 if the factor is verified.
func (x factorHandler) unenrollFactor(u *data.User, s *data.Session, f *data.Factor) error {
	if f.Status == data.FactorVerified {
		if err := x.needsAAL2(s); err != nil {
			return err
		}
	}
	return x.Sessions.WhileOpen(x.r.Context(), s, func(ctx context.Context, tx *store.Tx) error {
		if err := x.Factors.LastWay(ctx, tx, u, f); err != nil {
			return err
		}
		return x.Factors.RemoveFactor(ctx, tx, u, f, &s.ID)
	})
}
