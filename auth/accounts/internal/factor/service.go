// Package factor adds, challenges and removes second factors and passkeys.
package factor

import (
	"context"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/code"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/outbox"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/seal"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/store"
)

// Passkeys runs the ceremonies of passkeys, see accounts.Passkeys.
type Passkeys interface {
	BeginRegistration(handle []byte, name, session string, credentials [][]byte) (options, ceremony []byte, err error)
	FinishRegistration(ceremony, handle []byte, session string, response []byte) (id, credential []byte, err error)
	BeginLogin() (options, ceremony []byte, err error)
	FinishLogin(ctx context.Context, ceremony []byte, find func(ctx context.Context, id []byte) ([]byte, error), response []byte) (credential []byte, verified, regressed bool, err error)
	BeginStepUp(handle []byte, session string, credentials [][]byte) (options, ceremony []byte, err error)
	FinishStepUp(ctx context.Context, ceremony []byte, session string, find func(ctx context.Context, id []byte) ([]byte, error), response []byte) (credential []byte, verified, regressed bool, err error)
}

// Factors are the second factors of all users. Passkeys may be nil.
type Factors struct {
	DB       *store.DB
	Keys     *seal.Keyring
	Now      func() time.Time
	SiteURL  string
	Passkeys Passkeys
	Codes    *code.Codes
	Outbox   *outbox.Outbox
	Sessions *session.Sessions
}
