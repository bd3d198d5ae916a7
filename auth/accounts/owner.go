package accounts

import (
	"context"

	"github.com/seed-7694ebf6/plinth/store"
)

// proveOwner takes note that who acts reads the mails of the user's address, or the
// messages to their number. Anybody can make an account with the address of somebody
// else; so at the first proof what was made before goes, see evict. keepPassword is for
// the confirmation of a sign-up, whose mail says what it confirms: its password and what
// its maker has said of themselves stay, see signUpByCode for whose password that can be.
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
	at.confirm(u, a)
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
