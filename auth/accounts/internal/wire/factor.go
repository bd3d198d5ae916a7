package wire

import (
	"context"
	"net/http"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/factor"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/throttle"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// factorRoutes manage and verify second factors.
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

// ownFactor returns the user, the session and the factor in the path, which is the user's.
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

// FactorView is a factor as clients see it.
type FactorView struct {
	ID               store.ID        `json:"id"`
	FriendlyName     string          `json:"friendly_name,omitempty"`
	FactorType       data.FactorType `json:"factor_type"`
	Status           string          `json:"status"`
	Phone            string          `json:"phone,omitempty"`
	CreatedAt        time.Time       `json:"created_at"`
	UpdatedAt        time.Time       `json:"updated_at"`
	LastChallengedAt *time.Time      `json:"last_challenged_at,omitempty"`
}

func viewFactor(f *data.Factor) FactorView {
	return FactorView{
		ID: f.ID, FriendlyName: f.FriendlyName, FactorType: f.Type, Status: f.Status, Phone: data.Deref(f.Phone),
		CreatedAt: f.CreatedAt, UpdatedAt: f.UpdatedAt, LastChallengedAt: f.LastChallengedAt,
	}
}

func viewFactors(factors []*data.Factor) []FactorView {
	out := make([]FactorView, len(factors))
	for i, f := range factors {
		out[i] = viewFactor(f)
	}
	return out
}

// assurance returns the level of a request: the lower one of its token and its session. A
// stolen token of level 1 must not rise with the session, and the session may have returned
// to level 1.
func (x factorHandler) assurance(s *data.Session) (int64, error) {
	p, err := x.principal()
	return min(int64(p.AAL), s.AAL), err
}

// needsAAL2 refuses a request at level 1.
func (x factorHandler) needsAAL2(s *data.Session) error {
	level, err := x.assurance(s)
	if err == nil && level < 2 {
		err = &problem.Error{Code: problem.AuthInsufficientAAL}
	}
	return err
}

// needsSecondFactor rejects a request at level 1 of a user with a second factor.
func (x factorHandler) needsSecondFactor(u *data.User, s *data.Session) error {
	second, err := data.HasSecondFactor(x.r.Context(), x.DB, u.ID)
	if err != nil || !second {
		return err
	}
	return x.needsAAL2(s)
}

// enroller returns the user who may add a factor, and the level of the request: a user with an
// account, at level 2 if they have a factor already.
func (x factorHandler) enroller() (*data.User, *data.Session, int64, error) {
	u, s, err := x.caller()
	if err != nil {
		return nil, nil, 0, err
	}
	if u.IsAnonymous {
		return nil, nil, 0, fail.ErrAnonymousFactor
	}
	level, err := x.assurance(s)
	if err == nil {
		err = factor.MayAdd(x.r.Context(), x.DB, &data.Factor{UserID: u.ID}, level)
	}
	return u, s, level, err
}

// enrolls returns the user who begins to add a factor, with the body of the request. If the
// session is older than Config.ReauthenticateAfter the body has to prove the user's identity,
// since a factor outlasts the session.
func (x factorHandler) enrolls() (*data.User, *data.Session, object, error) {
	u, s, level, err := x.enroller()
	if err != nil {
		return nil, nil, nil, err
	}
	body, err := x.body()
	if err != nil {
		return nil, nil, nil, err
	}
	in, err := body.texts("current_password", "nonce")
	if err == nil && level < 2 {
		err = x.users().proveSelf(u, s, in)
	}
	return u, s, body, err
}
