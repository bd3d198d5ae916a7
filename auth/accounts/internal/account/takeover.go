package account

import (
	"context"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/store"
)

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
