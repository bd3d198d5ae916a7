// Package role defines roles, gives them to users, and judges who may change the account of
// another user.
package role

import (
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/store"
)

// Roles are the roles of the application and of its users.
type Roles struct {
	DB       *store.DB
	Now      func() time.Time
	Sessions *session.Sessions
}
