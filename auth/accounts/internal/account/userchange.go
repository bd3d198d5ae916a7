package account

import (
	"context"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/outbox"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/throttle"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store"
)

// changeEmail begins the change of an e-mail address. The new address has to confirm it, and
// the present one too if it is confirmed. A new address that has an account is treated like any
// other: only its owner learns of it.
func (c *UserChange) changeEmail(ctx context.Context, tx *store.Tx, u *data.User) error {
	asked := c.asked()
	if c.Changes.Autoconfirm {
		return c.Changes.setContact(ctx, tx, u, data.Contact{Email: c.Email}, &asked)
	}
	if u.NewEmail == nil || *u.NewEmail != c.Email || u.EmailChangeHalf != nil {
		if err := data.BeginEmailChange(ctx, tx, u.ID, c.Email); err != nil {
			return err
		}
		u.NewEmail, u.EmailChangeHalf = &c.Email, nil
	}
	asked.Flow = c.Flow
	wait, err := c.Changes.MailEmailChange(ctx, tx, u, asked, c.Locale)
	if err == nil && wait > 0 {
		return throttle.OverMailLimit(data.Contact{Email: c.Email}, wait)
	}
	return err
}

// UserChange is a change by PUT /user.
type UserChange struct {
	Changes *Changes
	Session *data.Session
	Flow    data.Flow
	Locale  string

	Hash  *string          // of the new password; nil leaves it
	Email string           // canonical; empty leaves it
	Phone string           // canonical; empty leaves it
	Data  strictjson.Value // an object to merge into the metadata

	Upgrade upgrade // of an anonymous user who gets an account by a new e-mail address or phone number
}

// ReadEmail reads a new e-mail address, unless it is the user's own.
func (c *UserChange) ReadEmail(u *data.User, text string) error {
	if text == "" {
		return nil
	}
	email, ok := data.CanonicalEmail(text)
	switch {
	case !ok:
		return fail.ErrNoEmail
	case email == data.Deref(u.Email) && u.EmailConfirmedAt != nil:
		return nil
	case c.Changes.Outbox.Mailer == nil && !c.Changes.Autoconfirm:
		return fail.ErrNoMailer
	}
	c.Email = email
	return nil
}

// ChoosesPassword reports whether a session has just begun by a mail for choosing a new
// password.
func (ch *Changes) ChoosesPassword(s *data.Session) bool {
	byMail := s.ShownBy(data.MailMethods[data.CodeReset]) || s.ShownBy(data.MailMethods[data.CodeInvite])
	return byMail && ch.Now().Before(s.ShownAt().Add(ch.LinkLife))
}

// asked returns the content of the codes of the change.
func (c *UserChange) asked() data.MailedCode {
	return data.MailedCode{Session: &c.Session.ID, Metadata: c.Upgrade.user, AppMetadata: c.Upgrade.app}
}

// Apply writes the change as a whole and returns the user after it.
func (c *UserChange) Apply(ctx context.Context, seen *data.User) (u *data.User, err error) {
	err = c.Changes.Sessions.WhileOpen(ctx, c.Session, func(ctx context.Context, tx *store.Tx) error {
		if u, err = data.GetUser(ctx, tx, seen.ID); err != nil {
			return err
		}
		if c.Hash != nil {
			if err := c.Changes.setPassword(ctx, tx, u, seen.PasswordHash, *c.Hash, c.Session.ID); err != nil {
				return err
			}
		}
		if c.Data.Kind() == strictjson.Object {
			if err := data.MergeMetadata(ctx, tx, u, c.Data); err != nil {
				return err
			}
		}
		if c.Email != "" {
			if err := c.changeEmail(ctx, tx, u); err != nil {
				return err
			}
		}
		if c.Phone != "" {
			if err := c.changePhone(ctx, tx, u); err != nil {
				return err
			}
		}
		u, err = data.GetUser(ctx, tx, u.ID)
		return err
	})
	return u, err
}

// setPassword replaces the password that was checked. It ends other sessions, API keys, links
// and codes (OWASP ASVS 7.4.3).
func (ch *Changes) setPassword(ctx context.Context, tx *store.Tx, u *data.User, seen *string, hash string, keep store.ID) error {
	if replaced, err := data.ReplacePassword(ctx, tx, u.ID, seen, hash, ch.Now()); err != nil || !replaced {
		return fail.OrElse(err, &problem.Error{Code: problem.AuthConflict})
	}
	if err := ch.endOthers(ctx, tx, u, &keep, outbox.ChangePassword); err != nil {
		return err
	}
	if err := ch.Outbox.Notice(ctx, tx, u, outbox.ChangePassword); err != nil {
		return err
	}
	return ch.Sessions.Record(ctx, tx, &data.Event{Kind: "password_changed", UserID: &u.ID, SessionID: &keep}, nil)
}

// ReadPhone reads a new phone number, unless it is the user's own.
func (c *UserChange) ReadPhone(u *data.User, text, channel string) error {
	if text == "" {
		return nil
	}
	phone, ok := data.CanonicalPhone(text)
	switch {
	case c.Changes.Outbox.SMS == nil:
		return fail.ErrNoSMS
	case !ok:
		return fail.ErrNoPhone
	case phone == data.Deref(u.Phone) && u.PhoneConfirmedAt != nil:
		return nil
	}
	c.Phone = phone
	return data.Contact{Phone: phone}.CheckChannel(channel)
}

// changePhone begins the change of a phone number. Only the new number has to confirm it,
// because users lose phones. Package wire requires another proof instead. A number that
// another account has confirmed is treated like any other, but gets no message.
func (c *UserChange) changePhone(ctx context.Context, tx *store.Tx, u *data.User) error {
	asked := c.asked()
	if c.Changes.Autoconfirm {
		return c.Changes.setContact(ctx, tx, u, data.Contact{Phone: c.Phone}, &asked)
	}
	if err := data.BeginPhoneChange(ctx, tx, u.ID, c.Phone); err != nil {
		return err
	}
	u.NewPhone = &c.Phone
	wait, err := c.Changes.SendPhoneChange(ctx, tx, u, Mailing{Locale: c.Locale, Code: asked})
	if err == nil && wait > 0 {
		return throttle.OverMailLimit(data.Contact{Phone: c.Phone}, wait)
	}
	return err
}

// Linked returns the account to which an identity is linked.
func (su *SignUps) Linked(ctx context.Context, s store.Session, to *data.Linking) (*data.User, error) {
	by, err := data.StillOpen(ctx, s, to.Session)
	if err == nil && by.UserID != to.User {
		err = fail.ErrSessionUnknown
	}
	if err != nil {
		return nil, err
	}
	u, err := data.GetUser(ctx, s, to.User)
	if err != nil {
		return nil, err
	}
	return u, su.Sessions.MayEnter(u)
}

// AddIdentity writes the identity of a login at a provider.
func (ch *Changes) AddIdentity(ctx context.Context, tx *store.Tx, u *data.User, v *data.ExternalIdentity) (*data.Identity, error) {
	doc, err := store.JSONOf(v.Data)
	if err != nil {
		return nil, err
	}
	now := ch.Now()
	i := &data.Identity{UserID: u.ID, Provider: v.Provider, Issuer: v.Issuer, Subject: v.Subject, Data: doc, Email: v.Email, LastSignInAt: &now}
	if err := data.Insert(ctx, tx, i); err != nil {
		return nil, err
	}
	v.Identity = i.ID
	return i, nil
}
