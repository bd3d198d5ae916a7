package accounts

import (
	"time"

	"github.com/seed-7694ebf6/plinth/store"
)

// User is an account, for applications: what it is when it is read. Times that have
// not come are zero.
type User struct {
	ID store.ID

	// Email and Phone are canonical, or empty. With a zero time they are unconfirmed.
	Email            string
	EmailConfirmedAt time.Time
	Phone            string
	PhoneConfirmedAt time.Time

	// Role is the one role every user has, "authenticated" unless an admin has
	// said otherwise. What else they have, see [Accounts.RolesOf].
	Role string

	// AppMetadata is the application's, which users only read, and UserMetadata
	// the user's own. Numbers are json.Number.
	AppMetadata, UserMetadata map[string]any

	// Anonymous marks a user without an account.
	Anonymous bool

	BannedUntil  time.Time
	RemovedAt    time.Time // of removed accounts with a kept row
	LastSignInAt time.Time
	CreatedAt    time.Time
}

// exportUser returns a user as applications see them.
func exportUser(u *user) *User {
	return &User{
		ID: u.ID, Email: deref(u.Email), EmailConfirmedAt: derefTime(u.EmailConfirmedAt), Phone: deref(u.Phone),
		PhoneConfirmedAt: derefTime(u.PhoneConfirmedAt), Role: u.Role, AppMetadata: asMap(u.AppMetadata), UserMetadata: asMap(u.UserMetadata),
		Anonymous: u.IsAnonymous, BannedUntil: derefTime(u.BannedUntil), RemovedAt: derefTime(u.RemovedAt),
		LastSignInAt: derefTime(u.LastSignInAt), CreatedAt: u.CreatedAt,
	}
}

func derefTime(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}
