package accounts

import (
	"context"
	"errors"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// PermissionAdmin is the permission to manage accounts over the wire, which secret
// keys have without it.
const PermissionAdmin = "accounts.admin"

// Authenticator finds out who makes a request, by everything these accounts know:
// the API keys of the configuration, sessions, and the tokens of Config.Verifiers. It is
// for the resources that the accounts are for. It is safe for concurrent use.
func (a *Accounts) Authenticator() auth.Authenticator { return a.anybody }

// principal returns the caller of the request. It is anonymous with a publishable key only. A
// token of an ended session has its own error, since clients sign out by it.
func (x *exchange) principal() (auth.Principal, error) {
	p, err := auth.Authenticate(x.a.who, x.r)
	if errors.Is(err, errRevoked) {
		err = errSessionUnknown
	}
	return p, err
}

// caller returns the user who makes the request by their access token, and their
// session, which has to be alive in the database.
func (x *exchange) caller() (*user, *session, error) {
	p, err := x.principal()
	if err != nil {
		return nil, nil, err
	}
	if p.Kind != auth.User {
		return nil, nil, &problem.Error{Code: problem.AuthNoAuthorization}
	}
	ctx := x.r.Context()
	if p.Session == "" {
		return nil, nil, errKeyRefused
	}
	id, err := store.ParseID(p.Session)
	if err != nil {
		return nil, nil, &problem.Error{Code: problem.AuthBadJWT}
	}
	s, err := x.a.stillOpen(ctx, x.a.db, id)
	if err != nil {
		return nil, nil, err
	}
	u, err := store.For[user](x.a.db).Get(ctx, s.UserID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil, &problem.Error{Code: problem.AuthUserNotFound}
	}
	return u, s, err
}

// whileOpen runs a change that a session asks for, in a transaction in which the session has
// not ended. The session may have been ended since it was read, to lock its client out. The
// change could let that client in again by a new factor or key.
func (a *Accounts) whileOpen(ctx context.Context, s *session, change func(ctx context.Context, tx *store.Tx) error) error {
	return a.db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := a.stillOpen(ctx, tx, s.ID); err != nil {
			return err
		}
		return change(ctx, tx)
	})
}

// byUser wraps a handler of users with a session.
func byUser(serve func(*exchange, *user, *session) error) func(*exchange) error {
	return func(x *exchange) error {
		u, s, err := x.caller()
		if err != nil {
			return err
		}
		return serve(x, u, s)
	}
}

// admin returns the caller of an admin's request. A user needs a session that is alive and must
// have the permission now, not only when the token was signed. A user with a second factor must
// have used it.
func (x *exchange) admin() (auth.Principal, error) {
	p, err := x.principal()
	switch {
	case err != nil:
		return p, err
	case p.Kind == auth.Anonymous:
		return p, &problem.Error{Code: problem.AuthNoAuthorization}
	case p.Kind == auth.Service:
		return p, nil
	case !p.HasPermission(PermissionAdmin):
		return p, &problem.Error{Code: problem.AuthNotAdmin}
	}
	u, s, err := x.caller()
	if err != nil {
		return p, err
	}
	if err := x.needsSecondFactor(u, s); err != nil {
		return p, err
	}
	has, err := x.a.rightsOf(x.r.Context(), x.a.db, u.ID)
	if err != nil {
		return p, err
	}
	p.Roles, p.Permissions = append([]string{u.Role}, has.roles...), has.permissions
	if x.a.mayEnter(u) != nil || u.IsAnonymous || !p.HasPermission(PermissionAdmin) {
		return p, &problem.Error{Code: problem.AuthNotAdmin}
	}
	return p, nil
}
