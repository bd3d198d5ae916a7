package accounts

import (
	"context"

	"github.com/seed-7694ebf6/plinth/store"
)

// proveOwner records that the caller reads the mails of the user's e-mail address, or the
// messages to their number. Since anyone can sign up with any address, the first proof removes
// what was made before, see evict. keepPassword is set for the confirmation of a sign-up, which
// keeps its password and metadata; see signUpByCode for conflicting passwords.
func (a *Accounts) proveOwner(ctx context.Context, tx *store.Tx, u *user, at contact, keepPassword bool, from device) error {
	if at.confirmed(u) {
		return nil
	}
	var err error
	if keepPassword {
		err = a.dropWaysIn(ctx, tx, u)
	} else {
		err = a.evict(ctx, tx, u, at, from)
	}
	if err != nil {
		return err
	}
	at.confirm(u, a.now())
	if err := a.keepAddress(ctx, tx, u); err != nil {
		return err
	}
	return a.record(ctx, tx, from.event(at.column()+"_confirmed", &u.ID), map[string]any{"password_kept": u.PasswordHash != nil})
}

// keepAddress writes what a user is known by after their address or number has changed,
// or has been shown to be theirs.
func (a *Accounts) keepAddress(ctx context.Context, tx *store.Tx, u *user) error {
	if err := a.changeAddresses(ctx, tx, u); err != nil {
		return err
	}
	if err := a.syncProviders(ctx, tx, u); err != nil {
		return err
	}
	_, err := store.For[user](tx).PatchWhere(ctx, store.Eq("id", u.ID),
		store.SetTo("email", u.Email), store.SetTo("email_confirmed_at", u.EmailConfirmedAt), store.SetTo("new_email", u.NewEmail),
		store.SetTo("phone", u.Phone), store.SetTo("phone_confirmed_at", u.PhoneConfirmedAt), store.SetTo("new_phone", u.NewPhone),
		store.SetTo("email_change_half", u.EmailChangeHalf), store.SetTo("is_anonymous", u.IsAnonymous), store.SetTo("app_metadata", u.AppMetadata))
	return err
}
