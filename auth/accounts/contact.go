package accounts

import (
	"context"
	"errors"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// contact is an e-mail address or a phone number of a possible account. It is canonical, and
// the other one is empty.
type contact struct{ email, phone string }

// text is what stands in the database.
func (at contact) text() string {
	if at.phone != "" {
		return at.phone
	}
	return at.email
}

// column is that of auth_users which has it, and the provider of its identity.
func (at contact) column() string {
	if at.phone != "" {
		return "phone"
	}
	return "email"
}

// confirmed reports whether the user has shown that the contact is theirs.
func (at contact) confirmed(u *user) bool {
	if at.phone != "" {
		return u.PhoneConfirmedAt != nil
	}
	return u.EmailConfirmedAt != nil
}

// errNotConfirmed is the error for a login with the right password and an unconfirmed contact.
func (at contact) errNotConfirmed() error {
	if at.phone != "" {
		return failf(problem.AuthPhoneNotConfirmed, "Phone not confirmed")
	}
	return errNotConfirmed
}

// confirm marks the contact as confirmed.
func (at contact) confirm(u *user, now time.Time) {
	if at.phone != "" {
		u.Phone, u.PhoneConfirmedAt = &at.phone, &now
	} else {
		u.Email, u.EmailConfirmedAt = &at.email, &now
	}
	u.IsAnonymous = false
}

// of returns a user with nothing but the contact.
func (at contact) of() *user {
	if at.phone != "" {
		return &user{Phone: &at.phone, Role: audience, AppMetadata: phoneProvider}
	}
	return &user{Email: &at.email, Role: audience, AppMetadata: emailProvider}
}

// The app_metadata of users who are known by their address or their number.
const (
	emailProvider store.JSON = `{"provider":"email","providers":["email"]}`
	phoneProvider store.JSON = `{"provider":"phone","providers":["phone"]}`
)

// others reports whether an account with an unconfirmed contact has confirmed the other one.
// Then the contact was only claimed, and a person who proves to own it is not the owner of the
// account.
func (at contact) others(u *user) bool {
	return !at.confirmed(u) && (u.EmailConfirmedAt != nil || u.PhoneConfirmedAt != nil)
}

// at finds the account with a contact, nil without one.
func (a *Accounts) at(ctx context.Context, s store.Session, at contact) (*user, error) {
	u, err := store.For[user](s).First(ctx, store.Query{Where: store.And(store.Eq(at.column(), at.text()), store.Null("removed_at"))})
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return u, err
}

// reachedAt finds the user who gets a code for a contact, nil without one: the owner of the
// account that has it, unless others returns true.
func (a *Accounts) reachedAt(ctx context.Context, s store.Session, at contact) (*user, error) {
	u, err := a.at(ctx, s, at)
	if u != nil && at.others(u) {
		u = nil
	}
	return u, err
}

// release removes an unconfirmed contact from an account, for another user who has proved to
// own it.
func (a *Accounts) release(ctx context.Context, tx *store.Tx, at contact) error {
	u, err := a.at(ctx, tx, at)
	if err != nil || u == nil || at.confirmed(u) {
		return err
	}
	if _, err := store.For[identity](tx).DeleteWhere(ctx, store.And(store.Eq("user_id", u.ID), store.Eq("provider", at.column()))); err != nil {
		return err
	}
	if err := a.syncProviders(ctx, tx, u); err != nil {
		return err
	}
	_, err = store.For[user](tx).PatchWhere(ctx, store.Eq("id", u.ID), store.SetTo(at.column(), nil), store.SetTo("app_metadata", u.AppMetadata))
	if err != nil {
		return err
	}
	if err := a.revokeUser(ctx, tx, u); err != nil {
		return err
	}
	return a.record(ctx, tx, &event{Kind: "contact_released", UserID: &u.ID}, map[string]any{at.column(): at.text()})
}

// vacate makes a contact available to a user who has proved to own it: an unconfirmed one is
// released. With Config.Autoconfirm nothing was proved, and it is not released. refused is the
// code of the error for a contact of another user.
func (a *Accounts) vacate(ctx context.Context, tx *store.Tx, u *user, at contact, refused string) error {
	other, err := a.at(ctx, tx, at)
	switch {
	case err != nil || other == nil || other.ID == u.ID:
		return err
	case at.confirmed(other) || a.config.Autoconfirm:
		return &problem.Error{Code: refused}
	}
	return a.release(ctx, tx, at)
}

// setContact gives a user another e-mail address or phone number that they have proved to own.
// The session that has asked for it stays alive. Other sessions, API keys and all codes end. An
// anonymous user becomes one with an account. An account with the same unconfirmed contact
// loses it.
func (a *Accounts) setContact(ctx context.Context, tx *store.Tx, u *user, at contact, by *mailedCode) error {
	keep := by.Session
	change, refused, old := changeEmail, problem.AuthEmailExists, deref(u.Email)
	if at.phone != "" {
		change, refused, old = changePhone, problem.AuthPhoneExists, deref(u.Phone)
	}
	if err := a.upgradeBy(ctx, tx, u, by); err != nil {
		return err
	}
	if err := a.vacate(ctx, tx, u, at, refused); err != nil {
		return err
	}
	if err := a.notice(ctx, tx, u, change); err != nil {
		return err
	}
	if err := a.endOthers(ctx, tx, u, keep, change); err != nil {
		return err
	}
	at.confirm(u, a.now())
	if err := a.keepAddress(ctx, tx, u); err != nil {
		return taken(err)
	}
	return a.record(ctx, tx, &event{Kind: change + "_changed", UserID: &u.ID, SessionID: keep}, map[string]any{"from": old, "to": at.text()})
}

// contactOf reads the address or the number of a request, which must have one of them.
func (a *Accounts) contactOf(email, phone string) (at contact, err error) {
	var ok bool
	switch {
	case phone == "":
		if at.email, ok = canonicalEmail(email); !ok {
			return at, errNoEmail
		}
	case email != "":
		return at, errBothContacts
	case a.config.SMS == nil:
		return at, errNoSMS
	default:
		if at.phone, ok = canonicalPhone(phone); !ok {
			return at, errNoPhone
		}
	}
	return at, nil
}
