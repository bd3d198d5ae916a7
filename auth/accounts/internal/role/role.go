// Package role defines roles, gives them to users, and judges who may change the account of
// another user.
package role

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// Roles are the roles of the application and of its users.
type Roles struct {
	DB       *store.DB
	Now      func() time.Time
	Sessions *session.Sessions
}

// Definition is a role to be made or changed.
type Definition struct {
	Name        string
	Permissions []string
	Description string
}

// reservedRoles are names that have a meaning without being granted.
var reservedRoles = []string{"anon", data.Audience, "service_role", "supabase_admin", "anonymous", "service"}

// CheckName restricts the name of a role or a permission to letters, digits and a few signs.
func CheckName(what, name string) error {
	if name == "" || len(name) > data.MaxRoleName {
		return fail.New(problem.AuthValidation, "the name of a %s must have 1 to %d characters", what, data.MaxRoleName)
	}
	for _, c := range []byte(name) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("._-:", rune(c)) {
			return fail.New(problem.AuthValidation, "the name of a %s may have letters, digits, '.', '_', '-' and ':' only", what)
		}
	}
	return nil
}

// check judges a role that is to be, and returns its permissions in order.
func (r *Definition) check() ([]string, error) {
	if err := CheckName("role", r.Name); err != nil {
		return nil, err
	}
	switch {
	case slices.Contains(reservedRoles, r.Name):
		return nil, fail.New(problem.AuthValidation, "the name %q is reserved", r.Name)
	case len(r.Description) > data.MaxDescription:
		return nil, fail.New(problem.AuthValidation, "description must have %d bytes at most", data.MaxDescription)
	case len(r.Permissions) > data.MaxPermissions:
		return nil, fail.New(problem.AuthValidation, "a role can have %d permissions at most", data.MaxPermissions)
	}
	for _, p := range r.Permissions {
		if err := CheckName("permission", p); err != nil {
			return nil, err
		}
	}
	alone := data.Rights{Roles: []string{r.Name}, Permissions: slices.Compact(slices.Sorted(slices.Values(r.Permissions)))}
	return data.NonNil(alone.Permissions), alone.Size()
}

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
