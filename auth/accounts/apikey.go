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

// apiKey is a credential for programs: of a user, who has made it for a program of
// theirs, or of the application, which admins have made. Only its hash is stored.
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

// ScopeSelf is the scope by which an API key acts as the user it belongs to: it has
// their id, so that rules show it the rows that are theirs, and their tenant. All
// other scopes are names of permissions. A key without it is nobody in particular
// and has its permissions only.
const ScopeSelf = "accounts.self"

// A key is "pl_", 52 characters of base32 (260 random bits), and behind another "_"
// a checksum by which a scanner for leaked secrets knows a key from what looks like
// one, without asking anybody: the CRC-32 (IEEE) of all before, in hexadecimal.
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

	// endedKeysFor is how long the row of a key is kept that holds no more.
	endedKeysFor = 30 * 24 * time.Hour

	// usualKeyLife is how long a key holds whose maker has not said.
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

// hashKey returns the hash by which a key is looked up: how long that takes tells
// about a hash that nobody can choose. It is random, so a plain one will do. ok is
// false for what is no key.
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

// bearer returns what the bearer of a key is called that is nobody in particular. It is
// no id of a row.
func (k *apiKey) bearer() string { return "api-key:" + k.ID.String() }

// scopes reads what the key is for.
func (k *apiKey) scopes() (scopes []string, err error) {
	if err := k.Scopes.Decode(&scopes); err != nil {
		return nil, fmt.Errorf("accounts: API key %s: %w", k.ID, err)
	}
	return scopes, nil
}

// checkScopes judges what a key is to be for. Managing accounts is not for keys:
// whoever finds one would be everybody.
func checkScopes(scopes []string, self bool) ([]string, error) {
	if len(scopes) == 0 || len(scopes) > maxScopes {
		return nil, failf(problem.AuthValidation, "scopes must have 1 to %d names: a key may do nothing that they do not say", maxScopes)
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
