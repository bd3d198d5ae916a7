package account

import (
	"cmp"
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/code"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/outbox"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// Release removes an unconfirmed contact from an account, for another user who has proved to
// own it.
func (ch *Changes) Release(ctx context.Context, tx *store.Tx, at data.Contact) error {
	u, err := data.At(ctx, tx, at)
	if err != nil || u == nil || at.Confirmed(u) {
		return err
	}
	if err := data.DropAddress(ctx, tx, u.ID, at); err != nil {
		return err
	}
	if err := data.SyncProviders(ctx, tx, u); err != nil {
		return err
	}
	if err := data.ReleaseContact(ctx, tx, u, at); err != nil {
		return err
	}
	if err := ch.Sessions.RevokeUser(ctx, tx, u); err != nil {
		return err
	}
	return ch.Sessions.Record(ctx, tx, &data.Event{Kind: "contact_released", UserID: &u.ID}, map[string]any{at.Column(): at.Text()})
}

// vacate makes a contact available to a user who has proved to own it: an unconfirmed one is
// released. With Config.Autoconfirm nothing was proved, and it is not released. refused is the
// code of the error for a contact of another user.
func (ch *Changes) vacate(ctx context.Context, tx *store.Tx, u *data.User, at data.Contact, refused string) error {
	other, err := data.At(ctx, tx, at)
	switch {
	case err != nil || other == nil || other.ID == u.ID:
		return err
	case at.Confirmed(other) || ch.Autoconfirm:
		return &problem.Error{Code: refused}
	}
	return ch.Release(ctx, tx, at)
}

// setContact gives a user another e-mail address or phone number that they have proved to own.
// The session that has asked for it stays alive. Other sessions, API keys and all codes end. An
// anonymous user becomes one with an account. An account with the same unconfirmed contact
// loses it.
func (ch *Changes) setContact(ctx context.Context, tx *store.Tx, u *data.User, at data.Contact, by *data.MailedCode) error {
	keep := by.Session
	change, refused, old := outbox.ChangeEmail, problem.AuthEmailExists, data.Deref(u.Email)
	if at.Phone != "" {
		change, refused, old = outbox.ChangePhone, problem.AuthPhoneExists, data.Deref(u.Phone)
	}
	if err := upgradeBy(ctx, tx, u, by); err != nil {
		return err
	}
	if err := ch.vacate(ctx, tx, u, at, refused); err != nil {
		return err
	}
	if err := ch.Outbox.Notice(ctx, tx, u, change); err != nil {
		return err
	}
	if err := ch.endOthers(ctx, tx, u, keep, change); err != nil {
		return err
	}
	at.Confirm(u, ch.Now())
	if err := saveContacts(ctx, tx, u); err != nil {
		return taken(err)
	}
	return ch.Sessions.Record(ctx, tx, &data.Event{Kind: change + "_changed", UserID: &u.ID, SessionID: keep}, map[string]any{"from": old, "to": at.Text()})
}

// ContactOf reads the e-mail address or the phone number of a request, which must have one.
func (su *SignUps) ContactOf(email, phone string) (at data.Contact, err error) {
	var ok bool
	switch {
	case phone == "":
		if at.Email, ok = data.CanonicalEmail(email); !ok {
			return at, fail.ErrNoEmail
		}
	case email != "":
		return at, fail.ErrBothContacts
	case su.Outbox.SMS == nil:
		return at, fail.ErrNoSMS
	default:
		if at.Phone, ok = data.CanonicalPhone(phone); !ok {
			return at, fail.ErrNoPhone
		}
	}
	return at, nil
}

// proveOwner records that the caller reads the mails of the user's e-mail address, or the
// messages to their number. Since anyone can sign up with any address, the first proof removes
// what was made before, see evict. keepPassword is set for the confirmation of a sign-up, which
// keeps its password and metadata; see signUpByCode for conflicting passwords.
func (ch *Changes) proveOwner(ctx context.Context, tx *store.Tx, u *data.User, at data.Contact, keepPassword bool, from data.Device) error {
	if at.Confirmed(u) {
		return nil
	}
	var err error
	if keepPassword {
		err = ch.removeCredentials(ctx, tx, u)
	} else {
		err = ch.Evict(ctx, tx, u, at, from)
	}
	if err != nil {
		return err
	}
	at.Confirm(u, ch.Now())
	if err := saveContacts(ctx, tx, u); err != nil {
		return err
	}
	return ch.Sessions.Record(ctx, tx, from.Event(at.Column()+"_confirmed", &u.ID), map[string]any{"password_kept": u.PasswordHash != nil})
}

// saveContacts writes the contacts and identities of a user after a contact was changed or
// confirmed.
func saveContacts(ctx context.Context, tx *store.Tx, u *data.User) error {
	if err := changeAddresses(ctx, tx, u); err != nil {
		return err
	}
	if err := data.SyncProviders(ctx, tx, u); err != nil {
		return err
	}
	return data.WriteContacts(ctx, tx, u)
}

// endOthers ends everything by which others could use an account: sessions except one to keep,
// API keys, mailed codes, a pending change of e-mail address or phone number.
func (ch *Changes) endOthers(ctx context.Context, tx *store.Tx, u *data.User, keep *store.ID, why string) error {
	sessions := data.SessionsOf(u.ID)
	if keep != nil {
		sessions = data.OtherSessions(u.ID, *keep)
	}
	if err := ch.Sessions.EndIn(ctx, tx, sessions, why); err != nil {
		return err
	}
	if err := ch.APIKeys.EndKeysOf(ctx, tx, u.ID, why); err != nil {
		return err
	}
	return ch.CancelMailed(ctx, tx, u)
}

// Evict removes from an account everything that lets a person in now or later, and everything
// that they have written into it. It runs when a user proves to own an e-mail address or a
// phone number that the account has not confirmed, by a means that the account does not have:
// an attacker who has signed up with the address must not keep access. What admins gave the
// account stays, since it was meant for the owner of the address. Another contact of the
// account is removed: it was not confirmed either, see data.Contact.Others.
//
// The caller then writes the proved contact, with its identity.
func (ch *Changes) Evict(ctx context.Context, tx *store.Tx, u *data.User, at data.Contact, from data.Device) error {
	if err := data.Evict(ctx, tx, u, at); err != nil {
		return err
	}
	if err := ch.removeCredentials(ctx, tx, u); err != nil {
		return err
	}
	if err := data.DropIdentities(ctx, tx, u.ID); err != nil {
		return err
	}
	return ch.Sessions.Record(ctx, tx, from.Event("claimed_by_owner", &u.ID), nil)
}

// removeCredentials removes sessions, codes, factors, identities and pending changes of contact from
// an account. Password, e-mail address and phone number stay.
func (ch *Changes) removeCredentials(ctx context.Context, tx *store.Tx, u *data.User) error {
	if err := data.DropChange(ctx, tx, u); err != nil {
		return err
	}
	if err := data.DropProviders(ctx, tx, u.ID); err != nil {
		return err
	}
	if err := data.DropFactors(ctx, tx, u.ID); err != nil {
		return err
	}
	if err := ch.Codes.DropCodes(ctx, tx, u.ID); err != nil {
		return err
	}
	if err := ch.APIKeys.EndKeysOf(ctx, tx, u.ID, session.EndedByOwner); err != nil {
		return err
	}
	return ch.Sessions.EndIn(ctx, tx, data.SessionsOf(u.ID), session.EndedByOwner)
}

// addressee is the user with an e-mail address or a phone number. Without a user a code is made
// and a mail queued that is not sent, so that neither the answer nor its time reveals whether
// there is an account.
type addressee struct {
	ID   store.ID   // of the user, or one derived from the contact
	User *data.User // nil without an account
}

// Addressee finds the user who gets a code for a contact.
func (ch *Changes) Addressee(ctx context.Context, s store.Session, at data.Contact) (addressee, error) {
	u, err := data.ReachedAt(ctx, s, at)
	if err != nil || u == nil {
		return addressee{ID: ch.Keys.AbsentOwner(at)}, err
	}
	return addressee{u.ID, u}, nil
}

// Mailing is a mail or a message with a code in it.
type Mailing struct {
	Kind     data.CodeKind
	Owner    store.ID // of the code
	To       string   // canonical; empty sends nothing
	Template string
	Locale   string
	present  string // the present e-mail address, for a change of it
	Code     data.MailedCode
	Queued   *store.ID // gets the id of the message; nil if it is not needed
}

// MailCode makes a code and sends it.
func (ch *Changes) MailCode(ctx context.Context, tx *store.Tx, m Mailing) error {
	s, err := ch.makeMailed(ctx, tx, m.Kind, m.Owner, m.Code)
	if err != nil {
		return err
	}
	values := map[string]string{"site": ch.SiteURL, "expires": ch.LinkLifeOf(m.Kind).String()}
	if m.Code.Phone != "" {
		values["code"] = s.Short
		id, err := ch.Outbox.Queue(ctx, tx, outbox.Mail{To: m.To, SMS: true, Template: m.Template, Locale: m.Locale, Values: values, Life: ch.LinkLifeOf(m.Kind)})
		if m.Queued != nil {
			*m.Queued = id
		}
		return err
	}
	values["email"] = m.Code.Email
	if m.Code.NewEmail != "" {
		values["email"], values["new_email"] = cmp.Or(m.present, m.Code.Email), m.Code.NewEmail
	}
	switch {
	case m.Template == outbox.MailExisting: // has no link
	case m.Kind == data.CodeReauth:
		values["code"], values["expires"] = s.Short, data.DigitsLife.String()
	case m.Kind == data.CodeInvite:
		values["link"] = ch.Link(m.Kind, s, m.Code.Flow)
	default:
		values["link"], values["code"], values["expires"] = ch.Link(m.Kind, s, m.Code.Flow), s.Short, data.DigitsLife.String()
	}
	_, err = ch.Outbox.Queue(ctx, tx, outbox.Mail{To: m.To, Template: m.Template, Locale: m.Locale, Values: values, Life: ch.LinkLifeOf(m.Kind)})
	return err
}

// makeMailed makes a code for a mail and records the time.
func (ch *Changes) makeMailed(ctx context.Context, tx *store.Tx, kind data.CodeKind, owner store.ID, c data.MailedCode) (code.Secrets, error) {
	s, err := ch.Codes.MakeCode(ctx, tx, code.Spec{Kind: kind, User: &owner, Life: ch.LinkLifeOf(kind), Data: c, Mailed: true})
	if err != nil {
		return s, err
	}
	return s, data.RecordSent(ctx, tx, owner, kind, ch.Now())
}

// CancelMailed deletes all codes that were mailed to a user, and the pending change of a
// contact, whose codes could be sent again otherwise.
func (ch *Changes) CancelMailed(ctx context.Context, tx *store.Tx, u *data.User) error {
	if err := data.DropChange(ctx, tx, u); err != nil {
		return err
	}
	return ch.Codes.DropCodes(ctx, tx, u.ID, data.MailedKinds...)
}

// LinkLifeOf is the lifetime of the link of a code, or of the digits of one without a link.
func (ch *Changes) LinkLifeOf(kind data.CodeKind) time.Duration {
	switch kind {
	case data.CodeInvite:
		return ch.InviteLife
	case data.CodeReauth, data.CodeSMSSignup, data.CodeSMS, data.CodePhone:
		return data.DigitsLife
	}
	return ch.LinkLife
}

// Link is the URL of the page on which the reader of a mail confirms. It begins with
// Config.PublicURL and uses no header of the request.
func (ch *Changes) Link(kind data.CodeKind, s code.Secrets, f data.Flow) string {
	// The token stands first, where existing clients and tests look for it.
	return ch.VerifyURL() + "?token=" + url.QueryEscape(s.Token(f)) + "&type=" + url.QueryEscape(data.LinkType(kind)) +
		"&redirect_to=" + url.QueryEscape(f.Redirect)
}

// VerifyURL is the URL to which the links of mails lead.
func (ch *Changes) VerifyURL() string { return strings.TrimSuffix(ch.PublicURL, "/") + "/verify" }
