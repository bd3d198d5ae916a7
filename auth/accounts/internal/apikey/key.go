// Package apikey makes, verifies and ends API keys.
package apikey

import (
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
