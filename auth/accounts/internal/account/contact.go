package account

import (
	"context"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/outbox"
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
