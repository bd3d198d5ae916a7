// Package account makes, changes and deletes accounts: by sign-up, mailed codes and invitations,
// and by admins.
package account

import (
	"context"
	"errors"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/apikey"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/code"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/outbox"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/role"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/seal"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/throttle"
	"github.com/seed-7694ebf6/plinth/auth/password"
	"github.com/seed-7694ebf6/plinth/store"
)

// Changes changes accounts that exist: their contacts, passwords and metadata.
type Changes struct {
	DB       *store.DB
	Keys     *seal.Keyring
	Hashes   *password.Hasher
	Now      func() time.Time
	Codes    *code.Codes
	Outbox   *outbox.Outbox
	Sessions *session.Sessions
	Roles    *role.Roles
	Throttle *throttle.Throttle
	APIKeys  *apikey.APIKeys

	PublicURL         string
	SiteURL           string
	Autoconfirm       bool
	SingleEmailChange bool
	LinkLife          time.Duration
	InviteLife        time.Duration
	Passwords         password.Policy
}

// SignUps makes accounts, and consumes the codes that confirm them.
type SignUps struct {
	*Changes
	DisableSignup bool
}

// MoveChanges moves the pending changes of a session to the session that replaces it. They
// end with that session, see RequesterAlive.
func MoveChanges(ctx context.Context, tx *store.Tx, s, next *data.Session) error {
	for _, kind := range []data.CodeKind{data.CodeEmailOld, data.CodeEmailNew, data.CodePhone} {
		c, err := data.LastCode(ctx, tx, s.UserID, kind)
		if err != nil {
			return err
		}
		if c == nil {
			continue
		}
		var asked data.MailedCode
		if err := c.Read(&asked); err != nil {
			return err
		}
		if asked.Session == nil || *asked.Session != s.ID {
			continue
		}
		asked.Session = &next.ID
		doc, err := store.JSONOf(asked)
		if err != nil {
			return err
		}
		if err := data.WriteCodeData(ctx, tx, c.ID, doc); err != nil {
			return err
		}
	}
	return nil
}

// The two addresses of a change.
const (
	halfOld = "current"
	halfNew = "new"
)

// NeedsBothAddresses reports whether the present e-mail address of a user has to confirm a
// change too.
func (ch *Changes) NeedsBothAddresses(u *data.User) bool {
	return !ch.SingleEmailChange && !ch.Autoconfirm && u.Email != nil && u.EmailConfirmedAt != nil
}

// MailEmailChange mails the e-mail addresses that have not confirmed a change yet.
func (ch *Changes) MailEmailChange(ctx context.Context, tx *store.Tx, u *data.User, c data.MailedCode, locale string) (wait time.Duration, err error) {
	subject := throttle.SubjectOf(u)
	for _, at := range []struct {
		kind    data.CodeKind
		subject string
	}{{data.CodeEmailOld, subject}, {data.CodeEmailNew, *u.NewEmail}} {
		if wait, err = ch.Throttle.MailTurnOf(ctx, tx, at.kind, at.subject); err != nil || wait > 0 {
			return wait, err
		}
	}
	c.NewEmail = *u.NewEmail
	half := data.Deref(u.EmailChangeHalf)
	if half != halfNew {
		m := Mailing{Kind: data.CodeEmailNew, Owner: u.ID, To: c.NewEmail, Template: outbox.MailEmailChange, Locale: locale, present: data.Deref(u.Email), Code: c}
		m.Code.Email = c.NewEmail
		taken, err := data.ByEmail(ctx, tx, c.NewEmail)
		if err != nil {
			return 0, err
		}
		if taken != nil && taken.ID != u.ID && taken.EmailConfirmedAt != nil {
			m.Template, m.Code.NewEmail = outbox.MailExisting, ""
		}
		if err := ch.MailCode(ctx, tx, m); err != nil {
			return 0, err
		}
	}
	if half == halfOld || !ch.NeedsBothAddresses(u) {
		return 0, nil
	}
	m := Mailing{Kind: data.CodeEmailOld, Owner: u.ID, To: *u.Email, Template: outbox.MailEmailChange, Locale: locale, Code: c}
	m.Code.Email = *u.Email
	return 0, ch.MailCode(ctx, tx, m)
}

