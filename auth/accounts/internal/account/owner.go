package account

import (
	"context"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/store"
)

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
