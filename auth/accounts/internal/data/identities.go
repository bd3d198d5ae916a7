package data

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// SameIdentity reports whether two identities say the same.
func SameIdentity(a, b *Identity) bool { return a.Provider == b.Provider && a.Data == b.Data }

// Addresses are the identities that a user has by their address and their number.
func (u *User) Addresses() []*Identity {
	var out []*Identity
	if u.Email != nil {
		out = append(out, u.knownBy("email", *u.Email))
	}
	if u.Phone != nil {
		out = append(out, u.knownBy("phone", *u.Phone))
	}
	return out
}

func (u *User) knownBy(provider, address string) *Identity {
	doc, err := store.JSONOf(map[string]any{
		"sub": u.ID, provider: address, "email_verified": u.EmailConfirmedAt != nil, "phone_verified": u.PhoneConfirmedAt != nil,
	})
	if err != nil {
		panic(err) // texts and booleans can be written
	}
	i := &Identity{UserID: u.ID, Provider: provider, Subject: u.ID.String(), Data: doc}
	if provider == "email" {
		i.Email = &address
	}
	return i
}

// IdentitiesOf returns the identities of a user, the oldest first.
func IdentitiesOf(ctx context.Context, s store.Session, owner store.ID) ([]*Identity, error) {
	q := identitiesByAge
	q.Where = identityUserID.Eq(owner)
	return store.For[Identity](s).List(ctx, q)
}

// StillKnown rejects a login at a provider by an identity that was unlinked in the meantime.
// Another identity at the same provider may belong to another person.
func StillKnown(ctx context.Context, s store.Session, u *User, how Method) error {
	if how.Provider == "" {
		return nil
	}
	n, err := store.For[Identity](s).Count(ctx, store.And(identityID.Eq(how.Identity), identityUserID.Eq(u.ID)))
	if err == nil && n == 0 {
		err = &problem.Error{Code: problem.AuthConflict}
	}
	return err
}

// SyncProviders makes a user's app_metadata say by what they are known.
func SyncProviders(ctx context.Context, tx *store.Tx, u *User) error {
	identities, err := IdentitiesOf(ctx, tx, u.ID)
	if err != nil {
		return err
	}
	names := []string{}
	for _, i := range identities {
		if !slices.Contains(names, i.Provider) {
			names = append(names, i.Provider)
		}
	}
	u.AppMetadata, err = WithProviders(u.AppMetadata, names)
	return err
}

// WithProviders puts into an app_metadata by what a user is known, and by what first.
func WithProviders(app store.JSON, names []string) (store.JSON, error) {
	metadata := map[string]json.RawMessage{}
	if err := json.Unmarshal([]byte(app), &metadata); err != nil {
		return "", err
	}
	set := func(name string, value any) (err error) {
		metadata[name], err = json.Marshal(value)
		return err
	}
	var first string
	if json.Unmarshal(metadata["provider"], &first) != nil || !slices.Contains(names, first) {
		delete(metadata, "provider")
		if len(names) > 0 {
			if err := set("provider", names[0]); err != nil {
				return "", err
			}
		}
	}
	if err := set("providers", names); err != nil {
		return "", err
	}
	return store.JSONOf(metadata)
}

// Name returns what is unique about an identity.
func (i *Identity) Name() string { return i.Provider + "\x00" + i.Issuer + "\x00" + i.Subject }

// IdentityOf finds the identity of a ExternalIdentity, nil if there is none.
func IdentityOf(ctx context.Context, s store.Session, v *ExternalIdentity) (*Identity, error) {
	i, err := store.For[Identity](s).First(ctx, store.Query{Where: store.And(
		identityProvider.Eq(v.Provider), identityIssuer.Eq(v.Issuer), identitySubject.Eq(v.Subject),
	)})
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return i, err
}

// Proven reports whether the provider was believed for the address.
func (i *Identity) Proven() bool {
	var doc struct {
		Verified bool `json:"email_verified"`
	}
	return i.Email != nil && json.Unmarshal([]byte(i.Data), &doc) == nil && doc.Verified
}

// atProviders selects the identities of a user that are neither e-mail address nor phone number.
func atProviders(user store.ID) store.Cond {
	return store.And(identityUserID.Eq(user), identityProvider.Ne("email"), identityProvider.Ne("phone"))
}

// IdentitiesAmong reads the identities of several users, the oldest first.
func IdentitiesAmong(ctx context.Context, s store.Session, users []store.ID) ([]*Identity, error) {
	return store.For[Identity](s).List(ctx, store.Query{Where: identityUserID.In(users...), Order: []store.Order{identityCreatedAt.Asc()}})
}

// IdentitiesNamed reads the identities at a provider with some subjects.
func IdentitiesNamed(ctx context.Context, s store.Session, provider, issuer string, subjects []string) ([]*Identity, error) {
	where := store.And(identityProvider.Eq(provider), identityIssuer.Eq(issuer), identitySubject.In(subjects...))
	return store.For[Identity](s).List(ctx, store.Query{Where: where})
}

// HasProvider reports whether a user has an identity at a provider.
func HasProvider(ctx context.Context, s store.Session, user store.ID) (bool, error) {
	n, err := store.For[Identity](s).Count(ctx, atProviders(user))
	return n > 0, err
}

// WriteAddress writes the identity of an e-mail address or a phone number.
func WriteAddress(ctx context.Context, tx *store.Tx, of *Identity) error {
	which := store.And(identityUserID.Eq(of.UserID), identityProvider.Eq(of.Provider), identityIssuer.Eq(""))
	n, err := store.For[Identity](tx).PatchWhere(ctx, which, identityData.To(of.Data), identityEmail.To(of.Email))
	if err != nil || n > 0 {
		return err
	}
	return Insert(ctx, tx, of)
}

// RecordLogin writes what a provider says at a login by an identity.
func RecordLogin(ctx context.Context, tx *store.Tx, id store.ID, doc store.JSON, email *string, now time.Time) error {
	_, err := store.For[Identity](tx).PatchWhere(ctx, identityID.Eq(id), identityData.To(doc), identityEmail.To(email), identityLastSignInAt.To(&now))
	return err
}

// DeleteIdentity deletes an identity.
func DeleteIdentity(ctx context.Context, tx *store.Tx, id store.ID) error {
	return store.For[Identity](tx).Delete(ctx, id)
}

// DropAddress deletes the identity of a user that is a contact of one kind.
func DropAddress(ctx context.Context, tx *store.Tx, user store.ID, at Contact) error {
	return remove[Identity](ctx, tx, store.And(identityUserID.Eq(user), identityProvider.Eq(at.Column())))
}

// DropProviders deletes the identities of a user at providers.
func DropProviders(ctx context.Context, tx *store.Tx, user store.ID) error {
	return remove[Identity](ctx, tx, atProviders(user))
}

// DropIdentities deletes all identities of a user.
func DropIdentities(ctx context.Context, tx *store.Tx, user store.ID) error {
	return remove[Identity](ctx, tx, identityUserID.Eq(user))
}
