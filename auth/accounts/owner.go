package accounts

import (
	"context"

	"github.com/seed-7694ebf6/plinth/store"
)

// proveOwner takes note that who acts reads the mails of the user's address. Anybody
// can make an account with the address of somebody else; so at the first proof what
// was made before goes, see evict. keepPassword is for the confirmation of a sign-up,
// whose mail says what it confirms: its password and what its maker has said of
// themselves stay, see signUpByMail for whose password that can be.
func (a *Accounts) proveOwner(ctx context.Context, tx *store.Tx, u *user, keepPassword bool, from device) error {
	if u.EmailConfirmedAt != nil {
		return nil
	}
	var err error
	if keepPassword {
		err = a.dropWaysIn(ctx, tx, u)
	} else {
		err = a.evict(ctx, tx, u, from)
	}
	if err != nil {
		return err
	}
	now := a.now()
	_, err = store.For[user](tx).PatchWhere(ctx, store.Eq("id", u.ID), store.SetTo("email_confirmed_at", now), store.SetTo("is_anonymous", false))
	if err != nil {
		return err
	}
	u.EmailConfirmedAt, u.IsAnonymous = &now, false
	if err := a.keepEmailIdentity(ctx, tx, u); err != nil {
		return err
	}
	e := &event{Kind: "email_confirmed", UserID: &u.ID, Address: from.address, UserAgent: from.userAgent}
	return a.record(ctx, tx, e, map[string]any{"password_kept": u.PasswordHash != nil})
}

// keepEmailIdentity writes the identity that a user's address is, as it is now.
func (a *Accounts) keepEmailIdentity(ctx context.Context, tx *store.Tx, u *user) error {
	id := u.knownBy("email", *u.Email)
	which := store.And(store.Eq("user_id", u.ID), store.Eq("provider", "email"))
	n, err := store.For[identity](tx).PatchWhere(ctx, which, store.SetTo("email", u.Email), store.SetTo("data", id.Data))
	if err != nil || n > 0 {
		return err
	}
	return store.For[identity](tx).Insert(ctx, id)
}
