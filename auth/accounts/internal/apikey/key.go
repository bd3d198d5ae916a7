// Package apikey makes, verifies and ends API keys.
package apikey

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"hash/crc32"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/outbox"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/role"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// Config is what APIKeys need.
type Config struct {
	DB       *store.DB
	Now      func() time.Time
	Logger   *slog.Logger
	Outbox   *outbox.Outbox
	Sessions *session.Sessions
}

// APIKeys are the API keys of users and of the application. Make them with [New].
type APIKeys struct {
	Config
	Known *KeyCache
}

// New returns the API keys of a database.
func New(cfg Config) *APIKeys { return &APIKeys{cfg, NewKeyCache()} }

// ScopeSelf is the scope by which an API key acts as its owner: it has the owner's id and
// tenant, so that rules show it the owner's rows. All other scopes are names of permissions. A
// key without ScopeSelf has its permissions only and no id of a user.
const ScopeSelf = "accounts.self"

// A key is "pl_", 52 characters of base32 (260 random bits), "_" and a checksum: the CRC-32
// (IEEE) of all before it, in hexadecimal. The checksum lets a scanner for leaked secrets
// recognize a key offline.
const (
	keyBegin  = "pl_"
	keyRandom = 52
	keySize   = len(keyBegin) + keyRandom + 1 + 8
	keyShown  = len(keyBegin) + 8 // of the prefix: 40 bits less to guess, 220 are left
)

const (
	maxUserKeys = 25  // of a user, living
	maxAppKeys  = 200 // of the application
	maxKeyName  = 100 // bytes
	maxScopes   = 32

	// endedKeysFor is how long the row of an ended key is kept.
	endedKeysFor = 30 * 24 * time.Hour

	// UsualKeyLife is the default lifetime of a key.
	UsualKeyLife = 90 * 24 * time.Hour
)

// NewKey returns a fresh key.
func NewKey() string {
	key := keyBegin + rand.Text() + rand.Text()
	return key + "_" + checksum(key)
}

func checksum(text string) string { return fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(text))) }

// LooksLikeKey reports whether a token is meant to be an API key, which no JWT looks
// like.
func LooksLikeKey(token string) bool { return strings.HasPrefix(token, keyBegin) }

// HashKey returns the hash by which a key is looked up. The time of the look-up depends on the
// hash, which an attacker cannot choose. The key is random, so a plain hash is enough. ok is
// false for a text that is not a key.
func HashKey(token string) (hash [sha256.Size]byte, ok bool) {
	if len(token) != keySize || !LooksLikeKey(token) {
		return hash, false
	}
	body, sum := token[:keySize-9], token[keySize-9:]
	if sum != "_"+checksum(body) {
		return hash, false
	}
	return sha256.Sum256([]byte(token)), true
}

// CheckScopes validates the scopes of a new key. A key cannot manage accounts: a leaked one
// could then act as any user.
func CheckScopes(scopes []string, self bool) ([]string, error) {
	if len(scopes) == 0 || len(scopes) > maxScopes {
		return nil, fail.New(problem.AuthValidation, "scopes must have 1 to %d names: a key can do only what its scopes allow", maxScopes)
	}
	for _, scope := range scopes {
		switch {
		case scope == data.PermissionAdmin, scope == ScopeSelf && !self:
			return nil, fail.New(problem.AuthValidation, "the scope %q is not for this key", scope)
		}
		if err := role.CheckName("scope", scope); err != nil {
			return nil, err
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(scopes))), nil
}

// CheckKeyName judges the name of a key, which people read.
func CheckKeyName(name string) error {
	if name == "" || len(name) > maxKeyName || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return fail.New(problem.AuthValidation, "name must have 1 to %d characters of one line", maxKeyName)
	}
	return nil
}

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
