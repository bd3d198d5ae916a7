package accounts

import (
	"context"
	"slices"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// SignUp is an account to be made, for [Config.BeforeSignUp].
type SignUp struct {
	// Method is how the account is made: "password", "otp", "anonymous", "invite", "admin", or
	// the name of the provider of the login. For "anonymous", a user without an account, the
	// hook runs again when they get one.
	Method string

	// Email and Phone are canonical; either may be empty.
	Email, Phone string

	// AppMetadata is set by the application and UserMetadata by the user. Both may be changed
	// or replaced. Numbers are json.Number.
	AppMetadata, UserMetadata map[string]any

	// Address and UserAgent are where the request comes from.
	Address, UserAgent string

	// Tx is the transaction of [Accounts.In], nil outside of one. In a transaction the database
	// must be used by Tx only, and the hook may run again.
	Tx *store.Tx
}

// Token is an access token to be signed, for [Config.BeforeToken].
type Token struct {
	// User is the user of the token. Changing it has no effect.
	User User

	// Session is the id of the session, and AAL its assurance level: 1 or 2. Session is empty
	// for an API key that acts as the user. Of its Claims only tenant_id is used.
	Session string
	AAL     int

	// Roles and Permissions are those in the token. Changing them has no effect.
	Roles, Permissions []string

	// Claims are the claims to add, empty at first. With a reserved claim the token is not
	// signed. tenant_id, a string, becomes the Tenant of the Principal.
	Claims map[string]any
}

// SignedIn is a successful login, for [Config.AfterSignIn].
type SignedIn struct {
	// User is the user of the login, and Session the id of the new session.
	User    User
	Session string

	// Method is the method of the login, as in the claim amr: "password", "otp", "oauth",
	// "anonymous", ... Provider is the name of the provider, if there is one.
	Method, Provider string

	// Address and UserAgent are where the request comes from.
	Address, UserAgent string
}

// Deletion is an account to be deleted, for [Config.BeforeDelete].
type Deletion struct {
	// User is the deleted user. Changing it has no effect.
	User User

	// Kept says that the row stays under its id, without personal data, as should_soft_delete
	// of the admin API asks. References to the id remain valid.
	Kept bool

	// Tx is the transaction of the deletion. Delete the user's rows in it; see [store.For].
	Tx *store.Tx
}

// ReservedClaims returns the names of the claims that [Config.BeforeToken] cannot
// set: the registered ones of RFC 7519 and those that say who the user is, how they
// have shown it and what they may do.
func ReservedClaims() []string { return slices.Clone(session.ReservedClaims) }

// Refuse returns the error by which a hook refuses what is about to happen. The
// client is answered with 403, the code refused_by_application and the text, which
// users read.
func Refuse(text string) error { return fail.New(problem.AuthRefused, "%s", text) }

// hooks returns the hooks of the application for the code that runs them.
func (c *Config) hooks() (h session.Hooks) {
	if run := c.BeforeSignUp; run != nil {
		h.BeforeSignUp = func(ctx context.Context, tx *store.Tx, u *data.User, how string, from data.Device) error {
			return askSignUp(ctx, run, tx, u, how, from)
		}
	}
	if run := c.BeforeToken; run != nil {
		h.BeforeToken = func(ctx context.Context, u *data.User, p *auth.Principal) (map[string]any, error) {
			t := &Token{
				User: *exportUser(u), Session: p.Session, AAL: p.AAL, Roles: slices.Clone(p.Roles), Permissions: slices.Clone(p.Permissions),
				Claims: make(map[string]any),
			}
			err := run(ctx, t)
			return t.Claims, err
		}
	}
	if run := c.AfterSignIn; run != nil {
		h.AfterSignIn = func(u *data.User, s *data.Session, how data.Method) func(context.Context) error {
			in := SignedIn{
				User: *exportUser(u), Session: s.ID.String(), Method: how.Method, Provider: how.Provider, Address: s.Address, UserAgent: s.UserAgent,
			}
			return func(ctx context.Context) error { return run(ctx, in) }
		}
	}
	if run := c.BeforeDelete; run != nil {
		h.BeforeDelete = func(ctx context.Context, tx *store.Tx, u *data.User, keep bool) error {
			return run(ctx, &Deletion{User: *exportUser(u), Kept: keep, Tx: tx})
		}
	}
	return h
}

// askSignUp runs BeforeSignUp for a new user, and gives the user the metadata that it returned.
func askSignUp(ctx context.Context, run func(context.Context, *SignUp) error, tx *store.Tx, u *data.User, how string, from data.Device) error {
	s := &SignUp{
		Method: how, Email: data.Deref(u.Email), Phone: data.Deref(u.Phone), AppMetadata: data.AsMap(u.AppMetadata), UserMetadata: data.AsMap(u.UserMetadata),
		Address: from.Address, UserAgent: from.UserAgent, Tx: tx,
	}
	err := run(ctx, s)
	if err != nil {
		return err
	}
	if u.AppMetadata, err = data.AsDocument(s.AppMetadata); err != nil {
		return err
	}
	u.UserMetadata, err = data.AsDocument(s.UserMetadata)
	return err
}
