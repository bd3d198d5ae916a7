package account

import (
	"context"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/store"
)

// Linked returns the account that an identity is for.
func (su *SignUps) Linked(ctx context.Context, s store.Session, to *data.Linking) (*data.User, error) {
	by, err := data.StillOpen(ctx, s, to.Session)
	if err == nil && by.UserID != to.User {
		err = fail.ErrSessionUnknown
	}
	if err != nil {
		return nil, err
	}
	u, err := data.GetUser(ctx, s, to.User)
	if err != nil {
		return nil, err
	}
	return u, su.Sessions.MayEnter(u)
}

// AddIdentity writes the identity of a externalIdentity.
func (ch *Changes) AddIdentity(ctx context.Context, tx *store.Tx, u *data.User, v *data.ExternalIdentity) (*data.Identity, error) {
	doc, err := store.JSONOf(v.Data)
	if err != nil {
		return nil, err
	}
	now := ch.Now()
	i := &data.Identity{UserID: u.ID, Provider: v.Provider, Issuer: v.Issuer, Subject: v.Subject, Data: doc, Email: v.Email, LastSignInAt: &now}
	if err := data.Insert(ctx, tx, i); err != nil {
		return nil, err
	}
	v.Identity = i.ID
	return i, nil
}
