package accounts

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
)

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

// keyring is what is made of the master keys. New secrets use the first one, and
// those made with the others are still read.
type keyring struct {
	seals   []cipher.AEAD
	refresh [][]byte
	cookies [][]byte
	hashing [][]byte
}

func newKeyring(masters [][]byte) (*keyring, error) {
	if len(masters) == 0 {
		return nil, errors.New("accounts: MasterKeys are required: 32 random bytes that stay the same")
	}
	k := new(keyring)
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

// seal encrypts a secret for the database. The place, table and row, is authenticated with it:
// a secret that was moved to another row cannot be opened.
func (k *keyring) seal(place string, secret []byte) []byte {
	return k.seals[0].Seal(nil, nil, secret, []byte(place))
}

var errSealed = errors.New("accounts: a secret cannot be decrypted: it was encrypted with another MasterKey, or changed")

// open decrypts what seal has made at the same place.
func (k *keyring) open(place string, sealed []byte) ([]byte, error) {
	for _, seal := range k.seals {
		if secret, err := seal.Open(nil, nil, sealed, []byte(place)); err == nil {
			return secret, nil
		}
	}
	return nil, errSealed
}

// hashName returns a keyed hash of a text that could be guessed from a plain hash, such as an
// e-mail address or a short code.
func (k *keyring) hashName(name string) [sha256.Size]byte { return hashName(k.hashing[0], name) }

// hashNames returns what stands for such a text where any of the keys may have made it,
// the first one first.
func (k *keyring) hashNames(name string) [][sha256.Size]byte {
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
