package accounts

import (
	"context"

	"github.com/seed-7694ebf6/plinth/store"
)

// evict removes from an account everything that lets a person in now or later, and everything
// that they have written into it. It runs when a user proves to own an e-mail address or a
// phone number that the account has not confirmed, by a means that the account does not have:
// an attacker who has signed up with the address must not keep access. What admins gave the
// account stays, since it was meant for the owner of the address. Another contact of the
// account is removed: it was not confirmed either, see contact.others.
//
// The caller then writes the proved contact, with its identity.
func (a *Accounts) evict(ctx context.Context, tx *store.Tx, u *user, at contact, from device) error {
	u.PasswordHash, u.PasswordChangedAt, u.UserMetadata = nil, nil, "{}"
	sets := []store.Set{
		store.SetTo("password_hash", nil), store.SetTo("password_changed_at", nil), store.SetTo("user_metadata", u.UserMetadata),
	}
	if at.phone != "" {
		u.Email = nil
		sets = append(sets, store.SetTo("email", nil))
	} else {
		u.Phone = nil
		sets = append(sets, store.SetTo("phone", nil))
	}
	if _, err := store.For[user](tx).PatchWhere(ctx, store.Eq("id", u.ID), sets...); err != nil {
		return err
	}
	theirs := store.Eq("user_id", u.ID)
	if err := a.dropWaysIn(ctx, tx, u); err != nil {
		return err
	}
	if _, err := store.For[identity](tx).DeleteWhere(ctx, theirs); err != nil {
		return err
	}
	return a.record(ctx, tx, from.event("claimed_by_owner", &u.ID), nil)
}

// dropWaysIn removes sessions, codes, factors, identities and pending changes of contact from
// an account. Password, e-mail address and phone number stay.
func (a *Accounts) dropWaysIn(ctx context.Context, tx *store.Tx, u *user) error {
	if err := a.dropChange(ctx, tx, u); err != nil {
		return err
	}
	theirs := store.Eq("user_id", u.ID)
	atProviders := store.And(store.Compare("provider", store.OpNeq, "email"), store.Compare("provider", store.OpNeq, "phone"))
	if _, err := store.For[identity](tx).DeleteWhere(ctx, store.And(theirs, atProviders)); err != nil {
		return err
	}
	if _, err := store.For[factor](tx).DeleteWhere(ctx, theirs); err != nil {
		return err
	}
	if err := a.dropCodes(ctx, tx, u.ID); err != nil {
		return err
	}
	if err := a.endKeysOf(ctx, tx, u.ID, endedByOwner); err != nil {
		return err
	}
	return a.endIn(ctx, tx, theirs, endedByOwner)
}
