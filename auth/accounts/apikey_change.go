package accounts

import (
	"context"
	"slices"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// newAPIKey describes a key to be made.
type newAPIKey struct {
	name    string
	scopes  []string // checked
	expires *time.Time
}

// endedByRevoking is recorded for keys that were revoked.
const endedByRevoking = "revoked"

// ownedKeys selects the keys of a user, or with nil of the application.
func ownedKeys(owner *store.ID) store.Cond {
	if owner == nil {
		return store.Null("user_id")
	}
	return store.Eq("user_id", *owner)
}

// livingKeys selects the keys of a user, or with nil of the application, that hold.
func (a *Accounts) livingKeys(owner *store.ID) store.Cond {
	return store.And(ownedKeys(owner), store.Null("ended_at"), store.Or(store.Null("expires_at"), store.Compare("expires_at", store.OpGt, a.now())))
}

// makeKey makes a key and returns it together with the secret, which is not stored.
func (a *Accounts) makeKey(ctx context.Context, tx *store.Tx, owner *store.ID, n newAPIKey, e *event) (*apiKey, string, error) {
	most := int64(maxAppKeys)
	if owner != nil {
		most = maxUserKeys
	}
	keys := store.For[apiKey](tx)
	had, err := keys.Count(ctx, a.livingKeys(owner))
	if err != nil {
		return nil, "", err
	}
	if had >= most {
		return nil, "", failf(problem.AuthTooManyKeys, "There are %d API keys, the maximum; revoke one first", had)
	}
	if err := a.dropOldKeys(ctx, tx, owner); err != nil {
		return nil, "", err
	}
	secret := newKey()
	hash, _ := hashKey(secret)
	k := &apiKey{
		ID: store.NewID(), Hash: hash[:], Prefix: secret[:keyShown], UserID: owner, Name: n.name, CreatedAt: a.now(), ExpiresAt: n.expires,
	}
	if k.Scopes, err = store.JSONOf(n.scopes); err != nil {
		return nil, "", err
	}
	if err := keys.Insert(ctx, k); err != nil {
		return nil, "", err
	}
	e.Kind = "api_key_created"
	return k, secret, a.record(ctx, tx, e, map[string]any{"key": k.ID, "name": k.Name, "scopes": n.scopes})
}

// dropOldKeys deletes the keys of an owner that ended long ago. The audit log knows
// them.
func (a *Accounts) dropOldKeys(ctx context.Context, tx *store.Tx, owner *store.ID) error {
	before := a.now().Add(-endedKeysFor)
	old := store.Or(store.Compare("ended_at", store.OpLt, before), store.Compare("expires_at", store.OpLt, before))
	_, err := store.For[apiKey](tx).DeleteWhere(ctx, store.And(ownedKeys(owner), old))
	return err
}

// makeOwnKey makes a key for the user of a session.
func (a *Accounts) makeOwnKey(ctx context.Context, u *user, s *session, n newAPIKey, from device) (k *apiKey, secret string, err error) {
	err = a.whileOpen(ctx, s, func(ctx context.Context, tx *store.Tx) error {
		g, err := a.rightsOf(ctx, tx, u.ID)
		if err != nil {
			return err
		}
		for _, scope := range n.scopes {
			if scope != ScopeSelf && !slices.Contains(g.permissions, scope) {
				return failf(problem.AuthValidation, "the scope %q is not one of your permissions", scope)
			}
		}
		e := from.event("", &u.ID)
		e.SessionID = &s.ID
		if k, secret, err = a.makeKey(ctx, tx, &u.ID, n, e); err != nil {
			return err
		}
		return a.notice(ctx, tx, u, changeKeyAdded)
	})
	return k, secret, err
}

// endOthers ends everything by which others could use an account: sessions except one to keep,
// API keys, mailed codes, a pending change of e-mail address or phone number.
func (a *Accounts) endOthers(ctx context.Context, tx *store.Tx, u *user, keep *store.ID, why string) error {
	sessions := store.Eq("user_id", u.ID)
	if keep != nil {
		sessions = store.And(sessions, store.Compare("id", store.OpNeq, *keep))
	}
	if err := a.endIn(ctx, tx, sessions, why); err != nil {
		return err
	}
	if err := a.endKeysOf(ctx, tx, u.ID, why); err != nil {
		return err
	}
	return a.dropMailed(ctx, tx, u)
}

// endKeysOf ends all keys of a user. Call it where every session of an account ends because
// another person may have used it.
func (a *Accounts) endKeysOf(ctx context.Context, tx *store.Tx, owner store.ID, why string) error {
	return a.endKeys(ctx, tx, store.Eq("user_id", owner), why, &event{UserID: &owner})
}

// endKeys ends the keys that a condition selects, on every instance. e is the line of
// the audit log that each gets.
func (a *Accounts) endKeys(ctx context.Context, tx *store.Tx, which store.Cond, why string, e *event) error {
	keys := store.For[apiKey](tx)
	ending, err := keys.List(ctx, store.Query{Where: store.And(which, store.Null("ended_at"))})
	if err != nil {
		return err
	}
	now := a.now()
	for _, k := range ending {
		n, err := keys.PatchWhere(ctx, store.And(store.Eq("id", k.ID), store.Null("ended_at")), store.SetTo("ended_at", now), store.SetTo("ended_by", why))
		if err != nil {
			return err
		}
		if n == 0 {
			continue // a concurrent request has ended and recorded it
		}
		entry := &revocation{SessionID: &k.ID, At: now}
		if k.UserID != nil {
			entry.UserID = *k.UserID
		}
		if err := a.revoke(ctx, tx, entry); err != nil {
			return err
		}
		line := *e
		line.Kind, line.UserID = "api_key_ended", k.UserID
		if err := a.record(ctx, tx, &line, map[string]any{"key": k.ID, "by": why}); err != nil {
			return err
		}
	}
	return nil
}
