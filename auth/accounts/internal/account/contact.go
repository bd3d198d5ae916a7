package account

import (
	"context"

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
	if err := keepAddress(ctx, tx, u); err != nil {
		return taken(err)
	}
	return ch.Sessions.Record(ctx, tx, &data.Event{Kind: change + "_changed", UserID: &u.ID, SessionID: keep}, map[string]any{"from": old, "to": at.Text()})
}

// ContactOf reads the address or the number of a request, which must have one of them.
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
		err = ch.dropWaysIn(ctx, tx, u)
	} else {
		err = ch.Evict(ctx, tx, u, at, from)
	}
	if err != nil {
		return err
	}
	at.Confirm(u, ch.Now())
	if err := keepAddress(ctx, tx, u); err != nil {
		return err
	}
	return ch.Sessions.Record(ctx, tx, from.Event(at.Column()+"_confirmed", &u.ID), map[string]any{"password_kept": u.PasswordHash != nil})
}

// keepAddress writes what a user is known by after their address or number has changed,
// or has been shown to be theirs.
func keepAddress(ctx context.Context, tx *store.Tx, u *data.User) error {
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
	return ch.DropMailed(ctx, tx, u)
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
	if err := ch.dropWaysIn(ctx, tx, u); err != nil {
		return err
	}
	if err := data.DropIdentities(ctx, tx, u.ID); err != nil {
		return err
	}
	return ch.Sessions.Record(ctx, tx, from.Event("claimed_by_owner", &u.ID), nil)
}

// dropWaysIn removes sessions, codes, factors, identities and pending changes of contact from
// an account. Password, e-mail address and phone number stay.
func (ch *Changes) dropWaysIn(ctx context.Context, tx *store.Tx, u *data.User) error {
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
