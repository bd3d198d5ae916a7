// Package throttle bounds guesses of secrets, mails and messages, and what unauthenticated
// clients can request.
package throttle

import (
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/seal"
	"github.com/seed-7694ebf6/plinth/auth/password"
	"github.com/seed-7694ebf6/plinth/store"
)

// Config is what a Throttle needs, see accounts.Config.
type Config struct {
	DB           *store.DB
	Keys         *seal.Keyring
	Now          func() time.Time
	Limits       Limits
	MailInterval time.Duration
}

// Throttle holds the budgets of all accounts and clients. Make one with [New].
type Throttle struct {
	Config
	Tries   Slots
	Opening Slots // bounds the sessions that are being opened after an attempt
}

// New returns a throttle. Its slots follow those of the hashes.
func New(cfg Config, hashes password.Config) *Throttle {
	return &Throttle{cfg, newSlots(hashes), newOpening(hashes)}
}
