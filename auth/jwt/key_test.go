package jwt_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"log/slog"
	"math/big"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/auth/jwt"
)

func TestWeakKeysAreRefused(t *testing.T) {
	t.Parallel()

	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	modulus := func(bits int) *big.Int {
		n := new(big.Int).Lsh(big.NewInt(1), uint(bits-1))
		return n.SetBit(n, 0, 1)
	}
	tests := map[string]crypto.PublicKey{
		"Nil":          nil,
		"RSA1024":      &rsa.PublicKey{N: modulus(1024), E: 65537},
		"RSA2047":      &rsa.PublicKey{N: modulus(2047), E: 65537},
		"RSA4097":      &rsa.PublicKey{N: modulus(4097), E: 65537},
		"RSAExponent1": &rsa.PublicKey{N: modulus(2048), E: 1},
		"RSAEmpty":     &rsa.PublicKey{},
		"RSANil":       (*rsa.PublicKey)(nil),
		"P384":         p384.Public(),
		"P256Empty":    &ecdsa.PublicKey{Curve: elliptic.P256()},
		"ECDSANil":     (*ecdsa.PublicKey)(nil),
		"EdShort":      ed25519.PublicKey{1, 2, 3},
		"String":       "-----BEGIN PUBLIC KEY-----",
		"Bytes":        []byte("k3j5h2g8f4d6s1a9q7w0e5r4t2y6u8i0"),
	}
	for name, key := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			if got, err := jwt.PublicKey("", key); err == nil {
				t.Errorf("accepted as %v", got)
			}
		})
	}
}

func TestWeakPrivateKeysAreRefused(t *testing.T) {
	t.Parallel()

	for name, key := range map[string]crypto.Signer{
		"Nil": nil, "RSANil": (*rsa.PrivateKey)(nil), "RSAEmpty": &rsa.PrivateKey{},
		"ECDSANil": (*ecdsa.PrivateKey)(nil), "ECDSAEmpty": &ecdsa.PrivateKey{}, "EdShort": ed25519.PrivateKey{1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			if got, err := jwt.PrivateKey("", key); err == nil {
				t.Errorf("accepted as %v", got)
			}
		})
	}
}

// TestA53Secrets (security list A-53): short and well-known secrets are errors at start.
func TestA53Secrets(t *testing.T) {
	t.Parallel()

	tests := map[string]struct {
		secret string
		ok     bool
	}{
		"Random":       {"k3j5h2g8f4d6s1a9q7w0e5r4t2y6u8i0", true},
		"Empty":        {"", false},
		"ThirtyOne":    {"k3j5h2g8f4d6s1a9q7w0e5r4t2y6u8i", false},
		"Zeroes":       {strings.Repeat("\x00", 32), false},
		"Pattern":      {strings.Repeat("changes", 6), false},
		"KnownExample": {"super-secret-jwt-token-with-at-least-32-characters-long", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			_, err := jwt.SecretKey("x", []byte(tt.secret))
			if (err == nil) != tt.ok {
				t.Errorf("error is %v, want accepted %v", err, tt.ok)
			}
			if err != nil && tt.secret != "" && strings.Contains(err.Error(), tt.secret) {
				t.Errorf("the error shows the secret: %v", err)
			}
		})
	}
}

func TestKeyIDs(t *testing.T) {
	t.Parallel()

	if _, err := jwt.PublicKey(strings.Repeat("k", 129), privates().ecdsa.Public()); err == nil {
		t.Error("an id that no token may have was accepted")
	}
	if _, err := jwt.SecretKey(strings.Repeat("k", 129), privates().secret); err == nil {
		t.Error("an id that no token may have was accepted")
	}
	// The key and its thumbprint are the example of RFC 7638 section 3.1.
	const rfc = `{"keys":[{"kty":"RSA","alg":"RS256","e":"AQAB","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4` +
		`cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4Q` +
		`yQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh` +
		`6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"}]}`
	keys, err := jwt.ParseSet([]byte(rfc))
	if err != nil {
		t.Fatal(err)
	}
	if got := keys[0].ID(); got != "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs" {
		t.Errorf("thumbprint is %s", got)
	}
}

func TestKeysShowNothingSecret(t *testing.T) {
	t.Parallel()

	p := privates()
	key, err := jwt.SecretKey("main", p.secret)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "key", key)
	for _, out := range []string{
		log.String(), fmt.Sprint(key), fmt.Sprintf("%+v", key), fmt.Sprintf("%#v", key),
		fmt.Sprintf("%x", key), fmt.Sprintf("%v", struct{ K []jwt.Key }{[]jwt.Key{key}}),
	} {
		if !strings.Contains(out, "HS256") || strings.Contains(out, string(p.secret)) ||
			strings.Contains(out, fmt.Sprintf("%x", p.secret)) {
			t.Errorf("printed as %s", out)
		}
	}
	if key.Public() != (jwt.Key{}) {
		t.Error("a secret key has a public half")
	}
}

func TestSecretIsCopied(t *testing.T) {
	t.Parallel()

	secret := bytes.Clone(privates().secret)
	key, err := jwt.SecretKey("secret", secret)
	if err != nil {
		t.Fatal(err)
	}
	clear(secret)
	v := verifier(t, func(c *jwt.Config) { c.Keys = []jwt.Key{key} })
	if got := outcome(t, v, good().String()); got != "ok" {
		t.Errorf("after the caller cleared its copy: %s", got)
	}
}
