package wire

import (
	"errors"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/role"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// authority returns the authority of an admin's request. Secret keys may do everything. Users
// with the permission may grant their own rights, and change accounts without further rights.
// Otherwise managing accounts would grant every right.
func (x *request) authority() (role.Authority, error) {
	p, err := x.admin()
	if err != nil {
		return role.Authority{}, err
	}
	by := role.Authority{Actor: p.String(), From: x.device()}
	if p.Kind != auth.Service {
		by.Limits = &p
	}
	return by, nil
}

// principal returns the caller of the request. It is anonymous with a publishable key only. A
// token of an ended session has its own error, since clients sign out by it.
func (x *request) principal() (auth.Principal, error) {
	p, err := auth.Authenticate(x.Who, x.r)
	if errors.Is(err, session.ErrRevoked) {
		err = fail.ErrSessionUnknown
	}
	return p, err
}

// caller returns the user who makes the request by their access token, and their
// session, which has to be alive in the database.
func (x *request) caller() (*data.User, *data.Session, error) {
	p, err := x.principal()
	if err != nil {
		return nil, nil, err
	}
	if p.Kind != auth.User {
		return nil, nil, &problem.Error{Code: problem.AuthNoAuthorization}
	}
	ctx := x.r.Context()
	if p.Session == "" {
		return nil, nil, fail.ErrKeyRefused
	}
	id, err := store.ParseID(p.Session)
	if err != nil {
		return nil, nil, &problem.Error{Code: problem.AuthBadJWT}
	}
	s, err := data.StillOpen(ctx, x.DB, id)
	if err != nil {
		return nil, nil, err
	}
	u, err := data.GetUser(ctx, x.DB, s.UserID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil, &problem.Error{Code: problem.AuthUserNotFound}
	}
	return u, s, err
}

// byUser wraps a handler of users with a session.
func byUser[F family](serve func(F, *data.User, *data.Session) error) func(*request) error {
	return func(x *request) error {
		u, s, err := x.caller()
		if err != nil {
			return err
		}
		return serve(F{x}, u, s)
	}
}

// admin returns the caller of an admin's request. A user needs a session that is alive and must
// have the permission now, not only when the token was signed. A user with a second factor must
// have used it.
func (x *request) admin() (auth.Principal, error) {
	p, err := x.principal()
	switch {
	case err != nil:
		return p, err
	case p.Kind == auth.Anonymous:
		return p, &problem.Error{Code: problem.AuthNoAuthorization}
	case p.Kind == auth.Service:
		return p, nil
	case !p.HasPermission(data.PermissionAdmin):
		return p, &problem.Error{Code: problem.AuthNotAdmin}
	}
	u, s, err := x.caller()
	if err != nil {
		return p, err
	}
	if err := x.factors().needsSecondFactor(u, s); err != nil {
		return p, err
	}
	has, err := data.RightsOf(x.r.Context(), x.DB, u.ID)
	if err != nil {
		return p, err
	}
	p.Roles, p.Permissions = append([]string{u.Role}, has.Roles...), has.Permissions
	if x.Sessions.MayEnter(u) != nil || u.IsAnonymous || !p.HasPermission(data.PermissionAdmin) {
		return p, &problem.Error{Code: problem.AuthNotAdmin}
	}
	return p, nil
}

// byAdmin wraps a handler of an admin's request.
func byAdmin[F family](serve func(F, role.Authority) error) func(*request) error {
	return func(x *request) error {
		by, err := x.authority()
		if err != nil {
			return err
		}
		return serve(F{x}, by)
	}
}

// byAdminOf wraps a handler of an admin's request about the user in the path.
func byAdminOf[F family](serve func(x F, by role.Authority, id store.ID) error) func(*request) error {
	return func(x *request) error {
		by, err := x.authority()
		if err != nil {
			return err
		}
		id, err := x.id("id")
		if err != nil {
			return err
		}
		return serve(F{x}, by, id)
	}
}
