package apikey

import (
	"context"
	"slices"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/outbox"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// Spec describes a key to be made.
type Spec struct {
	Name    string
	Scopes  []string // checked
	Expires *time.Time
}

// EndedByRevoking is recorded for keys that were revoked.
const EndedByRevoking = "revoked"

// MakeKey makes a key and returns it together with the secret, which is not stored.
func (ks *APIKeys) MakeKey(ctx context.Context, tx *store.Tx, owner *store.ID, n Spec, e *data.Event) (*data.APIKey, string, error) {
	most := int64(maxAppKeys)
	if owner != nil {
		most = maxUserKeys
	}
	had, err := data.CountKeys(ctx, tx, owner, ks.Now())
	if err != nil {
		return nil, "", err
	}
	if had >= most {
		return nil, "", fail.New(problem.AuthTooManyKeys, "There are %d API keys, the maximum; revoke one first", had)
	}
	if err := data.DropOldKeys(ctx, tx, owner, ks.Now().Add(-endedKeysFor)); err != nil {
		return nil, "", err
	}
	secret := NewKey()
	hash, _ := HashKey(secret)
	k := &data.APIKey{
		ID: store.NewID(), Hash: hash[:], Prefix: secret[:keyShown], UserID: owner, Name: n.Name, CreatedAt: ks.Now(), ExpiresAt: n.Expires,
	}
	if k.Scopes, err = store.JSONOf(n.Scopes); err != nil {
		return nil, "", err
	}
	if err := data.Insert(ctx, tx, k); err != nil {
		return nil, "", err
	}
	e.Kind = "api_key_created"
	return k, secret, ks.Sessions.Record(ctx, tx, e, map[string]any{"key": k.ID, "name": k.Name, "scopes": n.Scopes})
}

// MakeOwnKey makes a key for the user of a session.
func (ks *APIKeys) MakeOwnKey(ctx context.Context, u *data.User, s *data.Session, n Spec, from data.Device) (k *data.APIKey, secret string, err error) {
	err = ks.Sessions.WhileOpen(ctx, s, func(ctx context.Context, tx *store.Tx) error {
		g, err := data.RightsOf(ctx, tx, u.ID)
		if err != nil {
			return err
		}
		for _, scope := range n.Scopes {
			if scope != ScopeSelf && !slices.Contains(g.Permissions, scope) {
				return fail.New(problem.AuthValidation, "the scope %q is not one of your permissions", scope)
			}
		}
		e := from.Event("", &u.ID)
		e.SessionID = &s.ID
		if k, secret, err = ks.MakeKey(ctx, tx, &u.ID, n, e); err != nil {
			return err
		}
		return ks.Outbox.Notice(ctx, tx, u, outbox.ChangeKeyAdded)
	})
	return k, secret, err
}

// EndKeysOf ends all keys of a user. Call it where every session of an account ends because
// another person may have used it.
func (ks *APIKeys) EndKeysOf(ctx context.Context, tx *store.Tx, owner store.ID, why string) error {
	return ks.EndKeys(ctx, tx, data.KeysOf(&owner), why, &data.Event{UserID: &owner})
}

// EndKeys ends the keys that a condition selects, on every instance. e is the line of
// the audit log that each gets.
func (ks *APIKeys) EndKeys(ctx context.Context, tx *store.Tx, which store.Cond, why string, e *data.Event) error {
	ending, err := data.OpenKeys(ctx, tx, which)
	if err != nil {
		return err
	}
	now := ks.Now()
	for _, k := range ending {
		ended, err := data.EndKey(ctx, tx, k.ID, why, now)
		if err != nil {
			return err
		}
		if !ended {
			continue // a concurrent request has ended and recorded it
		}
		entry := &data.Revocation{SessionID: &k.ID, At: now}
		if k.UserID != nil {
			entry.UserID = *k.UserID
		}
		if err := ks.Sessions.Revoke(ctx, tx, entry); err != nil {
			return err
		}
		line := *e
		line.Kind, line.UserID = "api_key_ended", k.UserID
		if err := ks.Sessions.Record(ctx, tx, &line, map[string]any{"key": k.ID, "by": why}); err != nil {
			return err
		}
	}
	return nil
}
