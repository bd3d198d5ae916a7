package accounts

import (
	"context"
	"errors"

	"github.com/seed-7694ebf6/plinth/store"
)

// receive returns the account of an externalIdentity, and makes one if there is none. It is the
// account that has the identity, or the one with the e-mail address, see meet.
func (a *Accounts) receive(ctx context.Context, v *externalIdentity, from device) (u *user, err error) {
	var n *admitted // the new account, if it comes to that
	for range 5 {
		err = a.db.Tx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
			u, err = a.receiveIn(ctx, tx, v, n, from)
			return err
		})
		switch {
		case errors.Is(err, errNotAdmitted):
			if n, err = a.newAccount(ctx, v, from); err != nil {
				return nil, err
			}
		case isTaken(err):
			// Of two first logins at once one meets the row of the other, and finds it
			// when it looks again.
		default:
			return u, err
		}
	}
	return nil, errUserExists
}

// errNotAdmitted makes receive ask whether a new account may be made, which it cannot do
// in a transaction.
var errNotAdmitted = errors.New("accounts: a new account must be checked outside the transaction")

// newAccount prepares an account. It has an address only if the provider is believed
// for it.
func (a *Accounts) newAccount(ctx context.Context, v *externalIdentity, from device) (*admitted, error) {
	if a.config.DisableSignup {
		return nil, errSignupClosed
	}
	u := &user{Role: audience}
	if v.Proven {
		now := a.now()
		u.Email, u.EmailConfirmedAt = v.Email, &now
	}
	var err error
	if u.AppMetadata, err = withProviders("{}", []string{v.Provider}); err != nil {
		return nil, err
	}
	if u.UserMetadata, err = v.fillMetadata("{}"); err != nil {
		return nil, err
	}
	n, err := a.admit(ctx, u, v.Provider, from)
	n.externalIdentity = v
	return &n, err
}

func (a *Accounts) receiveIn(ctx context.Context, tx *store.Tx, v *externalIdentity, n *admitted, from device) (*user, error) {
	i, err := a.identityOf(ctx, tx, v)
	if err != nil {
		return nil, err
	}
	if i == nil {
		return a.meet(ctx, tx, v, n, from)
	}
	u, err := store.For[user](tx).Get(ctx, i.UserID)
	if err != nil {
		return nil, err
	}
	if err := a.mayEnter(u); err != nil {
		return nil, err
	}
	data, err := store.JSONOf(v.Data)
	if err != nil {
		return nil, err
	}
	v.identity = i.ID
	_, err = store.For[identity](tx).PatchWhere(ctx, store.Eq("id", i.ID),
		store.SetTo("data", data), store.SetTo("email", v.Email), store.SetTo("last_sign_in_at", a.now()))
	return u, err
}

// identityOf finds the identity of a externalIdentity, nil if there is none.
func (a *Accounts) identityOf(ctx context.Context, s store.Session, v *externalIdentity) (*identity, error) {
	i, err := store.For[identity](s).First(ctx, store.Query{Where: store.And(
		store.Eq("provider", v.Provider), store.Eq("issuer", v.Issuer), store.Eq("subject", v.Subject),
	)})
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return i, err
}

// meet finds an account for an identity that is seen for the first time. An e-mail address
// leads to an account only if the provider has verified it and is trusted. If the account has
// confirmed the address, both belong to the same person. If not, the account is taken over and
// what was in it is removed. Without a trusted address a new account is made without it,
// whether another account has the address or not.
func (a *Accounts) meet(ctx context.Context, tx *store.Tx, v *externalIdentity, n *admitted, from device) (*user, error) {
	var u *user
	if v.Proven {
		var err error
		if u, err = a.reachedAt(ctx, tx, contact{email: *v.Email}); err != nil {
			return nil, err
		}
	}
	if u == nil {
		if n == nil {
			return nil, errNotAdmitted
		}
		if v.Proven {
			if err := a.release(ctx, tx, contact{email: *v.Email}); err != nil {
				return nil, err
			}
		}
		fresh := *n.user // a transaction may run several times
		made := *n
		made.user = &fresh
		return &fresh, a.create(ctx, tx, made)
	}
	if err := a.mayEnter(u); err != nil {
		return nil, err
	}
	if u.EmailConfirmedAt == nil {
		if err := a.evict(ctx, tx, u, contact{email: *v.Email}, from); err != nil {
			return nil, err
		}
		now := a.now()
		u.EmailConfirmedAt = &now
	}
	if err := a.notice(ctx, tx, u, changeIdentityAdded); err != nil {
		return nil, err
	}
	return u, a.join(ctx, tx, u, v, from.event("identity_linked", &u.ID))
}

// join gives an account that exists the identity of a externalIdentity, and what goes with it. e
// is the line of the audit log for it.
func (a *Accounts) join(ctx context.Context, tx *store.Tx, u *user, v *externalIdentity, e *event) error {
	i, err := a.addIdentity(ctx, tx, u, v)
	if err != nil {
		return err
	}
	if u.UserMetadata, err = v.fillMetadata(u.UserMetadata); err != nil {
		return err
	}
	if err := a.syncProviders(ctx, tx, u); err != nil {
		return err
	}
	u.IsAnonymous = false
	_, err = store.For[user](tx).PatchWhere(ctx, store.Eq("id", u.ID),
		store.SetTo("user_metadata", u.UserMetadata), store.SetTo("app_metadata", u.AppMetadata), store.SetTo("is_anonymous", false),
		store.SetTo("email", u.Email), store.SetTo("email_confirmed_at", u.EmailConfirmedAt))
	if err != nil {
		return err
	}
	return a.record(ctx, tx, e, map[string]any{"provider": v.Provider, "identity_id": i.ID})
}

// addIdentity writes the identity of a externalIdentity.
func (a *Accounts) addIdentity(ctx context.Context, tx *store.Tx, u *user, v *externalIdentity) (*identity, error) {
	data, err := store.JSONOf(v.Data)
	if err != nil {
		return nil, err
	}
	now := a.now()
	i := &identity{UserID: u.ID, Provider: v.Provider, Issuer: v.Issuer, Subject: v.Subject, Data: data, Email: v.Email, LastSignInAt: &now}
	if err := store.For[identity](tx).Insert(ctx, i); err != nil {
		return nil, err
	}
	v.identity = i.ID
	return i, nil
}
