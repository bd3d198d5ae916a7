package data

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

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
	q := oldestFirst
	q.Where = store.Eq("user_id", owner)
	return store.For[Identity](s).List(ctx, q)
}

// StillKnown rejects a login at a provider by an identity that was unlinked in the meantime.
// Another identity at the same provider may belong to another person.
func StillKnown(ctx context.Context, s store.Session, u *User, how Method) error {
	if how.Provider == "" {
		return nil
	}
	n, err := store.For[Identity](s).Count(ctx, store.And(store.Eq("id", how.Identity), store.Eq("user_id", u.ID)))
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

func (i *Identity) Name() string { return i.Provider + "\x00" + i.Issuer + "\x00" + i.Subject }

// IdentityOf finds the identity of a ExternalIdentity, nil if there is none.
func IdentityOf(ctx context.Context, s store.Session, v *ExternalIdentity) (*Identity, error) {
	i, err := store.For[Identity](s).First(ctx, store.Query{Where: store.And(
		store.Eq("provider", v.Provider), store.Eq("issuer", v.Issuer), store.Eq("subject", v.Subject),
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
