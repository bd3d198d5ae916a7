// Package session begins, refreshes and ends sessions, and issues and verifies their access
// tokens.
package session

import (
	"context"
	"log/slog"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/seal"
	"github.com/seed-7694ebf6/plinth/auth/jwt"
	"github.com/seed-7694ebf6/plinth/auth/password"
	"github.com/seed-7694ebf6/plinth/store"
)

// Config is what Sessions need, see accounts.Config.
type Config struct {
	DB     *store.DB
	Keys   *seal.Keyring
	Hashes *password.Hasher
	Hooks  Hooks
	Now    func() time.Time
	Logger *slog.Logger

	PublicURL    string
	AccessTTL    time.Duration
	SessionLife  time.Duration
	SessionIdle  time.Duration
	RefreshGrace time.Duration
	Passwords    password.Policy
}

// Sessions are the sessions of all users. Make them with [New].
type Sessions struct {
	Config
	Signing  *SigningKeys
	Verifier *jwt.Verifier
	Revoked  *Revocations
	Verified *TokenCache
	Cookies  *TokenCache // the same by cookie
}

// New returns the sessions of a database. clock is the clock of cfg.Now, with a monotonic reading.
func New(cfg Config, clock func() time.Time) (*Sessions, error) {
	ss := &Sessions{Config: cfg, Revoked: newRevocations(), Verified: NewTokenCache(), Cookies: NewTokenCache()}
	ss.Signing = newSigningKeys(cfg.DB, cfg.Keys, cfg.AccessTTL, clock, cfg.Logger)
	var err error
	ss.Verifier, err = jwt.New(jwt.Config{Audience: data.Audience, Issuer: cfg.PublicURL, KeySource: ss.Signing, Now: clock})
	return ss, err
}

// Ready returns an error if the keys that sign tokens cannot be read and opened. It makes the
// first key.
func (ss *Sessions) Ready(ctx context.Context) error {
	_, err := ss.Signing.all(ctx, false)
	return err
}
