package account

import (
	"context"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/role"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/store"
)

// DeleteBy deletes an account on behalf of an admin or the application. With keep the row stays
// under its id, without personal data. In both cases the e-mail address can be used for another
// account.
func (ch *Changes) DeleteBy(ctx context.Context, by role.Authority, id store.ID, keep bool) error {
	return ch.DB.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		u, err := data.UserByID(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := role.Over(ctx, tx, by, u); err != nil {
			return err
		}
		if keep && u.RemovedAt != nil {
			return nil
		}
		if err := ch.Sessions.ToDelete(ctx, tx, u, keep); err != nil {
			return err
		}
		if err := ch.Sessions.EndIn(ctx, tx, store.Eq("user_id", id), session.EndedByRemoval); err != nil {
			return err
		}
		if err := ch.Sessions.RevokeUser(ctx, tx, u); err != nil {
			return err
		}
		for _, remove := range data.Belongings {
			if err := remove(ctx, tx, id); err != nil {
				return err
			}
		}
		if err := ch.removeRow(ctx, tx, u, keep); err != nil {
			return err
		}
		return ch.Sessions.Record(ctx, tx, by.Event("user_deleted", &id), map[string]any{"kept": keep})
	})
}

func (ch *Changes) removeRow(ctx context.Context, tx *store.Tx, u *data.User, keep bool) error {
	users := store.For[data.User](tx)
	if !keep {
		return users.Delete(ctx, u.ID)
	}
	now := ch.Now()
	_, err := users.PatchWhere(ctx, store.Eq("id", u.ID),
		store.SetTo("removed_at", now), store.SetTo("email", nil), store.SetTo("new_email", nil), store.SetTo("phone", nil), store.SetTo("new_phone", nil),
		store.SetTo("password_hash", nil), store.SetTo("role", data.Audience), store.SetTo("app_metadata", store.JSON("{}")),
		store.SetTo("user_metadata", store.JSON("{}")))
	return err
}
