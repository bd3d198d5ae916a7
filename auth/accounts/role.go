package accounts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// role is a name that users can be given, and the permissions that come with it.
type role struct {
	bun.BaseModel `bun:"table:auth_roles"`
	store.Untracked
	Name        string     `bun:",pk"`
	Description string     `bun:",notnull"`
	Permissions store.JSON `bun:",notnull,type:jsonb"` // names, sorted
	Rev         int64      `bun:",notnull"`            // see revocations
	CreatedAt   time.Time  `bun:",notnull"`
	UpdatedAt   time.Time  `bun:",notnull"`
}

// userRole says that a user has a role.
type userRole struct {
	bun.BaseModel `bun:"table:auth_user_roles"`
	store.Untracked
	UserID     store.ID `bun:",pk"`
	Role       string   `bun:",pk"`
	Definition *role    `bun:"rel:belongs-to,join:role=name"`
}

// Bounds of roles: names travel in tokens.
const (
	maxRoleName    = 64   // bytes of the name of a role or a permission
	maxPermissions = 64   // of a role
	maxRoles       = 16   // of a user
	maxGrants      = 2048 // bytes of all names of a user's roles and permissions
	maxDescription = 500  // bytes
)

// reservedRoles are names that mean something without anybody being given them.
var reservedRoles = []string{"anon", audience, "service_role", "supabase_admin", "anonymous", "service"}

// checkName holds the name of a role or a permission to letters, digits and a few
// signs, so that it looks the same wherever it stands.
func checkName(what, name string) error {
	if name == "" || len(name) > maxRoleName {
		return failf(problem.AuthValidation, "the name of a %s must have 1 to %d characters", what, maxRoleName)
	}
	for _, c := range []byte(name) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("._-:", rune(c)) {
			return failf(problem.AuthValidation, "the name of a %s may have letters, digits, '.', '_', '-' and ':' only", what)
		}
	}
	return nil
}

// rights are the roles of a user and what comes with them.
type rights struct {
	roles       []string // sorted
	permissions []string // sorted
	revs        map[string]int64
}

// rightsOf reads the roles of a user.
func (a *Accounts) rightsOf(ctx context.Context, s store.Session, user store.ID) (rights, error) {
	rows, err := store.For[userRole](s).List(ctx, store.Query{
		Where: store.Eq("user_id", user), Order: []store.Order{{Column: "role"}}, With: []store.Embed{{Relation: "definition"}},
	})
	if err != nil {
		return rights{}, err
	}
	defs := make([]*role, len(rows))
	for i, row := range rows {
		if row.Definition == nil {
			return rights{}, fmt.Errorf("accounts: user %s has the role %s, which there is not", user, row.Role)
		}
		defs[i] = row.Definition
	}
	return rightsBy(defs)
}

// rightsBy returns what roles give.
func rightsBy(defs []*role) (rights, error) {
	g := rights{revs: make(map[string]int64, len(defs))}
	for _, def := range defs {
		var permissions []string
		if err := json.Unmarshal([]byte(def.Permissions), &permissions); err != nil {
			return g, fmt.Errorf("accounts: permissions of the role %s: %w", def.Name, err)
		}
		g.roles, g.revs[def.Name] = append(g.roles, def.Name), def.Rev
		g.permissions = append(g.permissions, permissions...)
	}
	slices.Sort(g.roles)
	slices.Sort(g.permissions)
	g.permissions = slices.Compact(g.permissions)
	return g, nil
}

// size reports grants that are too many for a token.
func (g *rights) size() error {
	n := 0
	for _, name := range slices.Concat(g.roles, g.roles, g.permissions) { // roles stand twice, with their revisions
		n += len(name) + len(`"",`)
	}
	if n > maxGrants {
		return failf(problem.AuthValidation, "the roles of the user and their permissions have names of %d bytes, more than the %d that tokens take", n, maxGrants)
	}
	return nil
}

// rolesNamed reads roles, which all have to exist.
func (a *Accounts) rolesNamed(ctx context.Context, s store.Session, names []string) ([]*role, error) {
	if len(names) == 0 {
		return nil, nil
	}
	found, err := store.For[role](s).List(ctx, store.Query{Where: store.In("name", names)})
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if !slices.ContainsFunc(found, func(r *role) bool { return r.Name == name }) {
			return nil, failf(problem.AuthValidation, "there is no role %q", name[:min(len(name), maxRoleName)])
		}
	}
	return found, nil
}