// agree records that one address confirms a change, and makes the change if no other has to. It
// returns no user until then.
func (ch *Changes) agree(ctx context.Context, tx *store.Tx, owner store.ID, p *proven) (*data.User, error) {
	u, err := data.GetUser(ctx, tx, owner)
	if errors.Is(err, store.ErrNotFound) {
		return nil, fail.ErrOTP
	}
	if err != nil {
		return nil, err
	}
	half, other := halfNew, halfOld
	if p.Kind == data.CodeEmailOld {
		half, other = halfOld, halfNew
	}
	stale := u.RemovedAt != nil || u.NewEmail == nil || *u.NewEmail != p.Code.NewEmail || half == halfOld && data.Deref(u.Email) != p.Code.Email
	if stale {
		return nil, fail.ErrOTP
	}
	if p.Code.Session != nil { // nil if an admin has made the link
		if asked, err := RequesterAlive(ctx, tx, &p.Code); err != nil || !asked {
			return nil, fail.OrElse(err, fail.ErrOTP)
		}
	}
	if holds, err := ch.AgreementHolds(ctx, tx, u); err != nil || !holds {
		return nil, fail.OrElse(err, fail.ErrOTP)
	}
	if data.Deref(u.EmailChangeHalf) == other || half == halfNew && !ch.NeedsBothAddresses(u) {
		return u, ch.setContact(ctx, tx, u, data.Contact{Email: *u.NewEmail}, &p.Code)
	}
	return nil, data.AgreeHalf(ctx, tx, u.ID, half)
}

// LastChange returns the content of the last code of a pending change, of some kinds.
func LastChange(ctx context.Context, tx *store.Tx, u *data.User, kinds ...data.CodeKind) (asked data.MailedCode, err error) {
	c, err := data.LastCode(ctx, tx, u.ID, kinds...)
	if err == nil && c != nil {
		err = c.Read(&asked)
	}
	return asked, err
}

// AgreementHolds reports whether the confirmation of a change by one e-mail address is valid,
// or there is none. It expires as the link did, because the address may have another owner
// by then.
func (ch *Changes) AgreementHolds(ctx context.Context, tx *store.Tx, u *data.User) (bool, error) {
	kind := data.CodeEmailOld
	switch data.Deref(u.EmailChangeHalf) {
	case "":
		return true, nil
	case halfNew:
		kind = data.CodeEmailNew
	}
	return data.UsedSince(ctx, tx, u.ID, kind, ch.Now().Add(-ch.LinkLife))
}

// RequesterAlive reports whether the session that requested a change is active. If it was ended to
// lock its client out, the change would let that client in again.
func RequesterAlive(ctx context.Context, tx *store.Tx, c *data.MailedCode) (bool, error) {
	if c.Session == nil {
		return false, nil
	}
	_, err := data.StillOpen(ctx, tx, *c.Session)
	if errors.Is(err, fail.ErrSessionUnknown) {
		return false, nil
	}
	return err == nil, err
}

// SendPhoneChange sends the code of a change to the new phone number.
func (ch *Changes) SendPhoneChange(ctx context.Context, tx *store.Tx, u *data.User, m Mailing) (wait time.Duration, err error) {
	at := data.Contact{Phone: *u.NewPhone}
	if wait, err = ch.Throttle.MailTurn(ctx, tx, data.CodePhone, at); err != nil || wait > 0 {
		return wait, err
	}
	other, err := data.At(ctx, tx, at)
	if err != nil {
		return 0, err
	}
	m.Kind, m.Owner, m.Template, m.Code.Phone = data.CodePhone, u.ID, outbox.SMSPhoneChange, at.Phone
	if other == nil || other.ID == u.ID || !at.Confirmed(other) {
		m.To = at.Phone
	}
	return 0, ch.MailCode(ctx, tx, m)
}

// agreePhone makes the change of a phone number that its owner has confirmed.
func (ch *Changes) agreePhone(ctx context.Context, tx *store.Tx, owner store.ID, p *proven) (*data.User, error) {
	u, err := data.GetUser(ctx, tx, owner)
	if errors.Is(err, store.ErrNotFound) {
		return nil, fail.ErrOTP
	}
	if err != nil {
		return nil, err
	}
	if u.RemovedAt != nil || data.Deref(u.NewPhone) != p.Code.Phone {
		return nil, fail.ErrOTP
	}
	if asked, err := RequesterAlive(ctx, tx, &p.Code); err != nil || !asked {
		return nil, fail.OrElse(err, fail.ErrOTP)
	}
	return u, ch.setContact(ctx, tx, u, data.Contact{Phone: p.Code.Phone}, &p.Code)
}
