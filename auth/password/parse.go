package password

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/bcrypt"
)

// stored is a parsed hash.
type stored interface {
	verify(password string) error
	weaker(than params) bool
}

// parse reads an argon2id or bcrypt hash.
func parse(hash string) (stored, error) {
	if text, ok := strings.CutPrefix(hash, "$argon2id$"); ok {
		a, err := parseArgon2(text)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrFormat, err)
		}
		return a, nil
	}
	cost, err := bcrypt.Cost([]byte(hash))
	if err != nil || cost > maxBcrypt {
		return nil, ErrFormat
	}
	return bcryptHash(hash), nil
}

// CheckHash returns [ErrFormat] for a hash that [Hasher.Verify] cannot read. Imports call
// it so that a bad hash fails at the import and not at the first login.
func CheckHash(hash string) error {
	_, err := parse(hash)
	return err
}

// maxBcrypt is the largest bcrypt cost that is computed. It takes about a second.
const maxBcrypt = 14

// bcryptHash is an imported hash. bcrypt reads only the first 72 bytes of a password, so
// Verify always asks for a new hash.
type bcryptHash string

func (b bcryptHash) verify(password string) error {
	err := bcrypt.CompareHashAndPassword([]byte(b), []byte(password))
	if errors.Is(err, bcrypt.ErrMismatchedHashAndPassword) {
		return ErrMismatch
	}
	if err != nil {
		return ErrFormat
	}
	return nil
}

func (bcryptHash) weaker(params) bool { return true }
