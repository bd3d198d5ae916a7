package accounts

import (
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
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
func exportUser(u *data.User) *User {
	return &User{
		ID: u.ID, Email: data.Deref(u.Email), EmailConfirmedAt: data.DerefTime(u.EmailConfirmedAt), Phone: data.Deref(u.Phone),
		PhoneConfirmedAt: data.DerefTime(u.PhoneConfirmedAt), Role: u.Role, AppMetadata: data.AsMap(u.AppMetadata), UserMetadata: data.AsMap(u.UserMetadata),
		Anonymous: u.IsAnonymous, BannedUntil: data.DerefTime(u.BannedUntil), RemovedAt: data.DerefTime(u.RemovedAt),
		LastSignInAt: data.DerefTime(u.LastSignInAt), CreatedAt: u.CreatedAt,
	}
}
