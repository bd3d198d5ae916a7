package accounts

import (
	"context"
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/account"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/federation"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/role"
	"github.com/seed-7694ebf6/plinth/auth/password"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// importedRow is a user that is being imported.
type importedRow struct {
	number     int
	id         store.ID
	email      string // as it came
	user       *data.User
	identities []*data.Identity
	roles      []string

	made     store.ID
	existing bool
	err      error
}

// read judges a user and makes them ours.
func (row *importedRow) read(in *ImportedUser) (err error) {
	c := account.Change{}
	if err := c.ReadAddresses(in.Email, in.Phone); err != nil {
		return err
	}
	u := &data.User{
		Role: in.Role, EmailConfirmedAt: data.TimeOf(in.EmailConfirmedAt), PhoneConfirmedAt: data.TimeOf(in.PhoneConfirmedAt),
		LastSignInAt: data.TimeOf(in.LastSignInAt), BannedUntil: data.TimeOf(in.BannedUntil),
	}
	u.ID, u.CreatedAt = in.ID, in.CreatedAt
	row.user, row.roles = u, slices.Compact(slices.Sorted(slices.Values(in.Roles)))
	var providers []string
	if c.Email != "" {
		u.Email, providers = &c.Email, append(providers, "email")
	}
	if c.Phone != "" {
		u.Phone, providers = &c.Phone, append(providers, "phone")
	}
	if in.PasswordHash != "" {
		if password.CheckHash(in.PasswordHash) != nil {
			return fail.New(problem.AuthValidation, "the hash of the password is not argon2id or bcrypt")
		}
		u.PasswordHash = &in.PasswordHash
	}
	if u.Role == "" {
		u.Role = data.Audience
	} else if err := role.CheckName("role", u.Role); err != nil {
		return err
	}
	if u.UserMetadata, err = data.AsDocument(in.UserMetadata); err != nil {
		return err
	}
	if u.AppMetadata, err = data.AsDocument(in.AppMetadata); err != nil {
		return err
	}
	for i := range in.Identities {
		made, err := in.Identities[i].row()
		if err != nil {
			return err
		}
		row.identities, providers = append(row.identities, made), append(providers, made.Provider)
	}
	if len(providers) == 0 {
		return errNameless
	}
	if u.AppMetadata, err = data.WithProviders(u.AppMetadata, providers); err == nil && max(len(u.AppMetadata), len(u.UserMetadata)) > data.MaxMetadata {
		err = data.ErrMetadata
	}
	return err
}

// row returns the identity as it is kept.
func (i *ImportedIdentity) row() (*data.Identity, error) {
	for _, text := range []string{i.Provider, i.Issuer, i.Subject} {
		if text == "" || len(text) > federation.MaxClaim || data.HasControl(text) {
			return nil, fail.New(problem.AuthValidation, "an identity needs a provider, an issuer and a subject")
		}
	}
	if i.Provider == "email" || i.Provider == "phone" {
		return nil, fail.New(problem.AuthValidation, "the identities of e-mail address and phone number are created automatically; leave them out")
	}
	members := map[string]any{"iss": i.Issuer, "sub": i.Subject, "provider_id": i.Subject}
	for name, value := range i.Data {
		if _, taken := members[name]; !taken {
			members[name] = value
		}
	}
	doc, err := store.JSONOf(members)
	if err == nil && len(doc) > data.MaxMetadata {
		err = data.ErrMetadata
	}
	out := &data.Identity{Provider: i.Provider, Issuer: i.Issuer, Subject: i.Subject, Data: doc}
	if text, ok := i.Data["email"].(string); ok {
		if email, ok := data.CanonicalEmail(text); ok {
			out.Email = &email
		}
	}
	return out, err
}

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
