package accounts

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// Methods of a second factor, as in the claim amr.
const (
	methodTOTP     = "totp"
	methodWebAuthn = "mfa/webauthn"
	methodRecovery = "mfa/recovery_code"
)

// raise brings a session to level 2. It is rotated: its refresh token is no longer
// good, and its counter moves by two, so that the token of level 1 does not give the
// next one either, as it would within the grace. Access tokens of before stay what
// they are, tokens of level 1; see assurance.
func (a *Accounts) raise(ctx context.Context, tx *store.Tx, s *session, how string, by *store.ID) error {
	sessions := store.For[session](tx)
	fresh, err := sessions.Get(ctx, s.ID)
	if err != nil {
		return err
	}
	now := a.now()
	methods, err := fresh.withMethod(method{Method: how, Timestamp: now.Unix()})
	if err != nil {
		return err
	}
	n, err := sessions.PatchWhere(ctx, store.And(store.Eq("id", s.ID), store.Null("ended_at"), store.Eq("counter", fresh.Counter)),
		store.SetTo("aal", 2), store.SetTo("factor_id", by), store.SetTo("methods", methods),
		store.SetTo("counter", fresh.Counter+2), store.SetTo("refreshed_at", now))
	if err != nil {
		return err
	}
	if n != 1 {
		return errSessionUnknown // it has ended since it was read
	}
	s.AAL, s.FactorID, s.Methods, s.Counter, s.RefreshedAt = 2, by, methods, fresh.Counter+2, now
	return nil
}

// withMethod returns the methods of a session and another, as the newest. Each stands
// there once, with the last time.
func (s *session) withMethod(how method) (store.JSON, error) {
	list, err := s.shown()
	if err != nil {
		return "", err
	}
	list = slices.DeleteFunc(list, func(m method) bool { return m.Method == how.Method })
	return store.JSONOf(append(list, how))
}

// shown returns how the user of a session has shown who they are, oldest first.
func (s *session) shown() (list []method, err error) {
	if err := s.Methods.Decode(&list); err != nil {
		return nil, fmt.Errorf("accounts: methods of session %s: %w", s.ID, err)
	}
	return list, nil
}

// shownBy reports whether a session has been begun or raised by a method. One that
// cannot be read was by none, and has shown nothing.
func (s *session) shownBy(how string) bool {
	list, _ := s.shown()
	return slices.ContainsFunc(list, func(m method) bool { return m.Method == how })
}

// shownAt is when the user of a session has last shown who they are.
func (s *session) shownAt() time.Time {
	list, err := s.shown()
	if err != nil {
		return time.Time{}
	}
	var last int64
	for _, m := range list {
		last = max(last, m.Timestamp)
	}
	return time.Unix(last, 0)
}

// assurance is the level of a request: that of its token, since who has stolen a
// token of level 1 does not rise with its session, and not above that of the session,
// which may have gone back since.
func (x *exchange) assurance(s *session) (int64, error) {
	p, err := x.principal()
	return min(int64(p.AAL), s.AAL), err
}

// needsAAL2 refuses a request at level 1.
func (x *exchange) needsAAL2(s *session) error {
	level, err := x.assurance(s)
	if err == nil && level < 2 {
		err = &problem.Error{Code: problem.AuthInsufficientAAL}
	}
	return err
}

// needsSecondFactor refuses a request at level 1 of a user who has a second factor.
func (x *exchange) needsSecondFactor(u *user, s *session) error {
	second, err := x.a.hasSecondFactor(x.r.Context(), u.ID)
	if err != nil || !second {
		return err
	}
	return x.needsAAL2(s)
}

// enroller returns who may have another factor, and the level of their request: a user
// with an account, at level 2 where they have a factor already.
func (x *exchange) enroller() (*user, *session, int64, error) {
	u, s, err := x.caller()
	if err != nil {
		return nil, nil, 0, err
	}
	if u.IsAnonymous {
		return nil, nil, 0, errAnonymousFactor
	}
	level, err := x.assurance(s)
	if err == nil {
		err = x.a.mayAdd(x.r.Context(), x.a.db, &factor{UserID: u.ID}, level)
	}
	return u, s, level, err
}

// enrolls returns who begins to make a factor, with the body of the request, which proves
// that it is them where their session is not young: a factor is a way in that outlasts it.
func (x *exchange) enrolls() (*user, *session, object, error) {
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
		err = x.proveSelf(u, s, in)
	}
	return u, s, body, err
}

// subjectAt returns the account that attempts at a contact count for. For a phone number it is
// the account of its user, which may have an e-mail address as well.
func (a *Accounts) subjectAt(ctx context.Context, at contact) (string, error) {
	if at.phone == "" {
		return at.email, nil
	}
	u, err := a.at(ctx, a.db, at)
	if err != nil || u == nil {
		return "+" + at.phone, err
	}
	return subjectOf(u), nil
}

// subjectOf is the account of a user as attempts count it: by the address that
// others would try it with too.
func subjectOf(u *user) string {
	if u.Email != nil {
		return *u.Email
	}
	return u.ID.String()
}
