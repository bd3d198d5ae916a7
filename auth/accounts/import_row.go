package accounts

import (
	"slices"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/password"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// importedRow is a user that is being imported.
type importedRow struct {
	number     int
	id         store.ID
	email      string // as it came
	user       *user
	identities []*identity
	roles      []string

	made     store.ID
	existing bool
	err      error
}

// read judges a user and makes them ours.
func (row *importedRow) read(in *ImportedUser) (err error) {
	c := change{}
	if err := c.readAddresses(in.Email, in.Phone); err != nil {
		return err
	}
	u := &user{
		Role: in.Role, EmailConfirmedAt: timeOf(in.EmailConfirmedAt), PhoneConfirmedAt: timeOf(in.PhoneConfirmedAt),
		LastSignInAt: timeOf(in.LastSignInAt), BannedUntil: timeOf(in.BannedUntil),
	}
	u.ID, u.CreatedAt = in.ID, in.CreatedAt
	row.user, row.roles = u, slices.Compact(slices.Sorted(slices.Values(in.Roles)))
	var providers []string
	if c.email != "" {
		u.Email, providers = &c.email, append(providers, "email")
	}
	if c.phone != "" {
		u.Phone, providers = &c.phone, append(providers, "phone")
	}
	if in.PasswordHash != "" {
		if password.CheckHash(in.PasswordHash) != nil {
			return failf(problem.AuthValidation, "the hash of the password is not argon2id or bcrypt")
		}
		u.PasswordHash = &in.PasswordHash
	}
	if u.Role == "" {
		u.Role = audience
	} else if err := checkName("role", u.Role); err != nil {
		return err
	}
	if u.UserMetadata, err = asDocument(in.UserMetadata); err != nil {
		return err
	}
	if u.AppMetadata, err = asDocument(in.AppMetadata); err != nil {
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
	if u.AppMetadata, err = withProviders(u.AppMetadata, providers); err == nil && max(len(u.AppMetadata), len(u.UserMetadata)) > maxMetadata {
		err = errMetadata
	}
	return err
}

// row returns the identity as it is kept.
func (i *ImportedIdentity) row() (*identity, error) {
	for _, text := range []string{i.Provider, i.Issuer, i.Subject} {
		if text == "" || len(text) > maxClaim || hasControl(text) {
			return nil, failf(problem.AuthValidation, "an identity needs a provider, an issuer and a subject")
		}
	}
	if i.Provider == "email" || i.Provider == "phone" {
		return nil, failf(problem.AuthValidation, "the identities of e-mail address and phone number are created automatically; leave them out")
	}
	members := map[string]any{"iss": i.Issuer, "sub": i.Subject, "provider_id": i.Subject}
	for name, value := range i.Data {
		if _, taken := members[name]; !taken {
			members[name] = value
		}
	}
	doc, err := store.JSONOf(members)
	if err == nil && len(doc) > maxMetadata {
		err = errMetadata
	}
	out := &identity{Provider: i.Provider, Issuer: i.Issuer, Subject: i.Subject, Data: doc}
	if text, ok := i.Data["email"].(string); ok {
		if email, ok := canonicalEmail(text); ok {
			out.Email = &email
		}
	}
	return out, err
}

// timeOf returns a time as it is kept, nil for none.
func timeOf(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC().Truncate(time.Microsecond)
	return &t
}
