// Package authtest signs access tokens and runs an OpenID provider, for tests of applications
// and of other packages. The provider can inject faults. It is for tests only.
package authtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/jwt"
)

// The names every [Issuer] uses. Issuers differ by their keys.
const (
	IssuerName = "https://issuer.test"
	Audience   = "test"
)

const defaultTTL = 5 * time.Minute

// Issuer signs tokens with a key of its own, and verifies them. It is safe for
// concurrent use.
type Issuer struct {
	tb       testing.TB
	key      jwt.Key
	verifier *jwt.Verifier
}

// NewIssuer returns an Issuer with a fresh ES256 key. It fails tb if that does
// not work.
func NewIssuer(tb testing.TB) *Issuer {
	tb.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatalf("authtest: generate key: %v", err)
	}
	key, err := jwt.PrivateKey("", private)
	if err != nil {
		tb.Fatalf("authtest: %v", err)
	}
	verifier, err := jwt.New(jwt.Config{Audience: Audience, Issuer: IssuerName, Keys: []jwt.Key{key.Public()}})
	if err != nil {
		tb.Fatalf("authtest: %v", err)
	}
	return &Issuer{tb: tb, key: key, verifier: verifier}
}

// TokenOptions tunes [Issuer.Token]. A nil *TokenOptions takes every default.
type TokenOptions struct {
	// At is when the token is issued. A time in the past makes an expired token.
	//
	// Defaults to now.
	At time.Time

	// TTL is the lifetime of the token.
	//
	// Defaults to 5 minutes.
	TTL time.Duration
}

// Token returns a token for p, which must be of Kind User and have an ID. It
// fails the test if p cannot have one.
func (i *Issuer) Token(p auth.Principal, opts *TokenOptions) string {
	i.tb.Helper()
	config := jwt.SignerConfig{Audience: Audience, Issuer: IssuerName, Key: i.key}
	ttl := defaultTTL
	if opts != nil {
		if !opts.At.IsZero() {
			config.Now = func() time.Time { return opts.At }
		}
		if opts.TTL != 0 {
			ttl = opts.TTL
		}
	}
	signer, err := jwt.NewSigner(config)
	if err != nil {
		i.tb.Fatalf("authtest: %v", err)
	}
	token, err := signer.Sign(p, ttl)
	if err != nil {
		i.tb.Fatalf("authtest: %v", err)
	}
	return token
}

// Bearer returns the value of an Authorization header for p; see [Issuer.Token].
func (i *Issuer) Bearer(p auth.Principal) string {
	i.tb.Helper()
	return "Bearer " + i.Token(p, nil)
}

// Verifier returns a Verifier for the tokens of this Issuer and no other.
func (i *Issuer) Verifier() auth.Verifier { return i.verifier }

// Key returns the public half of the key, for Verifiers configured otherwise.
func (i *Issuer) Key() jwt.Key { return i.key.Public() }

// User returns a Principal of Kind User with that ID and those roles.
func User(id string, roles ...string) auth.Principal {
	return auth.Principal{Kind: auth.User, ID: id, Roles: roles}
}
