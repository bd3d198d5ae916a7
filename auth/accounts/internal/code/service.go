// Package code makes and consumes single-use secrets: the codes of mails and messages, of flows
// and of challenges.
package code

import (
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/seal"
	"github.com/seed-7694ebf6/plinth/store"
)

// Codes makes and consumes codes.
type Codes struct {
	DB   *store.DB
	Keys *seal.Keyring
	Now  func() time.Time
}
