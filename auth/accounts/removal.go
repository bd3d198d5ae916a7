package accounts

import (
	"context"

	"github.com/seed-7694ebf6/plinth/store"
)

// belongings are the tables with rows of a user, which go with them. The audit log
// stays, and so do revocations, which tokens that are still about need.
var belongings = []func(context.Context, *store.Tx, store.ID) error{
	removeOf[identity], removeOf[session], removeOf[code], removeOf[factor], removeOf[userRole], removeOf[apiKey],
}

// removeOf deletes the rows of a user.
func removeOf[T any](ctx context.Context, tx *store.Tx, user store.ID) error {
	_, err := store.For[T](tx).DeleteWhere(ctx, store.Eq("user_id", user))
	return err
}

// deleteBy deletes an account on behalf of an admin or the application. With keep the row stays
// under its id, without personal data. In both cases the e-mail address can be used for another
// account.
func (a *Accounts) deleteBy(ctx context.Context, by authority, id store.ID, keep bool) error {
	return a.db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		u, err := a.userByID(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := a.over(ctx, tx, by, u); err != nil {
			return err
		}
		if keep && u.RemovedAt != nil {
			return nil
		}
		if err := a.toDelete(ctx, tx, u, keep); err != nil {
			return err
		}
		if err := a.endIn(ctx, tx, store.Eq("user_id", id), endedByRemoval); err != nil {
			return err
		}
		if err := a.revokeUser(ctx, tx, u); err != nil {
			return err
		}
		for _, remove := range belongings {
			if err := remove(ctx, tx, id); err != nil {
				return err
			}
		}
		if err := a.removeRow(ctx, tx, u, keep); err != nil {
			return err
		}
		return a.record(ctx, tx, by.event("user_deleted", &id), map[string]any{"kept": keep})
	})
}

func (a *Accounts) removeRow(ctx context.Context, tx *store.Tx, u *user, keep bool) error {
	users := store.For[user](tx)
	if !keep {
		return users.Delete(ctx, u.ID)
	}
	now := a.now()
	_, err := users.PatchWhere(ctx, store.Eq("id", u.ID),
		store.SetTo("removed_at", now), store.SetTo("email", nil), store.SetTo("new_email", nil), store.SetTo("phone", nil), store.SetTo("new_phone", nil),
		store.SetTo("password_hash", nil), store.SetTo("role", audience), store.SetTo("app_metadata", store.JSON("{}")),
		store.SetTo("user_metadata", store.JSON("{}")))
	return err
}
