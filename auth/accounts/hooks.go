package accounts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// hookTime is the deadline of the context a hook gets.
const hookTime = 5 * time.Second

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

// reservedClaims are the claims that this package sets. Hooks cannot.
var reservedClaims = []string{
	"aal", "amr", "app_metadata", "aud", "azp", "client_id", "cnf", "email", "exp", "iat", "is_anonymous", "iss", "jti", "nbf", "permissions",
	"phone", "rev", "role", "role_revs", "roles", "scope", "session_id", "sub", "user_metadata",
}

// ReservedClaims returns the names of the claims that [Config.BeforeToken] cannot
// set: the registered ones of RFC 7519 and those that say who the user is, how they
// have shown it and what they may do.
func ReservedClaims() []string { return slices.Clone(reservedClaims) }

// Refuse returns the error by which a hook refuses what is about to happen. The
// client is answered with 403, the code refused_by_application and the text, which
// users read.
func Refuse(text string) error { return &failure{problem.AuthRefused, text} }

// admitted is an account that Config.BeforeSignUp has let pass. Only admit makes one,
// and create takes nothing else, so that there is no way around the hook.
type admitted struct {
	*user
	how   string
	from  device
	actor string // who makes it, where it is not the user

	externalIdentity *externalIdentity // who they are at the provider where they have logged in, if any
}

// admit runs Config.BeforeSignUp for an account that is about to be made. It must not
// be called in a transaction: the hook may use the database, and take its time.
func (a *Accounts) admit(ctx context.Context, u *user, how string, from device) (admitted, error) {
	n := admitted{user: u, how: how, from: from}
	if a.config.BeforeSignUp == nil {
		return n, nil
	}
	s := &SignUp{
		Method: how, Email: deref(u.Email), Phone: deref(u.Phone), AppMetadata: asMap(u.AppMetadata), UserMetadata: asMap(u.UserMetadata),
		Address: from.address, UserAgent: from.userAgent,
	}
	err := a.hook(ctx, "BeforeSignUp", func(ctx context.Context) error { return a.config.BeforeSignUp(ctx, s) })
	if err != nil {
		return n, err
	}
	if u.AppMetadata, err = asDocument(s.AppMetadata); err != nil {
		return n, err
	}
	u.UserMetadata, err = asDocument(s.UserMetadata)
	return n, err
}

// hookClaims are what Config.BeforeToken adds to the token of a user.
func (a *Accounts) hookClaims(ctx context.Context, u *user, p *auth.Principal) (map[string]any, error) {
	if a.config.BeforeToken == nil {
		return nil, nil
	}
	t := &Token{
		User: *exportUser(u), Session: p.Session, AAL: p.AAL, Roles: slices.Clone(p.Roles), Permissions: slices.Clone(p.Permissions),
		Claims: make(map[string]any),
	}
	err := a.hook(ctx, "BeforeToken", func(ctx context.Context) error { return a.config.BeforeToken(ctx, t) })
	if err != nil {
		return nil, err
	}
	for name := range t.Claims {
		if slices.Contains(reservedClaims, name) {
			return nil, fmt.Errorf("accounts: BeforeToken sets the claim %s, which is reserved", name)
		}
	}
	return t.Claims, nil
}

// signedIn runs Config.AfterSignIn when the transaction of a login has committed.
func (a *Accounts) signedIn(tx *store.Tx, u *user, s *session, how method) {
	if a.config.AfterSignIn == nil {
		return
	}
	in := SignedIn{
		User: *exportUser(u), Session: s.ID.String(), Method: how.Method, Provider: how.Provider, Address: s.Address, UserAgent: s.UserAgent,
	}
	tx.OnCommit(func(ctx context.Context) {
		err := a.hook(ctx, "AfterSignIn", func(ctx context.Context) error { return a.config.AfterSignIn(ctx, in) })
		if err != nil {
			a.config.Logger.ErrorContext(ctx, "accounts: AfterSignIn failed", "user", in.User.ID, "error", err)
		}
	})
}

// toDelete runs Config.BeforeDelete in the transaction that deletes an account. It has the
// time of the deletion: how long the rows of a user take, and what the statements of a
// transaction may take, is not for hookTime to say.
func (a *Accounts) toDelete(ctx context.Context, tx *store.Tx, u *user, keep bool) error {
	if a.config.BeforeDelete == nil {
		return nil
	}
	d := &Deletion{User: *exportUser(u), Kept: keep, Tx: tx}
	return a.guarded(ctx, "BeforeDelete", func(ctx context.Context) error { return a.config.BeforeDelete(ctx, d) })
}

// hook runs a function of the application, which has hookTime.
func (a *Accounts) hook(ctx context.Context, name string, run func(context.Context) error) error {
	ctx, stop := context.WithTimeout(ctx, hookTime)
	defer stop()
	return a.guarded(ctx, name, run)
}

// guarded runs a function of the application. A panic of it is an error: what was about
// to happen does not.
func (a *Accounts) guarded(ctx context.Context, name string, run func(context.Context) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			a.config.Logger.ErrorContext(ctx, "accounts: a hook panicked", "hook", name, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = errors.New("accounts: " + name + " panicked")
		}
	}()
	if err := run(ctx); err != nil {
		if f, ok := errors.AsType[*failure](err); ok && f.code == problem.AuthRefused {
			return f
		}
		return fmt.Errorf("accounts: %s: %w", name, err)
	}
	return nil
}

// asVerdict makes a refusal by the application one of the credential for which a token was to
// be made: else it could be judged later.
func asVerdict(err error) error {
	if f, ok := errors.AsType[*failure](err); ok && f.code == problem.AuthRefused {
		return fmt.Errorf("%w: %w", f, auth.ErrInvalid)
	}
	return err
}

// asMap decodes a document that is an object; numbers are json.Number.
func asMap(doc store.JSON) map[string]any {
	out := map[string]any{}
	d := json.NewDecoder(strings.NewReader(string(doc)))
	d.UseNumber()
	if d.Decode(&out) != nil || out == nil {
		return map[string]any{}
	}
	return out
}

// asDocument is the way back.
func asDocument(members map[string]any) (store.JSON, error) {
	if members == nil {
		return "{}", nil
	}
	return store.JSONOf(members)
}
