package accounts

import (
	"slices"

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
