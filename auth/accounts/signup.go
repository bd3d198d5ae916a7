package accounts

import (
	"context"
	"errors"

	"github.com/seed-7694ebf6/plinth/store"
)

// newUser describes an account to be made.
type newUser struct {
	email    string
	password string
	metadata store.JSON
}

// signUp makes an account. in is nil where the address has to be confirmed first;
// the answer is then the same for an address that has an account, whose owner is
// told by mail.
func (a *Accounts) signUp(ctx context.Context, n newUser, from device) (u *user, in *issued, err error) {
	if a.config.DisableSignup {
		return nil, nil, errSignupClosed
	}
	email, ok := canonicalEmail(n.email)
	if !ok {
		return nil, nil, failf("validation_failed", "Unable to validate email address: invalid format")
	}
	if err := a.config.Passwords.Check(n.password, email); err != nil {
		return nil, nil, err
	}
	// The hash is made in any case: the time must not tell whether there is one.
	hash, err := a.hashes.Hash(ctx, n.password)
	if err != nil {
		return nil, nil, err
	}
	now := a.now()
	u = &user{Email: &email, PasswordHash: &hash, PasswordChangedAt: &now, Role: audience, AppMetadata: emailProvider, UserMetadata: n.metadata}
	if a.config.Autoconfirm {
		u.EmailConfirmedAt = &now
	}
	made, err := a.admit(ctx, u, "password", from)
	if err != nil {
		return nil, nil, err
	}
	err = a.db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error { return a.create(ctx, tx, made) })
	if taken, ok := errors.AsType[*store.ConstraintError](err); ok && taken.Kind == store.Unique {
		if a.config.Autoconfirm {
			return nil, nil, errUserExists
		}
		return a.pretended(u), nil, nil
	}
	if err != nil || !a.config.Autoconfirm {
		return u, nil, err
	}
	in, err = a.enter(ctx, u, method{Method: "password"}, from)
	return u, in, err
}

// emailProvider is the app_metadata of users who are known by their address.
const emailProvider store.JSON = `{"provider":"email","providers":["email"]}`

// create writes a new user, with the identity that their address is.
func (a *Accounts) create(ctx context.Context, tx *store.Tx, n admitted) error {
	u := n.user
	if err := store.For[user](tx).Insert(ctx, u); err != nil {
		return err
	}
	if u.Email != nil {
		if err := a.addEmailIdentity(ctx, tx, u); err != nil {
			return err
		}
	}
	e := &event{Kind: "signed_up", UserID: &u.ID, Actor: n.actor, Address: n.from.address, UserAgent: n.from.userAgent}
	return a.record(ctx, tx, e, map[string]any{"method": n.how})
}

// addEmailIdentity writes the identity that a user's address is.
func (a *Accounts) addEmailIdentity(ctx context.Context, tx *store.Tx, u *user) error {
	data, err := store.JSONOf(map[string]any{"sub": u.ID, "email": deref(u.Email), "email_verified": u.EmailConfirmedAt != nil, "phone_verified": false})
	if err != nil {
		return err
	}
	return store.For[identity](tx).Insert(ctx, &identity{UserID: u.ID, Provider: "email", Subject: u.ID.String(), Data: data, Email: u.Email})
}

// pretended is the answer for an address that has an account: what a new one would
// look like.
func (a *Accounts) pretended(u *user) *user {
	now := a.now()
	u.ID, u.CreatedAt, u.UpdatedAt = store.NewID(), now, now
	return u
}