// setRoles gives a user exactly the roles named. Tokens made before hold no more.
func (a *Accounts) setRoles(ctx context.Context, tx *store.Tx, by authority, u *user, names []string) error {
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	switch {
	case len(names) > maxRoles:
		return failf(problem.AuthValidation, "a user can have %d roles at most", maxRoles)
	case u.IsAnonymous && len(names) > 0:
		return failf(problem.AuthValidation, "a user without an account cannot have roles")
	}
	had, err := a.rightsOf(ctx, tx, u.ID)
	if err != nil || slices.Equal(had.roles, names) {
		return err
	}
	defs, err := a.rolesNamed(ctx, tx, names)
	if err != nil {
		return err
	}
	gets, err := rightsBy(defs)
	if err != nil {
		return err
	}
	if err := gets.size(); err != nil {
		return err
	}
	for _, name := range names {
		if !slices.Contains(had.roles, name) && !by.holds([]string{name}, nil) {
			return errEscalation
		}
	}
	rows := store.For[userRole](tx)
	if _, err := rows.DeleteWhere(ctx, store.Eq("user_id", u.ID)); err != nil {
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

var errRoleUnknown = failf(problem.AuthRoleNotFound, "Role not found")

// saveRole makes a role or changes it. Tokens of whoever has it hold no more where
// its permissions have changed.
func (a *Accounts) saveRole(ctx context.Context, tx *store.Tx, by authority, want *role, permissions []string, create bool) error {
	roles := store.For[role](tx)
	old, err := roles.Get(ctx, want.Name)
	switch {
	case errors.Is(err, store.ErrNotFound):
		old = nil
	case err != nil:
		return err
	case create:
		return failf(problem.AuthRoleExists, "A role with this name exists")
	}
	if want.Permissions, err = store.JSONOf(permissions); err != nil {
		return err
	}
	if !by.holds(nil, permissions) {
		return errEscalation
	}
	now := a.now()
	want.CreatedAt, want.UpdatedAt = now, now
	kind := "role_created"
	if old != nil {
		had, err := rightsBy([]*role{old})
		if err != nil {
			return err
		}
		if !by.holds(nil, had.permissions) {
			return errEscalation
		}
		if slices.Equal(had.permissions, permissions) {
			want.Rev, want.CreatedAt = old.Rev, old.CreatedAt
			_, err := roles.PatchWhere(ctx, store.Eq("name", want.Name), store.SetTo("description", want.Description), store.SetTo("updated_at", now))
			return err
		}
		kind, want.CreatedAt = "role_changed", old.CreatedAt
	}
	// A new role gets a revision too: one of its name may have been deleted.
	told := &revocation{Role: &want.Name, At: now}
	if err := a.revoke(ctx, tx, told); err != nil {
		return err
	}
	want.Rev = told.ID
	if err := roles.Upsert(ctx, want); err != nil {
		return err
	}
	return a.record(ctx, tx, by.event(kind, nil), map[string]any{"role": want.Name, "permissions": permissions})
}

// deleteRole takes a role from everybody, and away.
func (a *Accounts) deleteRole(ctx context.Context, tx *store.Tx, by authority, name string) error {
	old, err := store.For[role](tx).Get(ctx, name)
	if errors.Is(err, store.ErrNotFound) {
		return errRoleUnknown
	}
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
	if _, err := store.For[userRole](tx).DeleteWhere(ctx, store.Eq("role", name)); err != nil {
		return err
	}
	if err := store.For[role](tx).Delete(ctx, name); err != nil {
		return err
	}
	if err := a.revoke(ctx, tx, &revocation{Role: &name, At: a.now()}); err != nil {
		return err
	}
	return a.record(ctx, tx, by.event("role_deleted", nil), map[string]any{"role": name})
}

// checkRole judges a role that is to be.
func checkRole(name, description string, permissions []string) ([]string, error) {
	if err := checkName("role", name); err != nil {
		return nil, err
	}
	if slices.Contains(reservedRoles, name) {
		return nil, failf(problem.AuthValidation, "the name %q is reserved", name)
	}
	if len(description) > maxDescription {
		return nil, failf(problem.AuthValidation, "description must have %d bytes at most", maxDescription)
	}
	if len(permissions) > maxPermissions {
		return nil, failf(problem.AuthValidation, "a role can have %d permissions at most", maxPermissions)
	}
	for _, p := range permissions {
		if err := checkName("permission", p); err != nil {
			return nil, err
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(permissions))), nil
}
