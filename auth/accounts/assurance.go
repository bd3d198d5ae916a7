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

// raise brings a session to level 2 and rotates it. Its counter moves by two, so the refresh
// token of level 1 does not return the next one within the grace. Previous access tokens stay
// at level 1, see assurance.
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

// assurance returns the level of a request: that of its token, since a stolen token of level 1
// must not rise with its session, but at most that of the session, which may have returned to
// level 1.
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

// needsSecondFactor rejects a request at level 1 of a user with a second factor.
func (x *exchange) needsSecondFactor(u *user, s *session) error {
	second, err := x.a.hasSecondFactor(x.r.Context(), u.ID)
	if err != nil || !second {
		return err
	}
	return x.needsAAL2(s)
}

// enroller returns the user who may add a factor, and the level of the request: a user with an
// account, at level 2 if they have a factor already.
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

// enrolls returns the user who begins to add a factor, with the body of the request. If the
// session is older than Config.ReauthenticateAfter the body has to prove the user's identity,
// since a factor outlasts the session.
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
