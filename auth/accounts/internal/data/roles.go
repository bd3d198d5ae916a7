package data

import (
	"context"
	"errors"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/store"
)

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
