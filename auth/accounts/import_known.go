package accounts

import (
	"context"
	"strings"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// knownNames are those by which accounts of a batch are known, and by which of them.
type knownNames struct {
	ids    map[store.ID]bool
	others map[string]store.ID
	roles  map[string]*data.Role
}

// What names of addresses and numbers begin with, and those of identities cannot.
const (
	emailName = "\x00email "
	phoneName = "\x00phone "
)

// names returns what else than its id names a row.
func (row *importedRow) names() []string {
	var out []string
	if row.user.Email != nil {
		out = append(out, emailName+*row.user.Email)
	}
	if row.user.Phone != nil {
		out = append(out, phoneName+*row.user.Phone)
	}
	for _, i := range row.identities {
		out = append(out, i.Name())
	}
	return out
}

// has reports whether the account of a row exists, or why it cannot be made: what names
// it names another.
func (n *knownNames) has(row *importedRow) (existing bool, err error) {
	if row.id != (store.ID{}) && n.ids[row.id] {
		return true, nil
	}
	for _, name := range row.names() {
		if _, taken := n.others[name]; !taken {
			continue
		}
		if row.id == (store.ID{}) {
			return true, nil
		}
		switch {
		case strings.HasPrefix(name, emailName):
			return false, &problem.Error{Code: problem.AuthEmailExists}
		case strings.HasPrefix(name, phoneName):
			return false, &problem.Error{Code: problem.AuthPhoneExists}
		}
		return false, &problem.Error{Code: problem.AuthIdentityExists}
	}
	return false, nil
}

// mayHave reports by its error whether roles can be given.
func (n *knownNames) mayHave(roles []string) error {
	if len(roles) > data.MaxRoles {
		return fail.New(problem.AuthValidation, "a user can have %d roles at most", data.MaxRoles)
	}
	defs := make([]*data.Role, len(roles))
	for i, name := range roles {
		if defs[i] = n.roles[name]; defs[i] == nil {
			return fail.New(problem.AuthValidation, "there is no role %q", name[:min(len(name), data.MaxRoleName)])
		}
	}
	g, err := data.RightsBy(defs)
	if err != nil {
		return err
	}
	return g.Size()
}

// add records an account that was made.
func (n *knownNames) add(row *importedRow) {
	n.ids[row.made] = true
	for _, name := range row.names() {
		n.others[name] = row.made
	}
}

// lookUp reads which accounts there are of those that rows name, and which roles.
func (a *Accounts) lookUp(ctx context.Context, tx *store.Tx, rows []*importedRow) (*knownNames, error) {
	var ids []store.ID
	var emails, phones []*string
	var roles []string
	subjects := make(map[[2]string][]string) // by provider and issuer, as they are indexed
	for _, row := range rows {
		if row.id != (store.ID{}) {
			ids = append(ids, row.id)
		}
		if row.user.Email != nil {
			emails = append(emails, row.user.Email)
		}
		if row.user.Phone != nil {
			phones = append(phones, row.user.Phone)
		}
		for _, i := range row.identities {
			at := [2]string{i.Provider, i.Issuer}
			subjects[at] = append(subjects[at], i.Subject)
		}
		roles = append(roles, row.roles...)
	}
	n := &knownNames{ids: make(map[store.ID]bool), others: make(map[string]store.ID), roles: make(map[string]*data.Role)}
	users, err := data.UsersAmong(ctx, tx, ids, emails, phones)
	if err != nil {
		return nil, err
	}
	for _, u := range users {
		n.add(&importedRow{made: u.ID, user: u})
	}
	for at, of := range subjects {
		found, err := data.IdentitiesNamed(ctx, tx, at[0], at[1], of)
		if err != nil {
			return nil, err
		}
		for _, i := range found {
			n.others[i.Name()] = i.UserID
		}
	}
	found, err := data.RolesNamed(ctx, tx, roles)
	if err != nil {
		return nil, err
	}
	for _, r := range found {
		n.roles[r.Name] = r
	}
	return n, nil
}
