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
		if err := ch.Sessions.EndIn(ctx, tx, data.SessionsOf(id), session.EndedByRemoval); err != nil {
			return err
		}
		if err := ch.Sessions.RevokeUser(ctx, tx, u); err != nil {
			return err
		}
		if err := data.RemoveBelongings(ctx, tx, id); err != nil {
			return err
		}
		if err := ch.removeRow(ctx, tx, u, keep); err != nil {
			return err
		}
		return ch.Sessions.Record(ctx, tx, by.Event("user_deleted", &id), map[string]any{"kept": keep})
	})
}

func (ch *Changes) removeRow(ctx context.Context, tx *store.Tx, u *data.User, keep bool) error {
	if !keep {
		return data.DeleteUser(ctx, tx, u.ID)
	}
	return data.Anonymize(ctx, tx, u.ID, ch.Now())
}
