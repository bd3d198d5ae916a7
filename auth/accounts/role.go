package accounts

import (
	"context"
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

// definition is a role to be made or changed.
type definition struct {
	Name        string
	Permissions []string
	Description string
}

// Bounds of roles: names travel in tokens.
const (
	maxRoleName    = 64   // bytes of the name of a role or a permission
	maxPermissions = 64   // of a role
	maxRoles       = 16   // of a user
	maxGrants      = 2048 // bytes of all names of a user's roles and permissions
	maxDescription = 500  // bytes
)

// reservedRoles are names that have a meaning without being granted.
var reservedRoles = []string{"anon", audience, "service_role", "supabase_admin", "anonymous", "service"}

// checkName restricts the name of a role or a permission to letters, digits and a few signs.
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
	q := rolesByName
	q.Where = store.Eq("user_id", user)
	rows, err := store.For[userRole](s).List(ctx, q)
	if err != nil {
		return rights{}, err
	}
	return rightsIn(rows)
}

// rolesByName reads what users have been given, with what it is.
var rolesByName = store.Query{Order: []store.Order{{Column: "role"}}, With: []store.Embed{{Relation: "definition"}}}

// rightsIn returns what the roles of a user give.
func rightsIn(rows []*userRole) (rights, error) {
	defs := make([]*role, len(rows))
	for i, row := range rows {
		if row.Definition == nil {
			return rights{}, fmt.Errorf("accounts: user %s has the unknown role %s", row.UserID, row.Role)
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
		if err := def.Permissions.Decode(&permissions); err != nil {
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

// check judges a role that is to be, and returns its permissions in order.
func (r *definition) check() ([]string, error) {
	if err := checkName("role", r.Name); err != nil {
		return nil, err
	}
	switch {
	case slices.Contains(reservedRoles, r.Name):
		return nil, failf(problem.AuthValidation, "the name %q is reserved", r.Name)
	case len(r.Description) > maxDescription:
		return nil, failf(problem.AuthValidation, "description must have %d bytes at most", maxDescription)
	case len(r.Permissions) > maxPermissions:
		return nil, failf(problem.AuthValidation, "a role can have %d permissions at most", maxPermissions)
	}
	for _, p := range r.Permissions {
		if err := checkName("permission", p); err != nil {
			return nil, err
		}
	}
	alone := rights{roles: []string{r.Name}, permissions: slices.Compact(slices.Sorted(slices.Values(r.Permissions)))}
	return nonNil(alone.permissions), alone.size()
}
