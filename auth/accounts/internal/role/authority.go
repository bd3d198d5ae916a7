package role

import (
	"context"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/store"
)

// Authority describes who changes the account of another user.
type Authority struct {
	Actor  string // for the audit log
	From   data.Device
	Limits *auth.Principal // who may grant and change only what they hold; nil is all
}

// Holds reports whether all of some roles and permissions are held.
func (by *Authority) Holds(roles, permissions []string) bool {
	if by.Limits == nil {
		return true
	}
	for _, name := range roles {
		if name != data.Audience && !by.Limits.HasRole(name) {
			return false
		}
	}
	for _, name := range permissions {
		if !by.Limits.HasPermission(name) {
			return false
		}
	}
	return true
}

// Over reports by its error whether the account of a user may be changed.
func Over(ctx context.Context, s store.Session, by Authority, u *data.User) error {
	if by.Limits == nil {
		return nil
	}
	g, err := data.RightsOf(ctx, s, u.ID)
	if err != nil {
		return err
	}
	if !by.Holds(append(g.Roles, u.Role), g.Permissions) {
		return fail.ErrEscalation
	}
	return nil
}

// Event returns a line of the audit log about what is done.
func (by *Authority) Event(kind string, user *store.ID) *data.Event {
	e := by.From.Event(kind, user)
	e.Actor = by.Actor
	return e
}

// SignOutBy ends all sessions of a user on behalf of an admin or the application.
func (rs *Roles) SignOutBy(ctx context.Context, by Authority, id store.ID) error {
	return rs.DB.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		u, err := data.UserByID(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := Over(ctx, tx, by, u); err != nil {
			return err
		}
		if err := rs.Sessions.EndIn(ctx, tx, data.SessionsOf(id), session.EndedByAdmin); err != nil {
			return err
		}
		return rs.Sessions.Record(ctx, tx, by.Event("signed_out", &id), nil)
	})
}
