package jwt

import (
	"slices"

	"github.com/seed-7694ebf6/plinth/auth"
)

// principal returns who the claims speak of.
func (c claims) principal(tenantClaim string) (auth.Principal, error) {
	p := auth.Principal{Kind: auth.User, Claims: c}
	var err error
	for _, field := range []struct {
		claim string
		to    *string
	}{
		{"iss", &p.Issuer}, {"sub", &p.Subject}, {"session_id", &p.Session}, {tenantClaim, &p.Tenant},
	} {
		if *field.to, err = c.text(field.claim); err != nil {
			return auth.Principal{}, err
		}
	}
	if p.Subject == "" {
		return auth.Principal{}, refuse("sub is missing")
	}
	p.ID = p.Subject
	if p.Roles, err = c.roles(); err != nil {
		return auth.Principal{}, err
	}
	if p.Permissions, err = c.texts("permissions"); err != nil {
		return auth.Principal{}, err
	}
	if p.IsAnonymous, err = c.flag("is_anonymous"); err != nil {
		return auth.Principal{}, err
	}
	if p.AAL, err = c.assurance(); err != nil {
		return auth.Principal{}, err
	}
	if p.Expires, _, err = c.date("exp"); err != nil {
		return auth.Principal{}, err
	}
	return p, nil
}

// roles returns the role claim and the roles claim as one list. Role names that
// are empty name nothing and are left out.
func (c claims) roles() ([]string, error) {
	first, err := c.text("role")
	if err != nil {
		return nil, err
	}
	several, err := c.texts("roles")
	if err != nil {
		return nil, err
	}
	var roles []string
	for _, role := range append([]string{first}, several...) {
		if role != "" && !slices.Contains(roles, role) {
			roles = append(roles, role)
		}
	}
	return roles, nil
}

// assurances are the values of aal; the level is the index plus one.
var assurances = []string{"aal1", "aal2", "aal3"}

// assurance returns the level of the aal claim, or 0 for an undefined one.
func (c claims) assurance() (int, error) {
	aal, err := c.text("aal")
	if err != nil {
		return 0, err
	}
	return slices.Index(assurances, aal) + 1, nil
}
