package accounts

import (
	"context"
	"errors"
	"slices"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

var (
	errRoleUnknown = failf(problem.AuthRoleNotFound, "Role not found")
	errRoleExists  = failf(problem.AuthRoleExists, "A role with this name exists")
)

// roleMode says what saveRole may find.
type roleMode uint8

const (
	roleCreate roleMode = iota // none
	roleChange                 // one
	roleSave                   // either
)

// roleNamed finds the role with a name.
func (a *Accounts) roleNamed(ctx context.Context, s store.Session, name string) (*role, error) {
	r, err := store.For[role](s).Get(ctx, name)
	if errors.Is(err, store.ErrNotFound) {
		return nil, errRoleUnknown
	}
	return r, err
}

// saveRole makes or changes a role. If its permissions change, tokens with the role are
// revoked.
func (a *Accounts) saveRole(ctx context.Context, by authority, want definition, mode roleMode) error {
	permissions, err := want.check()
	if err != nil {
		return err
	}
	if !by.holds(nil, permissions) {
		return errEscalation
	}
	return a.db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		old, err := a.roleNamed(ctx, tx, want.Name)
		switch {
		case errors.Is(err, errRoleUnknown) && mode != roleChange:
			return a.createRole(ctx, tx, by, want, permissions)
		case err != nil:
			return err
		case mode == roleCreate:
			return errRoleExists
		}
		return a.changeRole(ctx, tx, by, old, want, permissions)
	})
}

func (a *Accounts) createRole(ctx context.Context, tx *store.Tx, by authority, want definition, permissions []string) error {
	listed, err := store.JSONOf(permissions)
	if err != nil {
		return err
	}
	now := a.now()
	// It begins with a revision: one of its name may have been deleted.
	entry := &revocation{Role: &want.Name, At: now}
	if err := a.revoke(ctx, tx, entry); err != nil {
		return err
	}
	row := &role{Name: want.Name, Description: want.Description, Permissions: listed, Rev: entry.ID, CreatedAt: now, UpdatedAt: now}
	if err := store.For[role](tx).Insert(ctx, row); err != nil {
		return err
	}
	return a.record(ctx, tx, by.event("role_created", nil), map[string]any{"role": want.Name, "permissions": permissions})
}

func (a *Accounts) changeRole(ctx context.Context, tx *store.Tx, by authority, old *role, want definition, permissions []string) error {
	had, err := rightsBy([]*role{old})
	if err != nil {
		return err
	}
	if !by.holds(nil, had.permissions) {
		return errEscalation
	}
	if slices.Equal(had.permissions, permissions) && old.Description == want.Description {
		return nil
	}
	listed, err := store.JSONOf(permissions)
	if err != nil {
		return err
	}
	now := a.now()
	sets := []store.Set{store.SetTo("description", want.Description), store.SetTo("permissions", listed), store.SetTo("updated_at", now)}
	if !slices.Equal(had.permissions, permissions) {
		entry := &revocation{Role: &want.Name, At: now}
		if err := a.revoke(ctx, tx, entry); err != nil {
			return err
		}
		sets = append(sets, store.SetTo("rev", entry.ID))
	}
	if _, err := store.For[role](tx).PatchWhere(ctx, store.Eq("name", want.Name), sets...); err != nil {
		return err
	}
	return a.record(ctx, tx, by.event("role_changed", nil), map[string]any{"role": want.Name, "permissions": permissions, "before": had.permissions})
}

// deleteRole deletes a role and takes it from all users.
func (a *Accounts) deleteRole(ctx context.Context, by authority, name string) error {
	return a.db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		old, err := a.roleNamed(ctx, tx, name)
		if err != nil {
			return err
		}
		had, err := rightsBy([]*role{old})
		if err != nil {
			return err
		}
		if !by.holds(nil, had.permissions) {
			return errEscalation
		}
		given, err := store.For[userRole](tx).DeleteWhere(ctx, store.Eq("role", name))
		if err != nil {
			return err
		}
		// Without the role, admins who do not have it could change the accounts of its users.
		if given > 0 && !by.holds([]string{name}, nil) {
			return errEscalation
		}
		if err := store.For[role](tx).Delete(ctx, name); err != nil {
			return err
		}
		if err := a.revoke(ctx, tx, &revocation{Role: &name, At: a.now()}); err != nil {
			return err
		}
		return a.record(ctx, tx, by.event("role_deleted", nil), map[string]any{"role": name})
	})
}

// giveRoles gives a user exactly the roles named, on behalf of an admin or the application.
func (a *Accounts) giveRoles(ctx context.Context, tx *store.Tx, by authority, id store.ID, names []string) error {
	u, err := a.userByID(ctx, tx, id)
	if err != nil {
		return err
	}
	if err := a.over(ctx, tx, by, u); err != nil {
		return err
	}
	return a.setRoles(ctx, tx, by, u, names)
}

// setRoles gives a user exactly the roles named. Older tokens are revoked.
func (a *Accounts) setRoles(ctx context.Context, tx *store.Tx, by authority, u *user, names []string) error {
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	had, err := a.rightsOf(ctx, tx, u.ID)
	if err != nil || slices.Equal(had.roles, names) {
		return err
	}
	gets, err := a.mayHave(ctx, tx, u, names)
	if err != nil {
		return err
	}
	for _, r := range gets {
		if slices.Contains(had.roles, r.Name) {
			continue
		}
		// A user's one role may have the name of another, without what comes with it.
		if with, err := rightsBy([]*role{r}); err != nil || !by.holds(with.roles, with.permissions) {
			return orElse(err, errEscalation)
		}
	}
	rows := store.For[userRole](tx)
	if err := removeOf[userRole](ctx, tx, u.ID); err != nil {
		return err
	}
	for _, name := range names {
		if err := rows.Insert(ctx, &userRole{UserID: u.ID, Role: name}); err != nil {
			return err
		}
	}
	if err := a.revokeUser(ctx, tx, u); err != nil {
		return err
	}
	return a.record(ctx, tx, by.event("roles_changed", &u.ID), map[string]any{"roles": names, "before": had.roles})
}

// mayHave finds the roles that a user is to have. Its error says why they cannot.
func (a *Accounts) mayHave(ctx context.Context, tx *store.Tx, u *user, names []string) ([]*role, error) {
	switch {
	case len(names) > maxRoles:
		return nil, failf(problem.AuthValidation, "a user can have %d roles at most", maxRoles)
	case (u.IsAnonymous || u.RemovedAt != nil) && len(names) > 0:
		return nil, failf(problem.AuthValidation, "a user without an account cannot have roles")
	case len(names) == 0:
		return nil, nil
	}
	found, err := store.For[role](tx).List(ctx, store.Query{Where: store.In("name", names)})
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if !slices.ContainsFunc(found, func(r *role) bool { return r.Name == name }) {
			return nil, failf(problem.AuthValidation, "there is no role %q", name[:min(len(name), maxRoleName)])
		}
	}
	gets, err := rightsBy(found)
	if err != nil {
		return nil, err
	}
	return found, gets.size()
}
