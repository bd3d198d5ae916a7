package session

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// hookTime is the deadline of the context a hook gets.
const hookTime = 5 * time.Second

// Hooks are functions of the application, nil if it has none.
type Hooks struct {
	BeforeSignUp func(ctx context.Context, tx *store.Tx, u *data.User, how string, from data.Device) error
	BeforeToken  func(ctx context.Context, u *data.User, p *auth.Principal) (claims map[string]any, err error)
	AfterSignIn  func(u *data.User, s *data.Session, how data.Method) func(context.Context) error
	BeforeDelete func(ctx context.Context, tx *store.Tx, u *data.User, keep bool) error
}

// ReservedClaims are the claims that accounts set. Hooks cannot.
var ReservedClaims = []string{
	"aal", "amr", "app_metadata", "aud", "azp", "client_id", "cnf", "email", "exp", "iat", "is_anonymous", "iss", "jti", "nbf", "permissions",
	"phone", "rev", "role", "role_revs", "roles", "scope", "session_id", "sub", "user_metadata",
}

// Admitted is an account that Config.BeforeSignUp has accepted. Only [Sessions.Admit] makes
// one, and every function that makes an account requires one, so none bypasses the hook.
type Admitted struct {
	*data.User
	How   string
	From  data.Device
	Actor string // of the audit log, if the user does not make the account

	ExternalIdentity *data.ExternalIdentity // of a login at a provider; nil without one
}

// Admit runs Config.BeforeSignUp for an account that is about to be made. Do not
// call it in a transaction, because the hook may be slow or use the database.
func (ss *Sessions) Admit(ctx context.Context, u *data.User, how string, from data.Device) (Admitted, error) {
	return ss.AdmitIn(ctx, nil, u, how, from)
}

// AdmitIn is Admit for an account that the application makes in its own transaction.
func (ss *Sessions) AdmitIn(ctx context.Context, tx *store.Tx, u *data.User, how string, from data.Device) (Admitted, error) {
	n := Admitted{User: u, How: how, From: from}
	if ss.Hooks.BeforeSignUp == nil {
		return n, nil
	}
	return n, ss.hook(ctx, "BeforeSignUp", func(ctx context.Context) error { return ss.Hooks.BeforeSignUp(ctx, tx, u, how, from) })
}

// HookClaims are what Config.BeforeToken adds to the token of a user.
func (ss *Sessions) HookClaims(ctx context.Context, u *data.User, p *auth.Principal) (map[string]any, error) {
	if ss.Hooks.BeforeToken == nil {
		return nil, nil
	}
	var claims map[string]any
	copied := *p // p itself stays on the stack of callers without a hook
	err := ss.hook(ctx, "BeforeToken", func(ctx context.Context) (err error) {
		claims, err = ss.Hooks.BeforeToken(ctx, u, &copied)
		return err
	})
	if err != nil {
		return nil, err
	}
	for name := range claims {
		if slices.Contains(ReservedClaims, name) {
			return nil, fmt.Errorf("accounts: BeforeToken sets the claim %s, which is reserved", name)
		}
	}
	return claims, nil
}

// signedIn runs Config.AfterSignIn when the transaction of a login has committed.
func (ss *Sessions) signedIn(tx *store.Tx, u *data.User, s *data.Session, how data.Method) {
	if ss.Hooks.AfterSignIn == nil {
		return
	}
	run, id := ss.Hooks.AfterSignIn(u, s, how), u.ID
	tx.OnCommit(func(ctx context.Context) {
		if err := ss.hook(ctx, "AfterSignIn", run); err != nil {
			ss.Logger.ErrorContext(ctx, "accounts: AfterSignIn failed", "user", id, "error", err)
		}
	})
}

// RunBeforeDelete runs Config.BeforeDelete in the transaction that deletes an account. The
// hook has no deadline of its own, because deleting the rows of a user may take long.
func (ss *Sessions) RunBeforeDelete(ctx context.Context, tx *store.Tx, u *data.User, keep bool) error {
	if ss.Hooks.BeforeDelete == nil {
		return nil
	}
	return ss.guarded(ctx, "BeforeDelete", func(ctx context.Context) error { return ss.Hooks.BeforeDelete(ctx, tx, u, keep) })
}

// hook runs a function of the application with the deadline hookTime.
func (ss *Sessions) hook(ctx context.Context, name string, run func(context.Context) error) error {
	ctx, stop := context.WithTimeout(ctx, hookTime)
	defer stop()
	return ss.guarded(ctx, name, run)
}

// guarded runs a function of the application. A panic becomes an error, so the operation
// fails.
func (ss *Sessions) guarded(ctx context.Context, name string, run func(context.Context) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			ss.Logger.ErrorContext(ctx, "accounts: a hook panicked", "hook", name, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = errors.New("accounts: " + name + " panicked")
		}
	}()
	if err := run(ctx); err != nil {
		if f, ok := errors.AsType[*fail.Failure](err); ok && f.Code == problem.AuthRefused {
			return f
		}
		return fmt.Errorf("accounts: %s: %w", name, err)
	}
	return nil
}

// AsVerdict turns a rejection by a hook into a rejection of the credential. Other errors
// mean that the credential could not be verified.
func AsVerdict(err error) error {
	if f, ok := errors.AsType[*fail.Failure](err); ok && f.Code == problem.AuthRefused {
		return fmt.Errorf("%w: %w", f, auth.ErrInvalid)
	}
	return err
}
