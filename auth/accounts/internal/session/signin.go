package session

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/password"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// MayEnter reports why a user may not have a session.
func (ss *Sessions) MayEnter(u *data.User) error {
	switch {
	case u.RemovedAt != nil:
		return fail.ErrSessionUnknown
	case u.BannedUntil != nil && ss.Now().Before(*u.BannedUntil):
		return fail.ErrBanned
	}
	return nil
}

// ByPassword finds the user with a contact and a password who may log in. The zero contact has
// no user. All rejections have the same answer and time (package wire pads it), except for
// clients that know the password.
func (ss *Sessions) ByPassword(ctx context.Context, at data.Contact, entered string) (*data.User, error) {
	if ss.isTooLong(entered) {
		return nil, fail.ErrCredentials
	}
	var u *data.User
	if at != (data.Contact{}) {
		var err error
		if u, err = data.At(ctx, ss.DB, at); err != nil {
			return nil, err
		}
	}
	if u == nil || u.PasswordHash == nil {
		if err := ss.Hashes.VerifyAbsent(ctx, entered); !errors.Is(err, password.ErrMismatch) {
			return nil, err
		}
		return nil, fail.ErrCredentials
	}
	again, err := ss.Hashes.Verify(ctx, *u.PasswordHash, entered)
	if errors.Is(err, password.ErrMismatch) {
		return nil, fail.ErrCredentials
	}
	if err != nil {
		return nil, err
	}
	if !at.Confirmed(u) {
		return nil, at.ErrNotConfirmed()
	}
	if err := ss.MayEnter(u); err != nil {
		return nil, err
	}
	if again && !ss.rehash(ctx, u, entered) {
		return ss.ByPassword(ctx, at, entered) // a concurrent request has replaced the hash
	}
	return u, nil
}

// maxPasswordInput is the length of the longest password that a login hashes, in characters.
// A longer limit for new passwords extends it.
const maxPasswordInput = 1024

// isTooLong reports whether a password is longer than any that can be or could have been
// chosen. Such a password is not hashed.
func (ss *Sessions) isTooLong(entered string) bool {
	longer := password.Policy{Min: 1, Max: max(maxPasswordInput, ss.Passwords.Max), Refuse: func(string) bool { return false }}
	return entered != "" && longer.Check(entered) != nil
}

// rehash stores a better hash of a password. It reports false if the account has another
// password by now. The login has succeeded, so a failure is only logged.
func (ss *Sessions) rehash(ctx context.Context, u *data.User, entered string) bool {
	hash, err := ss.Hashes.Hash(ctx, entered)
	replaced := false
	if err == nil {
		replaced, err = data.Rehash(ctx, ss.DB, u, hash)
	}
	if replaced {
		u.PasswordHash = &hash
	}
	if err != nil {
		ss.Logger.WarnContext(ctx, "accounts: a password was not rehashed", "user", u.ID, "error", err)
	}
	return replaced || err != nil
}

// Enter opens a session for an authenticated user.
func (ss *Sessions) Enter(ctx context.Context, u *data.User, how data.Method, from data.Device) (*Issued, error) {
	var s *data.Session
	// recordSignIn locks the account, so READ COMMITTED suffices.
	err := ss.DB.TxWith(ctx, store.TxOptions{Isolation: sql.LevelReadCommitted}, func(ctx context.Context, tx *store.Tx) (err error) {
		s, err = ss.EnterIn(ctx, tx, u, how, from)
		return err
	})
	if err != nil {
		return nil, err
	}
	return ss.Issue(ctx, u, s)
}

// recordSignIn records a login. It rejects an account that has changed since the user was
// authenticated: a change that ends all sessions has to stop logins in progress too. One
// statement checks the account and locks it until the session is made.
func (ss *Sessions) recordSignIn(ctx context.Context, tx *store.Tx, u *data.User, how data.Method) error {
	now := ss.Now()
	recorded, err := data.RecordSignIn(ctx, tx, u, now)
	if err != nil {
		return err
	}
	if !recorded {
		return ss.whyChanged(ctx, tx, u, how)
	}
	u.LastSignInAt = &now
	return nil
}

