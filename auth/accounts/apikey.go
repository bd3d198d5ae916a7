package accounts

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// apiKey is a credential for programs: one of a user, for the user's own programs, or one of
// the application, made by an admin. Only its hash is stored.
type apiKey struct {
	bun.BaseModel `bun:"table:auth_api_keys"`
	store.Untracked
	ID         store.ID   `bun:",pk"`
	Hash       []byte     `bun:",notnull,unique"`
	Prefix     string     `bun:",notnull"` // what its owner knows it by
	UserID     *store.ID  // nil: of the application
	Name       string     `bun:",notnull"`
	Scopes     store.JSON `bun:",notnull,type:jsonb"` // names, sorted
	CreatedAt  time.Time  `bun:",notnull"`
	ExpiresAt  *time.Time // nil: never
	LastUsedAt *time.Time // to the minute
	EndedAt    *time.Time
	EndedBy    *string // why: revoked, password, ...
}

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

	// usualKeyLife is the default lifetime of a key.
	usualKeyLife = 90 * 24 * time.Hour
)

// newKey returns a fresh key.
func newKey() string {
	key := keyBegin + rand.Text() + rand.Text()
	return key + "_" + checksum(key)
}

func checksum(text string) string { return fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(text))) }

// looksLikeKey reports whether a token is meant to be an API key, which no JWT looks
// like.
func looksLikeKey(token string) bool { return strings.HasPrefix(token, keyBegin) }

// hashKey returns the hash by which a key is looked up. The time of the look-up depends on the
// hash, which an attacker cannot choose. The key is random, so a plain hash is enough. ok is
// false for a text that is not a key.
func hashKey(token string) (hash [sha256.Size]byte, ok bool) {
	if len(token) != keySize || !looksLikeKey(token) {
		return hash, false
	}
	body, sum := token[:keySize-9], token[keySize-9:]
	if sum != "_"+checksum(body) {
		return hash, false
	}
	return sha256.Sum256([]byte(token)), true
}

// bearer returns the principal id of a key without [ScopeSelf]. It is no id of a row.
func (k *apiKey) bearer() string { return "api-key:" + k.ID.String() }

// scopes reads what the key is for.
func (k *apiKey) scopes() (scopes []string, err error) {
	if err := k.Scopes.Decode(&scopes); err != nil {
		return nil, fmt.Errorf("accounts: API key %s: %w", k.ID, err)
	}
	return scopes, nil
}

// checkScopes validates the scopes of a new key. A key cannot manage accounts: a leaked one
// could then act as any user.
func checkScopes(scopes []string, self bool) ([]string, error) {
	if len(scopes) == 0 || len(scopes) > maxScopes {
		return nil, failf(problem.AuthValidation, "scopes must have 1 to %d names: a key can do only what its scopes allow", maxScopes)
	}
	for _, scope := range scopes {
		switch {
		case scope == PermissionAdmin, scope == ScopeSelf && !self:
			return nil, failf(problem.AuthValidation, "the scope %q is not for this key", scope)
		}
		if err := checkName("scope", scope); err != nil {
			return nil, err
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(scopes))), nil
}

// checkKeyName judges the name of a key, which people read.
func checkKeyName(name string) error {
	if name == "" || len(name) > maxKeyName || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return failf(problem.AuthValidation, "name must have 1 to %d characters of one line", maxKeyName)
	}
	return nil
}
