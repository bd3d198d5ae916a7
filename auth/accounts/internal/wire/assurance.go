package wire

import (
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/factor"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/internal/problem"
)

// assurance returns the level of a request: that of its token, since a stolen token of level 1
// must not rise with its session, but at most that of the session, which may have returned to
// level 1.
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
