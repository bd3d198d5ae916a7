package accounts

import (
	"context"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// errEscalation is the error for admins who would grant rights that they do not have, or change
// the account of a user with such rights.
var errEscalation = failf(problem.AuthNotAdmin, "This needs roles or permissions that you do not have")

// authority describes who changes the account of another user.
type authority struct {
	actor  string // for the audit log
	from   device
	limits *auth.Principal // who may grant and change only what they hold; nil is all
}

// authority returns the authority of an admin's request. Secret keys may do everything. Users
// with the permission may grant their own rights, and change accounts without further rights.
// Otherwise managing accounts would grant every right.
func (x *exchange) authority() (authority, error) {
	p, err := x.admin()
	if err != nil {
		return authority{}, err
	}
	by := authority{actor: p.String(), from: x.device()}
	if p.Kind != auth.Service {
		by.limits = &p
	}
	return by, nil
}

// byAdmin wraps a handler of an admin's request.
func byAdmin(serve func(*exchange, authority) error) func(*exchange) error {
	return func(x *exchange) error {
		by, err := x.authority()
		if err != nil {
			return err
		}
		return serve(x, by)
	}
}

// byAdminOf wraps a handler of an admin's request about the user in the path.
func byAdminOf(serve func(x *exchange, by authority, id store.ID) error) func(*exchange) error {
	return byAdmin(func(x *exchange, by authority) error {
		id, err := x.id("id")
		if err != nil {
			return err
		}
		return serve(x, by, id)
	})
}

// holds reports whether all of some roles and permissions are held.
func (by *authority) holds(roles, permissions []string) bool {
	if by.limits == nil {
		return true
	}
	for _, name := range roles {
		if name != audience && !by.limits.HasRole(name) {
			return false
		}
	}
	for _, name := range permissions {
		if !by.limits.HasPermission(name) {
			return false
		}
	}
	return true
}

// over reports by its error whether the account of a user may be changed.
func (a *Accounts) over(ctx context.Context, s store.Session, by authority, u *user) error {
	if by.limits == nil {
		return nil
	}
	g, err := a.rightsOf(ctx, s, u.ID)
	if err != nil {
		return err
	}
	if !by.holds(append(g.roles, u.Role), g.permissions) {
		return errEscalation
	}
	return nil
}

// event returns a line of the audit log about what is done.
func (by *authority) event(kind string, user *store.ID) *event {
	e := by.from.event(kind, user)
	e.Actor = by.actor
	return e
}
