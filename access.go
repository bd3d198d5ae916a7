package plinth

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/jwt"
	"github.com/seed-7694ebf6/plinth/store"
)

// access finds out who makes a request. In development its keys live in the
// database, so it is complete only after open.
type access struct {
	config resolved
	who    atomic.Pointer[auth.Authenticator]

	publishable string // of development
	demoToken   string
}

// developmentName is issuer and audience of development's own tokens.
const developmentName = "plinth-development"

// newAccess checks the configured keys.
func newAccess(r resolved) (*access, error) {
	a := &access{config: r}
	if len(r.Keys.Publishable)+len(r.Keys.Secret) > 0 {
		if err := r.Keys.Validate(); err != nil {
			return nil, err
		}
	}
	set := 0
	for _, s := range []string{r.JWTSecret, r.JWTIssuer, r.JWTAudience} {
		if s != "" {
			set++
		}
	}
	if set != 0 && set != 3 {
		return nil, errors.New("plinth: JWTSecret, JWTIssuer and JWTAudience belong together")
	}
	if set == 3 && r.Verifier != nil {
		return nil, errors.New("plinth: Verifier and the JWT settings exclude each other")
	}
	return a, nil
}

var errNotOpen = errors.New("plinth: the application is not ready; call Run or Handler first")

// Authenticate returns who makes a request.
func (a *access) Authenticate(r *http.Request) (auth.Principal, error) {
	who := a.who.Load()
	if who == nil {
		return auth.Principal{}, errNotOpen
	}
	return (*who).Authenticate(r)
}

// open completes the keys: the configured ones, or development's, which are
// made once and kept in the database.
func (a *access) open(ctx context.Context, db *store.DB) error {
	keys, verifier, err := a.config.Keys, a.config.Verifier, error(nil)
	if a.config.JWTSecret != "" {
		verifier, err = secretVerifier(a.config.JWTSecret, a.config.JWTIssuer, a.config.JWTAudience)
	}
	if err == nil && a.config.development {
		keys, verifier, err = a.openDevelopment(ctx, db, keys, verifier)
	}
	if err != nil {
		return err
	}
	ring, err := auth.NewKeyring(keys)
	if err != nil {
		return err
	}
	var next auth.Authenticator = auth.Chain()
	if verifier != nil {
		next = auth.Bearer(verifier)
	}
	who := ring.Authenticator(next)
	a.who.Store(&who)
	return nil
}

func secretVerifier(secret, issuer, audience string) (auth.Verifier, error) {
	key, err := jwt.SecretKey("", []byte(secret))
	if err != nil {
		return nil, err
	}
	return jwt.New(jwt.Config{Issuer: issuer, Audience: audience, Keys: []jwt.Key{key}})
}

// openDevelopment adds what a newcomer needs: a publishable key where none is
// configured, and a token for a demo user.
func (a *access) openDevelopment(ctx context.Context, db *store.DB, keys auth.Keys, verifier auth.Verifier) (auth.Keys, auth.Verifier, error) {
	secret, err := db.Setting(ctx, "development_secret", func() (string, error) { return randomHex(32), nil })
	if err != nil {
		return keys, nil, err
	}
	demo, err := db.Setting(ctx, "development_user", func() (string, error) { return store.NewID().String(), nil })
	if err != nil {
		return keys, nil, err
	}
	if len(keys.Publishable) == 0 {
		key, err := db.Setting(ctx, "development_publishable_key", func() (string, error) { return auth.NewPublishableKey(), nil })
		if err != nil {
			return keys, nil, err
		}
		keys.Publishable = []string{key}
	}
	a.publishable = keys.Publishable[0]
	own, err := secretVerifier(secret, developmentName, developmentName)
	if err != nil {
		return keys, nil, err
	}
	if a.demoToken, err = signDemo(secret, demo); err != nil {
		return keys, nil, err
	}
	if verifier != nil {
		own = auth.FirstOf(verifier, own)
	}
	return keys, own, nil
}

// signDemo signs a token of a day for the demo user.
func signDemo(secret, user string) (string, error) {
	key, err := jwt.SecretKey("", []byte(secret))
	if err != nil {
		return "", err
	}
	signer, err := jwt.NewSigner(jwt.SignerConfig{Issuer: developmentName, Audience: developmentName, Key: key})
	if err != nil {
		return "", err
	}
	token, err := signer.Sign(auth.Principal{Kind: auth.User, ID: user, Roles: []string{"authenticated"}}, 24*time.Hour)
	if err != nil {
		return "", fmt.Errorf("plinth: demo token: %w", err)
	}
	return token, nil
}

func randomHex(n int) string {
	b := make([]byte, n)
	rand.Read(b) // never fails
	return hex.EncodeToString(b)
}
