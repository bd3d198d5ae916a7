package data

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// Audience is the aud of access tokens, which existing clients expect.
const Audience = "authenticated"

// NonNil returns an empty list for one that is nil.
func NonNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// PermissionAdmin is the permission to manage accounts over the wire, which secret
// keys have without it.
const PermissionAdmin = "accounts.admin"

// Bounds of roles: names travel in tokens.
const (
	MaxRoleName    = 64   // bytes of the name of a role or a permission
	MaxPermissions = 64   // of a role
	MaxRoles       = 16   // of a user
	maxGrants      = 2048 // bytes of all names of a user's roles and permissions
	MaxDescription = 500  // bytes
)

// Rights are the roles of a user and what comes with them.
type Rights struct {
	Roles       []string // sorted
	Permissions []string // sorted
	Revs        map[string]int64
}

// RightsOf reads the roles of a user.
func RightsOf(ctx context.Context, s store.Session, user store.ID) (Rights, error) {
	q := rolesByName
	q.Where = userRoleUserID.Eq(user)
	rows, err := store.For[UserRole](s).List(ctx, q)
	if err != nil {
		return Rights{}, err
	}
	return rightsIn(rows)
}

// rolesByName reads what users have been given, with what it is.
var rolesByName = store.Query{Order: []store.Order{userRoleRole.Asc()}, With: []store.Embed{{Relation: "definition"}}}

// rightsIn returns what the roles of a user give.
func rightsIn(rows []*UserRole) (Rights, error) {
	defs := make([]*Role, len(rows))
	for i, row := range rows {
		if row.Definition == nil {
			return Rights{}, fmt.Errorf("accounts: user %s has the unknown role %s", row.UserID, row.Role)
		}
		defs[i] = row.Definition
	}
	return RightsBy(defs)
}

// RightsBy returns what roles give.
func RightsBy(defs []*Role) (Rights, error) {
	g := Rights{Revs: make(map[string]int64, len(defs))}
	for _, def := range defs {
		var permissions []string
		if err := def.Permissions.Decode(&permissions); err != nil {
			return g, fmt.Errorf("accounts: permissions of the role %s: %w", def.Name, err)
		}
		g.Roles, g.Revs[def.Name] = append(g.Roles, def.Name), def.Rev
		g.Permissions = append(g.Permissions, permissions...)
	}
	slices.Sort(g.Roles)
	slices.Sort(g.Permissions)
	g.Permissions = slices.Compact(g.Permissions)
	return g, nil
}

// Size reports grants that are too many for a token.
func (g *Rights) Size() error {
	n := 0
	for _, name := range slices.Concat(g.Roles, g.Roles, g.Permissions) { // roles stand twice, with their revisions
		n += len(name) + len(`"",`)
	}
	if n > maxGrants {
		return fail.New(problem.AuthValidation, "the roles of the user and their permissions have names of %d bytes, more than the %d that tokens take", n, maxGrants)
	}
	return nil
}

// RoleNamed finds the role with a name.
func RoleNamed(ctx context.Context, s store.Session, name string) (*Role, error) {
	r, err := store.For[Role](s).Get(ctx, name)
	if errors.Is(err, store.ErrNotFound) {
		return nil, fail.ErrRoleUnknown
	}
	return r, err
}

// ListRoles reads a page of the roles, and counts all of them.
func ListRoles(ctx context.Context, s store.Session, p Paging) (found []*Role, total int64, err error) {
	rows := store.For[Role](s)
	if total, err = rows.Count(ctx, store.True()); err != nil {
		return nil, 0, err
	}
	found, err = rows.List(ctx, store.Query{Limit: &p.Size, Offset: p.Offset()})
	return found, total, err
}

// RolesNamed reads the roles with some names.
func RolesNamed(ctx context.Context, s store.Session, names []string) ([]*Role, error) {
	return store.For[Role](s).List(ctx, store.Query{Where: roleName.In(names...)})
}

// WriteRole writes description, permissions and time of a role, and its revision.
func WriteRole(ctx context.Context, tx *store.Tx, r *Role) error {
	_, err := store.For[Role](tx).PatchWhere(ctx, roleName.Eq(r.Name),
		roleDescription.To(r.Description), rolePermissions.To(r.Permissions), roleUpdatedAt.To(r.UpdatedAt), roleRev.To(r.Rev))
	return err
}

// DeleteRole deletes a role.
func DeleteRole(ctx context.Context, tx *store.Tx, name string) error {
	return store.For[Role](tx).Delete(ctx, name)
}

// TakeRole takes a role from all users, and returns from how many.
func TakeRole(ctx context.Context, tx *store.Tx, name string) (int, error) {
	return store.For[UserRole](tx).DeleteWhere(ctx, userRoleRole.Eq(name))
}

// RemoveRoles takes all roles from a user.
func RemoveRoles(ctx context.Context, tx *store.Tx, user store.ID) error {
	return remove[UserRole](ctx, tx, userRoleUserID.Eq(user))
}
