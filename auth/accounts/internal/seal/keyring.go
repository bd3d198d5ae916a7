// Package seal derives keys from the master keys: it encrypts secrets, and authenticates refresh tokens,
// cookies and names.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/store"
)

// HashShort returns the hashes of a short code of a user, under each master key. They are
// keyed, since digits can be guessed from a plain hash.
func (k *Keyring) HashShort(kind data.CodeKind, user store.ID, digits string) [][]byte {
	sums := k.hashNames(string(kind) + " " + hex.EncodeToString(user[:]) + " " + digits)
	out := make([][]byte, len(sums))
	for i := range sums {
		out[i] = sums[i][:]
	}
	return out
}

// AbsentOwner returns the owner's id for codes to a contact without an account.
func (k *Keyring) AbsentOwner(at data.Contact) store.ID { return k.AbsentOwners(at)[0] }

// AbsentOwners returns these ids under each of the master keys.
func (k *Keyring) AbsentOwners(at data.Contact) []store.ID {
	sums := k.hashNames("nobody " + at.Text())
	out := make([]store.ID, len(sums))
	for i, sum := range sums {
		copy(out[i][:], sum[:])
	}
	return out
}

// Reencrypt returns nil for what is sealed with the first key already.
func (k *Keyring) Reencrypt(place string, sealed []byte) ([]byte, error) {
	if _, err := k.seals[0].Open(nil, nil, sealed, []byte(place)); err == nil {
		return nil, nil
	}
	secret, err := k.Open(place, sealed)
	if err != nil {
		return nil, err
	}
	return k.Seal(place, secret), nil
}

const (
	minMasterKey      = 32 // bytes
	minMasterKeyBytes = 8  // different ones among them: placeholders have fewer
)

// What keys are derived for. The texts are part of what is stored.
const (
	forSealing = "plinth accounts: sealing"
	forRefresh = "plinth accounts: refresh tokens"
	forCookies = "plinth accounts: session cookies"
	forHashing = "plinth accounts: hashes of what can be guessed"
)

// Keyring is what is made of the master keys. New secrets use the first one, and
// those made with the others are still read.
type Keyring struct {
	seals   []cipher.AEAD
	refresh [][]byte
	cookies [][]byte
	hashing [][]byte
}

// NewKeyring derives the keys from the master keys.
func NewKeyring(masters [][]byte) (*Keyring, error) {
	if len(masters) == 0 {
		return nil, errors.New("accounts: MasterKeys are required: 32 random bytes that stay the same")
	}
	k := new(Keyring)
	for i, master := range masters {
		if len(master) < minMasterKey {
			return nil, fmt.Errorf("accounts: key %d of MasterKeys has %d bytes, at least %d are needed", i+1, len(master), minMasterKey)
		}
		if different(master) < minMasterKeyBytes {
			return nil, fmt.Errorf("accounts: key %d of MasterKeys is not random", i+1)
		}
		block, err := aes.NewCipher(derive(master, forSealing))
		if err != nil {
			return nil, err
		}
		seal, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, err
		}
		k.seals = append(k.seals, seal)
		k.refresh = append(k.refresh, derive(master, forRefresh))
		k.cookies = append(k.cookies, derive(master, forCookies))
		k.hashing = append(k.hashing, derive(master, forHashing))
	}
	return k, nil
}

// different returns how many different bytes a text has.
func different(text []byte) (n int) {
	var seen [256]bool
	for _, b := range text {
		if !seen[b] {
			seen[b] = true
			n++
		}
	}
	return n
}

// derive returns the key for one purpose (RFC 5869).
func derive(master []byte, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, master, nil, purpose, sha256.Size)
	if err != nil {
		panic(err) // of a length only
	}
	return key
}

// Seal encrypts a secret for the database. The place, table and row, is authenticated with it:
// a secret that was moved to another row cannot be opened.
func (k *Keyring) Seal(place string, secret []byte) []byte {
	return k.seals[0].Seal(nil, nil, secret, []byte(place))
}

// Open decrypts what seal has made at the same place.
func (k *Keyring) Open(place string, sealed []byte) ([]byte, error) {
	for _, seal := range k.seals {
		if secret, err := seal.Open(nil, nil, sealed, []byte(place)); err == nil {
			return secret, nil
		}
	}
	return nil, fail.ErrSealed
}

// HashName returns a keyed hash of a text that could be guessed from a plain hash, such as an
// e-mail address or a short code.
func (k *Keyring) HashName(name string) [sha256.Size]byte { return hashName(k.hashing[0], name) }

// hashNames returns what stands for such a text where any of the keys may have made it,
// the first one first.
func (k *Keyring) hashNames(name string) [][sha256.Size]byte {
	out := make([][sha256.Size]byte, len(k.hashing))
	for i, key := range k.hashing {
		out[i] = hashName(key, name)
	}
	return out
}

func hashName(key []byte, name string) [sha256.Size]byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(name))
	return [sha256.Size]byte(mac.Sum(nil))
}
