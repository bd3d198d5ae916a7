package accounts

import (
	"context"
	"errors"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
)

// The two addresses of a change.
const (
	halfOld = "current"
	halfNew = "new"
)

// asksBoth reports whether the present address of a user has to agree to a new one.
func (a *Accounts) asksBoth(u *user) bool {
	return !a.config.SingleEmailChange && !a.config.Autoconfirm && u.Email != nil && u.EmailConfirmedAt != nil
}

// changeEmail begins the change of an e-mail address. The new address has to confirm it, and
// the present one too if it is confirmed. A new address that has an account is treated like any
// other: only its owner learns of it.
func (c *userChange) changeEmail(ctx context.Context, tx *store.Tx, u *user) error {
	asked := c.asked()
	if c.a.config.Autoconfirm {
		return c.a.setContact(ctx, tx, u, contact{email: c.email}, &asked)
	}
	if u.NewEmail == nil || *u.NewEmail != c.email || u.EmailChangeHalf != nil {
		_, err := store.For[user](tx).PatchWhere(ctx, store.Eq("id", u.ID), store.SetTo("new_email", c.email), store.SetTo("email_change_half", nil))
		if err != nil {
			return err
		}
		u.NewEmail, u.EmailChangeHalf = &c.email, nil
	}
	asked.Flow = c.flow
	wait, err := c.a.mailEmailChange(ctx, tx, u, asked, c.locale)
	if err == nil && wait > 0 {
		return overMailLimit(contact{email: c.email}, wait)
	}
	return err
}

// mailEmailChange mails the addresses of a change that have not agreed yet.
func (a *Accounts) mailEmailChange(ctx context.Context, tx *store.Tx, u *user, c mailedCode, locale string) (wait time.Duration, err error) {
	subject := subjectOf(u)
	for _, at := range []struct {
		kind    codeKind
		subject string
	}{{codeEmailOld, subject}, {codeEmailNew, *u.NewEmail}} {
		if wait, err = a.mailTurnOf(ctx, tx, at.kind, at.subject); err != nil || wait > 0 {
			return wait, err
		}
	}
	c.NewEmail = *u.NewEmail
	half := deref(u.EmailChangeHalf)
	if half != halfNew {
		m := mailing{kind: codeEmailNew, owner: u.ID, to: c.NewEmail, template: MailEmailChange, locale: locale, present: deref(u.Email), code: c}
		m.code.Email = c.NewEmail
		taken, err := a.byEmail(ctx, tx, c.NewEmail)
		if err != nil {
			return 0, err
		}
		if taken != nil && taken.ID != u.ID && taken.EmailConfirmedAt != nil {
			m.template, m.code.NewEmail = MailExisting, ""
		}
		if err := a.mailCode(ctx, tx, m); err != nil {
			return 0, err
		}
	}
	if half == halfOld || !a.asksBoth(u) {
		return 0, nil
	}
	m := mailing{kind: codeEmailOld, owner: u.ID, to: *u.Email, template: MailEmailChange, locale: locale, code: c}
	m.code.Email = *u.Email
	return 0, a.mailCode(ctx, tx, m)
}

// agree records that one address confirms a change, and makes the change if no other has to. It
// returns no user until then.
func (a *Accounts) agree(ctx context.Context, tx *store.Tx, owner store.ID, p *proven) (*user, error) {
	u, err := store.For[user](tx).Get(ctx, owner)
	if errors.Is(err, store.ErrNotFound) {
		return nil, errOTP
	}
	if err != nil {
		return nil, err
	}
	half, other := halfNew, halfOld
	if p.kind == codeEmailOld {
		half, other = halfOld, halfNew
	}
	stale := u.RemovedAt != nil || u.NewEmail == nil || *u.NewEmail != p.code.NewEmail || half == halfOld && deref(u.Email) != p.code.Email
	if stale {
		return nil, errOTP
	}
	if p.code.Session != nil { // none where an admin has made the link
		if asked, err := a.stillAsked(ctx, tx, &p.code); err != nil || !asked {
			return nil, orElse(err, errOTP)
		}
	}
	if holds, err := a.halfHolds(ctx, tx, u); err != nil || !holds {
		return nil, orElse(err, errOTP)
	}
	if deref(u.EmailChangeHalf) == other || half == halfNew && !a.asksBoth(u) {
		return u, a.setContact(ctx, tx, u, contact{email: *u.NewEmail}, &p.code)
	}
	_, err = store.For[user](tx).PatchWhere(ctx, store.Eq("id", u.ID), store.SetTo("email_change_half", half))
	return nil, err
}

// resendEmailChange mails the addresses of a change once more. The address is the one
// that the account has.
func (x *exchange) resendEmailChange(in asked) error {
	a := x.a
	if a.config.Mailer == nil {
		return errNoMailer
	}
	return x.mailWithin(in.contact, store.ID{}, func(ctx context.Context, tx *store.Tx) (wait time.Duration, err error) {
		u, err := a.byEmail(ctx, tx, in.email)
		if err != nil {
			return 0, err
		}
		if u == nil || u.NewEmail == nil || a.mayEnter(u) != nil {
			return a.mailTurnOf(ctx, tx, codeEmailOld, in.email)
		}
		asked, err := a.lastChange(ctx, tx, u, codeEmailOld, codeEmailNew)
		if err != nil {
			return 0, err
		}
		still, err := a.stillAsked(ctx, tx, &asked)
		if err == nil && still {
			still, err = a.halfHolds(ctx, tx, u)
		}
		switch {
		case err != nil:
			return 0, err
		case !still:
			return a.mailTurnOf(ctx, tx, codeEmailOld, in.email)
		}
		asked.Flow = in.flow
		return a.mailEmailChange(ctx, tx, u, asked, x.locale(u))
	})
}

// lastChange is what the code of a change that is under way was for, the last one of
// some kinds.
func (a *Accounts) lastChange(ctx context.Context, tx *store.Tx, u *user, kinds ...codeKind) (asked mailedCode, err error) {
	c, err := a.lastCode(ctx, tx, u.ID, kinds...)
	if err == nil && c != nil {
		err = c.read(&asked)
	}
	return asked, err
}

// halfHolds reports whether an address that has agreed to a change, if one has, still does: for
// as long after its link was opened as that was good. Who reads the mails of the address by
// then may be another.
func (a *Accounts) halfHolds(ctx context.Context, tx *store.Tx, u *user) (bool, error) {
	kind := codeEmailOld
	switch deref(u.EmailChangeHalf) {
	case "":
		return true, nil
	case halfNew:
		kind = codeEmailNew
	}
	n, err := store.For[code](tx).Count(ctx, store.And(
		store.Eq("user_id", u.ID), store.Eq("kind", string(kind)), store.Compare("used_at", store.OpGt, a.now().Add(-a.config.LinkLife)),
	))
	return n > 0, err
}

// stillAsked reports whether the session that asked for a change is alive. If it was ended to
// lock its client out, the change would let that client in again.
func (a *Accounts) stillAsked(ctx context.Context, tx *store.Tx, c *mailedCode) (bool, error) {
	if c.Session == nil {
		return false, nil
	}
	_, err := a.stillOpen(ctx, tx, *c.Session)
	if errors.Is(err, errSessionUnknown) {
		return false, nil
	}
	return err == nil, err
}
