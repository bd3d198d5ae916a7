// Package role defines roles, gives them to users, and judges who may change the account of
// another user.
package role

import (
	"context"
	"errors"
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

// Mode says what SaveRole may find.
type Mode uint8

const (
	Create Mode = iota // none
	Change             // one
	Save               // either
)

// SaveRole makes or changes a role. If its permissions change, tokens with the role are
// revoked.
func (rs *Roles) SaveRole(ctx context.Context, by Authority, want Definition, mode Mode) error {
	permissions, err := want.check()
	if err != nil {
		return err
	}
	if !by.Holds(nil, permissions) {
		return fail.ErrEscalation
	}
	return rs.DB.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		old, err := data.RoleNamed(ctx, tx, want.Name)
		switch {
		case errors.Is(err, fail.ErrRoleUnknown) && mode != Change:
			return rs.createRole(ctx, tx, by, want, permissions)
		case err != nil:
			return err
		case mode == Create:
			return fail.ErrRoleExists
		}
		return rs.changeRole(ctx, tx, by, old, want, permissions)
	})
}

func (rs *Roles) createRole(ctx context.Context, tx *store.Tx, by Authority, want Definition, permissions []string) error {
	listed, err := store.JSONOf(permissions)
	if err != nil {
		return err
	}
	now := rs.Now()
	// It begins with a revision: one of its name may have been deleted.
	entry := &data.Revocation{Role: &want.Name, At: now}
	if err := rs.Sessions.Revoke(ctx, tx, entry); err != nil {
		return err
	}
	row := &data.Role{Name: want.Name, Description: want.Description, Permissions: listed, Rev: entry.ID, CreatedAt: now, UpdatedAt: now}
	if err := data.Insert(ctx, tx, row); err != nil {
		return err
	}
	return rs.Sessions.Record(ctx, tx, by.Event("role_created", nil), map[string]any{"role": want.Name, "permissions": permissions})
}

func (rs *Roles) changeRole(ctx context.Context, tx *store.Tx, by Authority, old *data.Role, want Definition, permissions []string) error {
	had, err := data.RightsBy([]*data.Role{old})
	if err != nil {
		return err
	}
	if !by.Holds(nil, had.Permissions) {
		return fail.ErrEscalation
	}
	if slices.Equal(had.Permissions, permissions) && old.Description == want.Description {
		return nil
	}
	listed, err := store.JSONOf(permissions)
	if err != nil {
		return err
	}
	now, changed := rs.Now(), *old
	changed.Description, changed.Permissions, changed.UpdatedAt = want.Description, listed, now
	if !slices.Equal(had.Permissions, permissions) {
		entry := &data.Revocation{Role: &want.Name, At: now}
		if err := rs.Sessions.Revoke(ctx, tx, entry); err != nil {
			return err
		}
		changed.Rev = entry.ID
	}
	if err := data.WriteRole(ctx, tx, &changed); err != nil {
		return err
	}
	return rs.Sessions.Record(ctx, tx, by.Event("role_changed", nil), map[string]any{"role": want.Name, "permissions": permissions, "before": had.Permissions})
}

// DeleteRole deletes a role and takes it from all users.
func (rs *Roles) DeleteRole(ctx context.Context, by Authority, name string) error {
	return rs.DB.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		old, err := data.RoleNamed(ctx, tx, name)
		if err != nil {
			return err
		}
		had, err := data.RightsBy([]*data.Role{old})
		if err != nil {
			return err
		}
		if !by.Holds(nil, had.Permissions) {
			return fail.ErrEscalation
		}
		given, err := data.TakeRole(ctx, tx, name)
		if err != nil {
			return err
		}
		// Without the role, admins who do not have it could change the accounts of its users.
		if given > 0 && !by.Holds([]string{name}, nil) {
			return fail.ErrEscalation
		}
		if err := data.DeleteRole(ctx, tx, name); err != nil {
			return err
		}
		if err := rs.Sessions.Revoke(ctx, tx, &data.Revocation{Role: &name, At: rs.Now()}); err != nil {
			return err
		}
		return rs.Sessions.Record(ctx, tx, by.Event("role_deleted", nil), map[string]any{"role": name})
	})
}

// GiveRoles gives a user exactly the roles named, on behalf of an admin or the application.
func (rs *Roles) GiveRoles(ctx context.Context, tx *store.Tx, by Authority, id store.ID, names []string) error {
	u, err := data.UserByID(ctx, tx, id)
	if err != nil {
		return err
	}
	if err := Over(ctx, tx, by, u); err != nil {
		return err
	}
	return rs.SetRoles(ctx, tx, by, u, names)
}

// SetRoles gives a user exactly the roles named. Older tokens are revoked.
func (rs *Roles) SetRoles(ctx context.Context, tx *store.Tx, by Authority, u *data.User, names []string) error {
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	had, err := data.RightsOf(ctx, tx, u.ID)
	if err != nil || slices.Equal(had.Roles, names) {
		return err
	}
	gets, err := mayHave(ctx, tx, u, names)
	if err != nil {
		return err
	}
	for _, r := range gets {
		if slices.Contains(had.Roles, r.Name) {
			continue
		}
		// A user's one role may have the name of another, without what comes with it.
		if with, err := data.RightsBy([]*data.Role{r}); err != nil || !by.Holds(with.Roles, with.Permissions) {
			return fail.OrElse(err, fail.ErrEscalation)
		}
	}
	if err := data.RemoveRoles(ctx, tx, u.ID); err != nil {
		return err
	}
	for _, name := range names {
		if err := data.Insert(ctx, tx, &data.UserRole{UserID: u.ID, Role: name}); err != nil {
			return err
		}
	}
	if err := rs.Sessions.RevokeUser(ctx, tx, u); err != nil {
		return err
	}
	return rs.Sessions.Record(ctx, tx, by.Event("roles_changed", &u.ID), map[string]any{"roles": names, "before": had.Roles})
}

// mayHave finds the roles that a user is to have. Its error says why they cannot.
func mayHave(ctx context.Context, tx *store.Tx, u *data.User, names []string) ([]*data.Role, error) {
	switch {
	case len(names) > data.MaxRoles:
		return nil, fail.New(problem.AuthValidation, "a user can have %d roles at most", data.MaxRoles)
	case (u.IsAnonymous || u.RemovedAt != nil) && len(names) > 0:
		return nil, fail.New(problem.AuthValidation, "a user without an account cannot have roles")
	case len(names) == 0:
		return nil, nil
	}
	found, err := data.RolesNamed(ctx, tx, names)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if !slices.ContainsFunc(found, func(r *data.Role) bool { return r.Name == name }) {
			return nil, fail.New(problem.AuthValidation, "there is no role %q", name[:min(len(name), data.MaxRoleName)])
		}
	}
	gets, err := data.RightsBy(found)
	if err != nil {
		return nil, err
	}
	return found, gets.Size()
}
