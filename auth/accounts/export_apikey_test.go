package accounts

import (
	"context"
	"net/netip"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/apikey"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/store"
)

// LooksRight reports whether a text has the form of an API key.
func LooksRight(token string) bool {
	_, ok := apikey.HashKey(token)
	return ok
}

// NewKey returns a key that is of nobody.
func NewKey() string { return apikey.NewKey() }

// ReadingKeys has as many keys of a network read as may be, until they are released.
func (a *Accounts) ReadingKeys(network netip.Prefix) (release func()) {
	for range apikey.MostReading {
		a.apiKeys.Known.Begin(network)
	}
	return func() {
		for range apikey.MostReading {
			a.apiKeys.Known.End(network)
		}
	}
}

// Evict takes an account from whoever has made it.
func (a *Accounts) Evict(ctx context.Context, id store.ID) error {
	return a.db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		u, err := data.UserByID(ctx, tx, id)
		if err != nil {
			return err
		}
		return a.changes.Evict(ctx, tx, u, data.Contact{Email: data.Deref(u.Email)}, data.Device{})
	})
}
