package accounts

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// authorizeLink answers GET /user/identities/authorize: the user links an identity of a
// provider.
func (x *exchange) authorizeLink() error {
	if err := x.noHead(); err != nil {
		return err
	}
	u, s, err := x.linker(x.nonce())
	if err == nil {
		err = x.drawBegun(u)
	}
	if err != nil {
		return err
	}
	return x.leave(&linking{User: u.ID, Session: s.ID})
}

// nonce returns the digits of GET /reauthenticate that a request without a body brings. They
// are good once, so it does no harm that addresses are logged; a password is not taken there.
func (x *exchange) nonce() map[string]string {
	return map[string]string{"nonce": x.r.URL.Query().Get("nonce")}
}

// linker returns the user who may link and unlink identities: where that is switched on, and at
// level 2 if they have a second factor. Without one the request may have to prove the user's
// identity, see proveSelf, since an identity outlasts the session.
func (x *exchange) linker(in map[string]string) (*user, *session, error) {
	u, s, err := x.caller()
	if err != nil {
		return nil, nil, err
	}
	if !x.a.config.ManualLinking {
		return nil, nil, &problem.Error{Code: problem.AuthLinkingDisabled}
	}
	if err := x.a.mayEnter(u); err != nil {
		return nil, nil, err
	}
	if err := x.needsSecondFactor(u, s); err != nil {
		return nil, nil, err
	}
	level, err := x.assurance(s)
	if err == nil && level < 2 {
		err = x.proveSelf(u, s, in)
	}
	return u, s, err
}

// linkIdentity gives an account an identity. The session that has asked for it must not have
// ended since.
func (a *Accounts) linkIdentity(ctx context.Context, to *linking, v *externalIdentity, from device) (u *user, err error) {
	up, err := a.admitLink(ctx, to, v, from)
	if err != nil {
		return nil, err
	}
	err = a.db.Tx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		if u, err = a.linked(ctx, tx, to); err != nil {
			return err
		}
		i, err := a.identityOf(ctx, tx, v)
		switch {
		case err != nil:
			return err
		case i != nil && i.UserID == u.ID:
			return failf(problem.AuthIdentityExists, "Identity is already linked")
		case i != nil:
			return failf(problem.AuthIdentityExists, "Identity is already linked to another user")
		}
		if err := a.notice(ctx, tx, u, changeIdentityAdded); err != nil {
			return err
		}
		if u.Email == nil && v.Proven {
			if err := a.giveEmail(ctx, tx, u, v.Email); err != nil {
				return err
			}
		}
		e := from.event("identity_linked", &u.ID)
		e.SessionID = &to.Session
		guest := u.IsAnonymous
		if err := a.join(ctx, tx, u, v, e); err != nil || !guest {
			return err
		}
		return a.upgrade(ctx, tx, u, up)
	})
	if isTaken(err) {
		return nil, failf(problem.AuthIdentityExists, "Identity is already linked to another user")
	}
	return u, err
}

// linked returns the account that an identity is for.
func (a *Accounts) linked(ctx context.Context, s store.Session, to *linking) (*user, error) {
	by, err := a.stillOpen(ctx, s, to.Session)
	if err == nil && by.UserID != to.User {
		err = errSessionUnknown
	}
	if err != nil {
		return nil, err
	}
	u, err := store.For[user](s).Get(ctx, to.User)
	if err != nil {
		return nil, err
	}
	return u, a.mayEnter(u)
}

// giveEmail gives an account an address that its owner has proved, unless another one
// has it.
func (a *Accounts) giveEmail(ctx context.Context, s store.Session, u *user, email *string) error {
	taken, err := store.For[user](s).Count(ctx, store.Eq("email", *email))
	if err != nil || taken > 0 {
		return err
	}
	now := a.now()
	u.Email, u.EmailConfirmedAt = email, &now
	return nil
}

// identitiesOf returns the identities of a user, the oldest first.
func (a *Accounts) identitiesOf(ctx context.Context, s store.Session, owner store.ID) ([]*identity, error) {
	q := oldestFirst
	q.Where = store.Eq("user_id", owner)
	return store.For[identity](s).List(ctx, q)
}

// stillKnown rejects a login at a provider by an identity that was unlinked in the meantime.
// Another identity at the same provider may belong to another person.
func (a *Accounts) stillKnown(ctx context.Context, s store.Session, u *user, how method) error {
	if how.Provider == "" {
		return nil
	}
	n, err := store.For[identity](s).Count(ctx, store.And(store.Eq("id", how.Identity), store.Eq("user_id", u.ID)))
	if err == nil && n == 0 {
		err = &problem.Error{Code: problem.AuthConflict}
	}
	return err
}

// syncProviders makes a user's app_metadata say by what they are known.
func (a *Accounts) syncProviders(ctx context.Context, tx *store.Tx, u *user) error {
	identities, err := a.identitiesOf(ctx, tx, u.ID)
	if err != nil {
		return err
	}
	names := []string{}
	for _, i := range identities {
		if !slices.Contains(names, i.Provider) {
			names = append(names, i.Provider)
		}
	}
	u.AppMetadata, err = withProviders(u.AppMetadata, names)
	return err
}

// withProviders puts into an app_metadata by what a user is known, and by what first.
func withProviders(app store.JSON, names []string) (store.JSON, error) {
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

// unlink answers DELETE /user/identities/{identity}.
func (x *exchange) unlink() error {
	_, s, err := x.linker(x.nonce())
	if err != nil {
		return err
	}
	id, err := store.ParseID(x.params["identity"])
	if err != nil {
		return &problem.Error{Code: problem.AuthIdentityNotFound}
	}
	if err := x.a.unlinkIdentity(x.r.Context(), s, id, x.device()); err != nil {
		return err
	}
	return x.send(http.StatusOK, struct{}{})
}
