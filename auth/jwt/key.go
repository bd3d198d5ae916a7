package jwt

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/go-jose/go-jose/v4"
)

const (
	maxKeyID      = 128  // characters of a kid
	minSecret     = 32   // bytes of an HS256 secret (RFC 7518 section 3.2)
	minRSABits    = 2048 // RFC 7518 section 3.3
	maxRSABits    = 4096 // verifying with larger ones costs too much
	minSecretText = 8    // different bytes in a secret: placeholders have fewer
)

// Key is a key together with the one algorithm it is used with. The zero Key is
// not valid; constructors return only keys strong enough for their algorithm.
// A Key never prints what is secret of it.
type Key struct {
	id        string
	algorithm jose.SignatureAlgorithm
	verify    any // []byte, *rsa.PublicKey, *ecdsa.PublicKey or ed25519.PublicKey
	sign      any // its private half; nil if the key only verifies
}

// PrivateKey returns a Key that signs and verifies. The type of key decides the
// algorithm: *[rsa.PrivateKey] of 2048 to 4096 bits RS256, *[ecdsa.PrivateKey] on P-256 ES256,
// [ed25519.PrivateKey] EdDSA; others are refused. An empty id is replaced by the
// key's thumbprint (RFC 7638), which is what an id should be.
func PrivateKey(id string, key crypto.Signer) (Key, error) {
	switch key := key.(type) {
	case *rsa.PrivateKey:
		if key == nil || key.Validate() != nil {
			return Key{}, errors.New("auth/jwt: the RSA key is not valid")
		}
	case *ecdsa.PrivateKey:
		if key == nil {
			return Key{}, errors.New("auth/jwt: the ECDSA key is nil")
		}
	case ed25519.PrivateKey:
		if len(key) != ed25519.PrivateKeySize {
			return Key{}, errors.New("auth/jwt: the Ed25519 key has a wrong length")
		}
	default:
		return Key{}, fmt.Errorf("auth/jwt: cannot sign with a %T", key)
	}
	k, err := PublicKey(id, key.Public())
	if err != nil {
		return Key{}, err
	}
	k.sign = key
	return k, nil
}

// PublicKey returns a Key that verifies. The type of key decides the algorithm:
// *[rsa.PublicKey] RS256, *[ecdsa.PublicKey] on P-256 ES256, [ed25519.PublicKey]
// EdDSA; others are refused. An empty id is replaced by the key's thumbprint
// (RFC 7638).
func PublicKey(id string, key crypto.PublicKey) (Key, error) {
	algorithm, err := algorithmOf(key)
	if err != nil {
		return Key{}, err
	}
	if id == "" {
		thumbprint, err := (&jose.JSONWebKey{Key: key}).Thumbprint(crypto.SHA256)
		if err != nil {
			return Key{}, fmt.Errorf("auth/jwt: thumbprint of key: %w", err)
		}
		id = base64.RawURLEncoding.EncodeToString(thumbprint)
	}
	if len(id) > maxKeyID {
		return Key{}, fmt.Errorf("auth/jwt: key id is longer than %d", maxKeyID)
	}
	return Key{id: id, algorithm: algorithm, verify: key}, nil
}

// algorithmOf returns the algorithm for a public key that is strong enough.
func algorithmOf(key crypto.PublicKey) (jose.SignatureAlgorithm, error) {
	switch key := key.(type) {
	case *rsa.PublicKey:
		if key == nil || key.N == nil || key.N.BitLen() < minRSABits || key.N.BitLen() > maxRSABits {
			return "", fmt.Errorf("auth/jwt: an RSA key must have %d to %d bits", minRSABits, maxRSABits)
		}
		if key.E < 3 || key.E%2 == 0 {
			return "", errors.New("auth/jwt: the RSA key has a weak exponent")
		}
		return jose.RS256, nil
	case *ecdsa.PublicKey:
		if key == nil || key.Curve != elliptic.P256() {
			return "", errors.New("auth/jwt: an ECDSA key must be on P-256")
		}
		if !(&jose.JSONWebKey{Key: key}).Valid() {
			return "", errors.New("auth/jwt: the ECDSA key is empty")
		}
		if _, err := key.ECDH(); err != nil {
			return "", errors.New("auth/jwt: the ECDSA key is not a point on P-256")
		}
		return jose.ES256, nil
	case ed25519.PublicKey:
		if len(key) != ed25519.PublicKeySize {
			return "", errors.New("auth/jwt: the Ed25519 key has a wrong length")
		}
		return jose.EdDSA, nil
	}
	return "", fmt.Errorf("auth/jwt: cannot verify with a %T", key)
}

// SecretKey returns a Key that signs and verifies with HS256. The secret is copied. It must be
// random and at least 32 bytes long. Secrets from the documentation of well-known products are
// rejected. An empty id is allowed, for tokens without one.
//
// Every holder of the secret can sign. Prefer [PrivateKey] unless one program both signs and
// verifies, or the issuer supports nothing else.
func SecretKey(id string, secret []byte) (Key, error) {
	if len(id) > maxKeyID {
		return Key{}, fmt.Errorf("auth/jwt: key id is longer than %d", maxKeyID)
	}
	if len(secret) < minSecret {
		return Key{}, fmt.Errorf("auth/jwt: the secret is shorter than %d bytes", minSecret)
	}
	if isPlaceholder(secret) {
		return Key{}, errors.New("auth/jwt: the secret is a published example")
	}
	secret = bytes.Clone(secret)
	return Key{id: id, algorithm: jose.HS256, verify: secret, sign: secret}, nil
}

// isPlaceholder reports whether a secret is one that everybody knows.
func isPlaceholder(secret []byte) bool {
	known := []string{
		"super-secret-jwt-token-with-at-least-32-characters-long",
		"your-super-secret-jwt-token-with-at-least-32-characters-long",
		"a-string-secret-at-least-256-bits-long",
	}
	distinct := make(map[byte]bool)
	for _, b := range secret {
		distinct[b] = true
	}
	return len(distinct) < minSecretText || slices.Contains(known, string(secret))
}

// ID returns the kid of tokens signed with the key.
func (k Key) ID() string { return k.id }

// Algorithm returns the alg of tokens signed with the key: RS256, ES256, EdDSA
// or HS256.
func (k Key) Algorithm() string { return string(k.algorithm) }

// Public returns the key without its private half, or the zero Key if it is a
// secret one.
func (k Key) Public() Key {
	if k.algorithm == jose.HS256 {
		return Key{}
	}
	k.sign = nil
	return k
}

// Format prints algorithm and id for every verb.
func (k Key) Format(state fmt.State, _ rune) {
	_, _ = fmt.Fprintf(state, "jwt.Key(%s %q)", string(k.algorithm), k.id)
}

// LogValue implements [slog.LogValuer] with algorithm and id.
func (k Key) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(k)) }
