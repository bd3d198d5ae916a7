package role

import (
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/internal/problem"
)

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
