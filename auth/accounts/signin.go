package accounts

import (
	"context"
	"database/sql"
	"errors"

	"github.com/seed-7694ebf6/plinth/auth/password"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// methodPassword is a login by password, as in the claim amr.
const methodPassword = "password"

// mayEnter reports why a user may not have a session.
func (a *Accounts) mayEnter(u *user) error {
	switch {
	case u.RemovedAt != nil:
		return errSessionUnknown
	case u.BannedUntil != nil && a.now().Before(*u.BannedUntil):
		return errBanned
	}
	return nil
}

// byEmail finds the user with a canonical address.
func (a *Accounts) byEmail(ctx context.Context, s store.Session, email string) (*user, error) {
	return a.at(ctx, s, contact{email: email})
}

var errUserUnknown = failf(problem.AuthUserNotFound, "User not found")

// userByID finds the user with an id.
func (a *Accounts) userByID(ctx context.Context, s store.Session, id store.ID) (*user, error) {
	u, err := store.For[user](s).Get(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, errUserUnknown
	}
	return u, err
}

// signOutBy ends all sessions of a user on behalf of an admin or the application.
func (a *Accounts) signOutBy(ctx context.Context, by authority, id store.ID) error {
	return a.db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		u, err := a.userByID(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := a.over(ctx, tx, by, u); err != nil {
			return err
		}
		if err := a.endIn(ctx, tx, store.Eq("user_id", id), endedByAdmin); err != nil {
			return err
		}
		return a.record(ctx, tx, by.event("signed_out", &id), nil)
	})
}

// byPassword finds the user with a contact and a password who may log in. The zero contact has
// no user. All rejections have the same answer and time (see tryLogin), except for clients that
// know the password.
func (a *Accounts) byPassword(ctx context.Context, at contact, entered string) (*user, error) {
	if a.isTooLong(entered) {
		return nil, errCredentials
	}
	var u *user
	if at != (contact{}) {
		var err error
		if u, err = a.at(ctx, a.db, at); err != nil {
			return nil, err
		}
	}
	if u == nil || u.PasswordHash == nil {
		if err := a.hashes.VerifyAbsent(ctx, entered); !errors.Is(err, password.ErrMismatch) {
			return nil, err
		}
		return nil, errCredentials
	}
	again, err := a.hashes.Verify(ctx, *u.PasswordHash, entered)
	if errors.Is(err, password.ErrMismatch) {
		return nil, errCredentials
	}
	if err != nil {
		return nil, err
	}
	if !at.confirmed(u) {
		return nil, at.errNotConfirmed()
	}
	if err := a.mayEnter(u); err != nil {
		return nil, err
	}
	if again && !a.rehash(ctx, u, entered) {
		return a.byPassword(ctx, at, entered) // another login has, or the password is another one
	}
	return u, nil
}

// longestPassword is how many characters a login looks at, where no more may be chosen.
const longestPassword = 1024

// isTooLong reports whether a password is longer than any that can be or could have been
// chosen. Such a password is not hashed.
func (a *Accounts) isTooLong(entered string) bool {
	longer := password.Policy{Min: 1, Max: max(longestPassword, a.config.Passwords.Max), Refuse: func(string) bool { return false }}
	return entered != "" && longer.Check(entered) != nil
}

// rehash keeps a password by a better hash, and is false where the account has another one by
// now. The login has succeeded, so a failure is only logged.
func (a *Accounts) rehash(ctx context.Context, u *user, entered string) bool {
	hash, err := a.hashes.Hash(ctx, entered)
	n := 0
	if err == nil {
		n, err = store.For[user](a.db).PatchWhere(ctx,
			store.And(store.Eq("id", u.ID), store.Eq("password_hash", *u.PasswordHash)), store.SetTo("password_hash", hash))
	}
	if n == 1 {
		u.PasswordHash = &hash
	}
	if err != nil {
		a.config.Logger.WarnContext(ctx, "accounts: a password was not rehashed", "user", u.ID, "error", err)
	}
	return n == 1 || err != nil
}

// enter opens a session for an authenticated user.
func (a *Accounts) enter(ctx context.Context, u *user, how method, from device) (*issued, error) {
	var s *session
	// arrived locks the account, which is all that what follows depends on.
	err := a.db.TxWith(ctx, store.TxOptions{Isolation: sql.LevelReadCommitted}, func(ctx context.Context, tx *store.Tx) (err error) {
		s, err = a.enterIn(ctx, tx, u, how, from)
		return err
	})
	if err != nil {
		return nil, err
	}
	return a.issue(ctx, u, s)
}

// arrived records a login. It rejects an account that has changed since the user was
// authenticated: a change that ends all sessions has to stop logins in progress too. One
// statement checks the account and locks it until the session is made.
func (a *Accounts) arrived(ctx context.Context, tx *store.Tx, u *user, how method) error {
	now := a.now()
	asShown := store.And(
		store.Eq("id", u.ID), sameText("password_hash", u.PasswordHash), sameText("email", u.Email), sameText("phone", u.Phone),
		store.Null("removed_at"),
		store.Or(store.Null("banned_until"), store.Compare("banned_until", store.OpLte, now)),
	)
	n, err := store.For[user](tx).PatchWhere(ctx, asShown, store.SetTo("last_sign_in_at", now))
	if err != nil {
		return err
	}
	if n == 0 {
		return a.notAsShown(ctx, tx, u, how)
	}
	u.LastSignInAt = &now
	return nil
}

func sameText(column string, value *string) store.Cond {
	if value == nil {
		return store.Null(column)
	}
	return store.Eq(column, *value)
}

// notAsShown says why an account is not as its user has shown it.
func (a *Accounts) notAsShown(ctx context.Context, tx *store.Tx, u *user, how method) error {
	now, err := store.For[user](tx).Get(ctx, u.ID)
	if errors.Is(err, store.ErrNotFound) {
		return errSessionUnknown
	}
	if err != nil {
		return err
	}
	if deref(now.PasswordHash) == deref(u.PasswordHash) && deref(now.Email) == deref(u.Email) && deref(now.Phone) == deref(u.Phone) {
		if err := a.mayEnter(now); err != nil {
			return err
		}
	}
	if how.Method == methodPassword {
		return errCredentials
	}
	return &problem.Error{Code: problem.AuthConflict}
}

// enterIn opens a session in a transaction.
func (a *Accounts) enterIn(ctx context.Context, tx *store.Tx, u *user, how method, from device) (*session, error) {
	if err := a.arrived(ctx, tx, u, how); err != nil {
		return nil, err
	}
	if err := a.stillKnown(ctx, tx, u, how); err != nil {
		return nil, err
	}
	s, err := a.begin(ctx, tx, u, how, from)
	if err != nil {
		return nil, err
	}
	e := from.event("signed_in", &u.ID)
	e.SessionID = &s.ID
	return s, a.record(ctx, tx, e, map[string]any{"method": how.Method})
}
