package jobs

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
)

// minKey is the least length of a master key, in bytes.
const minKey = 32

// NewSealer returns a [Sealer] by AES-256-GCM. It derives its keys from master keys (RFC
// 5869), random texts of at least 32 bytes. It encrypts with the first and decrypts with
// all, so a key can be removed when its jobs are gone. It fails without a key, and for
// one that is too short.
func NewSealer(masterKeys ...[]byte) (Sealer, error) {
	if len(masterKeys) == 0 {
		return nil, errors.New("jobs: a Sealer needs a master key")
	}
	var s sealer
	for i, master := range masterKeys {
		if len(master) < minKey {
			return nil, fmt.Errorf("jobs: master key %d has %d bytes, at least %d are needed", i+1, len(master), minKey)
		}
		key, err := hkdf.Key(sha256.New, master, nil, "plinth jobs: arguments", sha256.Size)
		if err != nil {
			return nil, err
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, err
		}
		gcm, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, err
		}
		s = append(s, gcm)
	}
	return s, nil
}

// sealer has a cipher for each master key.
type sealer []cipher.AEAD

// Seal implements [Sealer].
func (s sealer) Seal(place string, secret []byte) ([]byte, error) {
	return s[0].Seal(nil, nil, secret, []byte(place)), nil
}

// Open implements [Sealer].
func (s sealer) Open(place string, sealed []byte) ([]byte, error) {
	for _, gcm := range s {
		if secret, err := gcm.Open(nil, nil, sealed, []byte(place)); err == nil {
			return secret, nil
		}
	}
	return nil, errors.New("jobs: the arguments are sealed with another key, or were changed")
}
