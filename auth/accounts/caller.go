package accounts

import (
	"errors"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// Authenticator finds out who makes a request, by everything these accounts know:
// the API keys of the configuration, sessions, and the tokens of Config.Verifiers. It is
// for the resources that the accounts are for. It is safe for concurrent use.
func (a *Accounts) Authenticator() auth.Authenticator { return a.anybody }

// principal returns the caller of the request. It is anonymous with a publishable key only. A
// token of an ended session has its own error, since clients sign out by it.
func (x *exchange) principal() (auth.Principal, error) {
	p, err := auth.Authenticate(x.a.who, x.r)
	if errors.Is(err, session.ErrRevoked) {
		err = fail.ErrSessionUnknown
	}
	return p, err
}

// caller returns the user who makes the request by their access token, and their
// session, which has to be alive in the database.
func (x *exchange) caller() (*data.User, *data.Session, error) {
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
	s, err := data.StillOpen(ctx, x.a.db, id)
	if err != nil {
		return nil, nil, err
	}
	u, err := store.For[data.User](x.a.db).Get(ctx, s.UserID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil, &problem.Error{Code: problem.AuthUserNotFound}
	}
	return u, s, err
}

// byUser wraps a handler of users with a session.
func byUser(serve func(*exchange, *data.User, *data.Session) error) func(*exchange) error {
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
	case !p.HasPermission(data.PermissionAdmin):
		return p, &problem.Error{Code: problem.AuthNotAdmin}
	}
	u, s, err := x.caller()
	if err != nil {
		return p, err
	}
	if err := x.needsSecondFactor(u, s); err != nil {
		return p, err
	}
	has, err := data.RightsOf(x.r.Context(), x.a.db, u.ID)
	if err != nil {
		return p, err
	}
	p.Roles, p.Permissions = append([]string{u.Role}, has.Roles...), has.Permissions
	if x.a.sessions.MayEnter(u) != nil || u.IsAnonymous || !p.HasPermission(data.PermissionAdmin) {
		return p, &problem.Error{Code: problem.AuthNotAdmin}
	}
	return p, nil
}
