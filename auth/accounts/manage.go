package accounts

import (
	"context"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/account"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/apikey"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/role"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// own is the authority of the application itself.
var own = role.Authority{Actor: "application"}

// NewUser describes an account that an application makes. It needs an Email or a Phone.
type NewUser struct {
	// ID is the id it is to have; the zero ID is a new one.
	ID store.ID

	// Email and Phone are accepted in any spelling. EmailConfirmed and PhoneConfirmed make them
	// confirmed. A user with an unconfirmed e-mail address cannot log in by password.
	Email, Phone                   string
	EmailConfirmed, PhoneConfirmed bool

	// Password is held to Config.Passwords. PasswordHash, in its place, is one of
	// argon2id in the PHC string format or of bcrypt. With neither, the user logs
	// in by other ways.
	Password, PasswordHash string

	// Roles are those to begin with. They have to exist.
	Roles []string

	// AppMetadata is the application's, UserMetadata the user's.
	AppMetadata, UserMetadata map[string]any
}

// CreateUser makes an account. Config.BeforeSignUp is asked with the Method "admin". The
// error's code is email_exists, phone_exists or, for the ID, user_already_exists where
// another account has it, validation_failed for anything else that an account cannot have,
// and refused_by_application where the hook says [Refuse]. A password that may not be
// chosen is a [password.WeakError], and one that finds no turn to be hashed is
// [password.ErrBusy].
func (a *Accounts) CreateUser(ctx context.Context, n NewUser) (*User, error) {
	c, err := n.change()
	if err != nil {
		return nil, err
	}
	u, err := a.signUps.CreateBy(ctx, own, c)
	if err != nil {
		return nil, err
	}
	return exportUser(u), nil
}

// change returns what makes the account.
func (n NewUser) change() (account.Change, error) {
	c := account.Change{
		ConfirmEmail: n.EmailConfirmed, ConfirmPhone: n.PhoneConfirmed, Password: n.Password, Hash: n.PasswordHash,
		Roles: &n.Roles,
	}
	for into, members := range map[*store.JSON]map[string]any{&c.App: n.AppMetadata, &c.User: n.UserMetadata} {
		var err error
		if *into, err = data.AsDocument(members); err != nil {
			return c, err
		}
	}
	if n.ID != (store.ID{}) {
		c.ID = &n.ID
	}
	return c, c.ReadAddresses(n.Email, n.Phone)
}

// User returns the account with an id. The error is [ErrUserNotFound] where there is none.
func (a *Accounts) User(ctx context.Context, id store.ID) (*User, error) {
	return userByID(ctx, a.db, id)
}

func userByID(ctx context.Context, s store.Session, id store.ID) (*User, error) {
	u, err := data.UserByID(ctx, s, id)
	if err != nil {
		return nil, err
	}
	return exportUser(u), nil
}

// UserByEmail returns the account with an address, in any spelling, whether it is
// confirmed or not. The error is [ErrUserNotFound] where there is none.
func (a *Accounts) UserByEmail(ctx context.Context, email string) (*User, error) {
	return userByEmail(ctx, a.db, email)
}

func userByEmail(ctx context.Context, s store.Session, email string) (*User, error) {
	canonical, ok := data.CanonicalEmail(email)
	if !ok {
		return nil, fail.ErrUserUnknown
	}
	u, err := data.ByEmail(ctx, s, canonical)
	if err == nil && u == nil {
		err = fail.ErrUserUnknown
	}
	if err != nil {
		return nil, err
	}
	return exportUser(u), nil
}

// Ban ends the sessions and API keys of a user and keeps them out for a time; 0 lets them in again.
// The error is [ErrUserNotFound] where there is no such user, and has the code
// validation_failed for a time that is negative.
func (a *Accounts) Ban(ctx context.Context, id store.ID, d time.Duration) error {
	if d < 0 {
		return fail.New(problem.AuthValidation, "a ban must not be negative")
	}
	return a.changes.ChangeBy(ctx, own, id, account.Change{Ban: &d})
}

// SignOut ends the sessions of a user, and with them their access tokens. The error is
// [ErrUserNotFound] where there is no such user.
func (a *Accounts) SignOut(ctx context.Context, id store.ID) error {
	return a.roles.SignOutBy(ctx, own, id)
}

// DeleteUser deletes an account and all that accounts know of it but the audit log.
// Rows of the application that refer to it are the application's to delete, for which
// there is Config.BeforeDelete. The error is [ErrUserNotFound] where there is no such user,
// and has the code refused_by_application where the hook says [Refuse].
func (a *Accounts) DeleteUser(ctx context.Context, id store.ID) error {
	return a.changes.DeleteBy(ctx, own, id, false)
}

// Role is a name that users can be given, and the permissions that come with it: both
// are what rules ask for. A role is data, which an application or an admin makes.
type Role struct {
	// Name and Permissions have letters, digits, '.', '_', '-' and ':', at most 64
	// of them. There are at most 64 Permissions, and the names of all roles and
	// permissions of a user take 2 KiB at most: they travel in access tokens.
	Name        string
	Permissions []string

	// Description is for admins, at most 500 bytes.
	Description string
}

// SaveRole makes a role, or changes the one of its name. Call it in App.Prepare of package
// plinth for the roles that the program's rules use. If permissions change, access tokens of
// the role's users are revoked, and clients refresh. The error's code is validation_failed for
// an invalid role, see [Role], and for a reserved name.
func (a *Accounts) SaveRole(ctx context.Context, r Role) error {
	return a.roles.SaveRole(ctx, own, role.Definition(r), role.Save)
}

// SetRoles gives a user exactly these roles, which have to exist. If that changes anything,
// older access tokens are revoked. The error is [ErrUserNotFound] for an unknown user. Its code
// is validation_failed for an unknown role, more than 16 roles, names that are too long for a
// token, and a user without an account.
func (a *Accounts) SetRoles(ctx context.Context, id store.ID, roles ...string) error {
	return a.db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error { return a.roles.GiveRoles(ctx, tx, own, id, roles) })
}

// RolesOf returns the roles of a user and their permissions. An unknown user has none.
func (a *Accounts) RolesOf(ctx context.Context, id store.ID) (roles, permissions []string, err error) {
	g, err := data.RightsOf(ctx, a.db, id)
	return g.Roles, g.Permissions, err
}

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

// PermissionAdmin is the permission to manage accounts over the wire, which secret
// keys have without it.
const PermissionAdmin = data.PermissionAdmin

// ScopeSelf is the scope by which an API key acts as its owner: it has the owner's id and
// tenant, so that rules show it the owner's rows. All other scopes are names of permissions. A
// key without ScopeSelf has its permissions only and no id of a user.
const ScopeSelf = apikey.ScopeSelf
