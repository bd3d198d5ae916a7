package oidc

import (
	"context"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/jwt"
)

const (
	appleIssuer = "https://appleid.apple.com"

	// appleSecretAge is the lifetime of a client secret. It is made for one request; Apple
	// allows half a year.
	appleSecretAge = 5 * time.Minute
)

// Apple returns the Config of Sign in with Apple. clientID is the Services ID. p8 is the file
// of the key keyID of the team teamID, which signs the client secrets (ES256). Apple answers by
// a form, see [ResponseFormPost]. It sends the name in the first login only, beside the code
// and unsigned, so the name is the user's own claim.
func Apple(clientID, teamID, keyID string, p8 []byte) (Config, error) {
	key, err := appleKey(keyID, p8)
	if err != nil {
		return Config{}, err
	}
	if teamID == "" || keyID == "" {
		return Config{}, errors.New("auth/oidc: Apple needs the ids of team and key")
	}
	return Config{
		Name: "apple", Issuer: appleIssuer, ClientID: clientID, Scopes: []string{"openid", "name", "email"}, ResponseMode: ResponseFormPost,
		ClientSecretFunc: func(context.Context) (string, error) {
			now := time.Now()
			return jwt.Assert(key, map[string]any{
				"iss": teamID, "sub": clientID, "aud": appleIssuer,
				"iat": now.Unix(), "exp": now.Add(appleSecretAge).Unix(),
			})
		},
		preset: preset{formName: true, trusts: always},
	}, nil
}

// appleKey reads a .p8 file. Errors do not contain any of it.
func appleKey(id string, p8 []byte) (jwt.Key, error) {
	block, _ := pem.Decode(p8)
	if block == nil {
		return jwt.Key{}, errors.New("auth/oidc: the key of Apple is not PEM")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return jwt.Key{}, errors.New("auth/oidc: the key of Apple is not PKCS #8")
	}
	private, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		return jwt.Key{}, fmt.Errorf("auth/oidc: the key of Apple is a %T, not one for ES256", parsed)
	}
	return jwt.PrivateKey(id, private)
}
