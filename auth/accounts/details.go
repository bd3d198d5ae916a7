package accounts

import (
	"context"
	"errors"

	"github.com/seed-7694ebf6/plinth/store"
)

// details are what a user has in other tables and what tokens and answers tell of.
type details struct {
	rights     rights
	identities []*identity // oldest first
	factors    []*factor   // oldest first
}

var oldestFirst = store.Query{Order: []store.Order{{Column: "created_at"}, {Column: "id"}}}

// detailsOf reads them by one statement. A deleted user has none.
func (a *Accounts) detailsOf(ctx context.Context, s store.Session, id store.ID) (has details, err error) {
	u, err := store.For[user](s).First(ctx, store.Query{
		Where: store.Eq("id", id), Select: []store.Selected{{Column: "id"}},
		With: []store.Embed{
			{Relation: "identities", Query: oldestFirst}, {Relation: "factors", Query: oldestFirst}, {Relation: "roles", Query: rolesByName},
		},
	})
	if errors.Is(err, store.ErrNotFound) {
		return has, nil
	}
	if err != nil {
		return has, err
	}
	has.identities, has.factors = u.Identities, u.Factors
	has.rights, err = rightsIn(u.Roles)
	return has, err
}