// whyChanged returns the error for an account that no longer matches the verified
// credentials.
func (ss *Sessions) whyChanged(ctx context.Context, tx *store.Tx, u *data.User, how data.Method) error {
	now, err := data.GetUser(ctx, tx, u.ID)
	if errors.Is(err, store.ErrNotFound) {
		return fail.ErrSessionUnknown
	}
	if err != nil {
		return err
	}
	if data.Deref(now.PasswordHash) == data.Deref(u.PasswordHash) && data.Deref(now.Email) == data.Deref(u.Email) && data.Deref(now.Phone) == data.Deref(u.Phone) {
		if err := ss.MayEnter(now); err != nil {
			return err
		}
	}
	if how.Method == data.MethodPassword {
		return fail.ErrCredentials
	}
	return &problem.Error{Code: problem.AuthConflict}
}

// EnterIn opens a session in a transaction.
func (ss *Sessions) EnterIn(ctx context.Context, tx *store.Tx, u *data.User, how data.Method, from data.Device) (*data.Session, error) {
	if err := ss.recordSignIn(ctx, tx, u, how); err != nil {
		return nil, err
	}
	if err := data.StillKnown(ctx, tx, u, how); err != nil {
		return nil, err
	}
	s, err := ss.begin(ctx, tx, u, how, from)
	if err != nil {
		return nil, err
	}
	e := from.Event("signed_in", &u.ID)
	e.SessionID = &s.ID
	return s, ss.Record(ctx, tx, e, map[string]any{"method": how.Method})
}

// CookieVerifier implements auth.Verifier for cookies. For each cookie it makes an access
// token that the client never sees. The cookie has the claims, the lifetime and the
// revocation of that token.
type CookieVerifier struct{ Sessions *Sessions }

// Verify implements auth.Verifier.
func (v CookieVerifier) Verify(ctx context.Context, value string) (auth.Principal, error) {
	entry, ok := v.Sessions.Cookies.Get(value, v.Sessions.Now())
	if ok {
		if err := v.Sessions.verdict(ctx, &entry); err == nil || !errors.Is(err, auth.ErrInvalid) {
			return entry.Principal, err
		}
	}
	// If the user's rights have changed, the session continues with the present ones.
	token, err := v.Sessions.tokenOfCookie(ctx, value)
	if err != nil {
		return auth.Principal{}, err
	}
	if entry, err = v.Sessions.verifyNew(ctx, token, v.Sessions.Cookies, value); err != nil {
		return auth.Principal{}, err
	}
	if v.Sessions.Revoked.verdict(&entry) != nil {
		return auth.Principal{}, ErrRevoked
	}
	return entry.Principal, nil
}

// tokenOfCookie makes the access token for a cookie, and records that the session is used.
func (ss *Sessions) tokenOfCookie(ctx context.Context, value string) (string, error) {
	id, ok := ss.Keys.ReadCookie(value)
	if !ok {
		return "", fmt.Errorf("accounts: the cookie is not valid: %w", auth.ErrInvalid)
	}
	if used, err := data.TouchSession(ctx, ss.DB, id, ss.Alive(), ss.Now()); err != nil || !used {
		return "", fail.OrElse(err, ErrRevoked)
	}
	s, err := data.GetSession(ctx, ss.DB, id)
	if err != nil {
		return "", orRevoked(err)
	}
	u, err := data.GetUser(ctx, ss.DB, s.UserID)
	if err != nil {
		return "", orRevoked(err)
	}
	if ss.MayEnter(u) != nil {
		return "", ErrRevoked
	}
	g, err := data.RightsOf(ctx, ss.DB, u.ID)
	if err != nil {
		return "", err
	}
	token, _, err := ss.accessToken(ctx, u, g, s, ss.Now())
	return token, AsVerdict(err)
}

// orRevoked turns the error for a missing row into [ErrRevoked].
func orRevoked(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return ErrRevoked
	}
	return err
}
