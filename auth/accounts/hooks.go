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

// hooks are functions of the application, nil if it has none.
type hooks struct {
	BeforeSignUp func(ctx context.Context, u *user, how string, from device) error
	BeforeToken  func(ctx context.Context, u *user, p *auth.Principal) (claims map[string]any, err error)
	AfterSignIn  func(u *user, s *session, how method) func(context.Context) error
	BeforeDelete func(ctx context.Context, tx *store.Tx, u *user, keep bool) error
}

// reservedClaims are the claims that this package sets. Hooks cannot.
var reservedClaims = []string{
	"aal", "amr", "app_metadata", "aud", "azp", "client_id", "cnf", "email", "exp", "iat", "is_anonymous", "iss", "jti", "nbf", "permissions",
	"phone", "rev", "role", "role_revs", "roles", "scope", "session_id", "sub", "user_metadata",
}

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
	if a.hooks.BeforeSignUp == nil {
		return n, nil
	}
	return n, a.hook(ctx, "BeforeSignUp", func(ctx context.Context) error { return a.hooks.BeforeSignUp(ctx, u, how, from) })
}

// hookClaims are what Config.BeforeToken adds to the token of a user.
func (a *Accounts) hookClaims(ctx context.Context, u *user, p *auth.Principal) (map[string]any, error) {
	if a.hooks.BeforeToken == nil {
		return nil, nil
	}
	var claims map[string]any
	err := a.hook(ctx, "BeforeToken", func(ctx context.Context) (err error) {
		claims, err = a.hooks.BeforeToken(ctx, u, p)
		return err
	})
	if err != nil {
		return nil, err
	}
	for name := range claims {
		if slices.Contains(reservedClaims, name) {
			return nil, fmt.Errorf("accounts: BeforeToken sets the claim %s, which is reserved", name)
		}
	}
	return claims, nil
}

// signedIn runs Config.AfterSignIn when the transaction of a login has committed.
func (a *Accounts) signedIn(tx *store.Tx, u *user, s *session, how method) {
	if a.hooks.AfterSignIn == nil {
		return
	}
	run, id := a.hooks.AfterSignIn(u, s, how), u.ID
	tx.OnCommit(func(ctx context.Context) {
		if err := a.hook(ctx, "AfterSignIn", run); err != nil {
			a.config.Logger.ErrorContext(ctx, "accounts: AfterSignIn failed", "user", id, "error", err)
		}
	})
}

// toDelete runs Config.BeforeDelete in the transaction that deletes an account. It has the
// time of the deletion: how long the rows of a user take, and what the statements of a
// transaction may take, is not for hookTime to say.
func (a *Accounts) toDelete(ctx context.Context, tx *store.Tx, u *user, keep bool) error {
	if a.hooks.BeforeDelete == nil {
		return nil
	}
	return a.guarded(ctx, "BeforeDelete", func(ctx context.Context) error { return a.hooks.BeforeDelete(ctx, tx, u, keep) })
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
