package password

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/bcrypt"

	"github.com/seed-7694ebf6/plinth/internal/argon2id"
)

// stored is a hash that was read.
type stored interface {
	verify(memory *argon2id.Memory, password string) error
	weaker(than params) bool
}

// parse reads a hash of one of the forms there are.
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

// CheckHash returns [ErrFormat] for a hash that [Hasher.Verify] could not read: for
// imports, which should fail before and not at the first login.
func CheckHash(hash string) error {
	_, err := parse(hash)
	return err
}

// maxBcrypt is the largest cost that is computed, some seconds.
const maxBcrypt = 14

// bcryptHash is a hash made elsewhere. bcrypt looks at the first 72 bytes only, so
// it is always made anew.
type bcryptHash string

func (b bcryptHash) verify(_ *argon2id.Memory, password string) error {
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
