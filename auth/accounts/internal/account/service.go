// Package account makes, changes and deletes accounts: by sign-up, mailed codes and invitations,
// and by admins.
package account

import (
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/apikey"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/code"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/outbox"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/role"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/seal"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/throttle"
	"github.com/seed-7694ebf6/plinth/auth/password"
	"github.com/seed-7694ebf6/plinth/store"
)

// Changes changes accounts that exist: their contacts, passwords and metadata.
type Changes struct {
	DB       *store.DB
	Keys     *seal.Keyring
	Hashes   *password.Hasher
	Now      func() time.Time
	Codes    *code.Codes
	Outbox   *outbox.Outbox
	Sessions *session.Sessions
	Roles    *role.Roles
	Throttle *throttle.Throttle
	APIKeys  *apikey.APIKeys

	PublicURL         string
	SiteURL           string
	Autoconfirm       bool
	SingleEmailChange bool
	LinkLife          time.Duration
	InviteLife        time.Duration
	Passwords         password.Policy
}

// SignUps makes accounts, and consumes the codes that confirm them.
type SignUps struct {
	*Changes
	DisableSignup bool
}
