// Package session begins, refreshes and ends sessions, and issues and verifies their access
// tokens.
package session

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/seal"
	"github.com/seed-7694ebf6/plinth/auth/jwt"
	"github.com/seed-7694ebf6/plinth/auth/password"
	"github.com/seed-7694ebf6/plinth/store"
)

// Config is what Sessions need, see accounts.Config.
type Config struct {
	DB     *store.DB
	Keys   *seal.Keyring
	Hashes *password.Hasher
	Hooks  Hooks
	Now    func() time.Time
	Logger *slog.Logger

	PublicURL    string
	AccessTTL    time.Duration
	SessionLife  time.Duration
	SessionIdle  time.Duration
	RefreshGrace time.Duration
	Passwords    password.Policy
}

// Sessions are the sessions of all users. Make them with [New].
type Sessions struct {
	Config
	Signing  *SigningKeys
	Verifier *jwt.Verifier
	Revoked  *Revocations
	Verified *TokenCache
	Cookies  *TokenCache // the same by cookie
}

// New returns the sessions of a database. clock is the clock of cfg.Now, with a monotonic reading.
func New(cfg Config, clock func() time.Time) (*Sessions, error) {
	ss := &Sessions{Config: cfg, Revoked: newRevocations(), Verified: NewTokenCache(), Cookies: NewTokenCache()}
	ss.Signing = newSigningKeys(cfg.DB, cfg.Keys, cfg.AccessTTL, clock, cfg.Logger)
	var err error
	ss.Verifier, err = jwt.New(jwt.Config{Audience: data.Audience, Issuer: cfg.PublicURL, KeySource: ss.Signing, Now: clock})
	return ss, err
}

// Ready returns an error if the keys that sign tokens cannot be read and opened. It makes the
// first key.
func (ss *Sessions) Ready(ctx context.Context) error {
	_, err := ss.Signing.all(ctx, false)
	return err
}

// WhileOpen runs a change that a session asks for, in a transaction in which the session has
// not ended. The session may have been ended since it was read, to lock its client out. The
// change could let that client in again by a new factor or key.
func (ss *Sessions) WhileOpen(ctx context.Context, s *data.Session, change func(ctx context.Context, tx *store.Tx) error) error {
	return ss.DB.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := data.StillOpen(ctx, tx, s.ID); err != nil {
			return err
		}
		return change(ctx, tx)
	})
}

// Issued is a session with the tokens a client gets for it.
type Issued struct {
	User    *data.User
	Has     data.Details
	Session *data.Session
	Access  string
	Refresh string
	Life    time.Duration // of the access token
	Expires time.Time     // the same as an instant

	// RecoveryCodes is how many are left after a login by one.
	RecoveryCodes *int64

	Result data.ProviderResult // tokens of the provider, after a login at one
}

// MaxSessions bounds the sessions of a user, since a client with the password can log in any
// number of times. It leaves room for programs that log in instead of refreshing.
const MaxSessions = 1000

// begin makes a session for an authenticated user. The transaction has locked the user. At
// MaxSessions one ends: the least recently used one of the lowest level.
func (ss *Sessions) begin(ctx context.Context, tx *store.Tx, u *data.User, how data.Method, from data.Device) (*data.Session, error) {
	beyond, err := data.SessionsBeyond(ctx, tx, u.ID, ss.Alive(), MaxSessions-1)
	if err != nil {
		return nil, err
	}
	if len(beyond) > 0 {
		if err := ss.EndIn(ctx, tx, data.SessionsAmong(beyond), endedByLimit); err != nil {
			return nil, err
		}
	}
	now := ss.Now()
	how.Timestamp, how.Identity = now.Unix(), store.ID{}
	methods, err := store.JSONOf([]data.Method{how})
	if err != nil {
		return nil, err
	}
	if how.Code != nil {
		// A replay deletes the code. This statement and that one wait for each other, so
		// either the replay finds the session or the session is not made.
		if found, err := data.UseAgain(ctx, tx, *how.Code, now); err != nil || !found {
			return nil, fail.OrElse(err, fail.ErrNoFlow)
		}
	}
	s := &data.Session{
		UserID: u.ID, AAL: max(how.AAL, 1), FactorID: how.Factor, CodeID: how.Code, Methods: methods, Counter: 1, RefreshedAt: now, ExpiresAt: now.Add(ss.SessionLife),
		UserAgent: from.UserAgent, Address: from.Address, Network: from.Network(),
	}
	if err := data.Insert(ctx, tx, s); err != nil {
		return nil, err
	}
	ss.signedIn(tx, u, s, how)
	return s, nil
}

// Issue makes the tokens of a session.
func (ss *Sessions) Issue(ctx context.Context, u *data.User, s *data.Session) (*Issued, error) {
	now := ss.Now()
	has, err := data.DetailsOf(ctx, ss.DB, u.ID)
	if err != nil {
		return nil, err
	}
	access, life, err := ss.accessToken(ctx, u, has.Rights, s, now)
	if err != nil {
		return nil, err
	}
	return &Issued{User: u, Has: has, Session: s, Access: access, Life: life, Expires: now.Add(life), Refresh: ss.Keys.RefreshToken(s.ID, s.Counter)}, nil
}

// Refresh exchanges a refresh token for the next pair of tokens.
func (ss *Sessions) Refresh(ctx context.Context, token string) (*Issued, error) {
	id, counter, ok := ss.Keys.ReadRefresh(token)
	if !ok {
		return nil, fail.ErrRefreshUnknown
	}
	for {
		now := ss.Now()
		current := data.AtCounter(id, counter, now, now.Add(-ss.SessionIdle))
		s, err := data.FirstSession(ctx, ss.DB, current)
		if err != nil {
			return nil, err
		}
		if s == nil {
			return ss.refreshAgain(ctx, id, counter)
		}
		// Issue the pair first: if that fails, the client can send the same token again.
		out, err := ss.renew(ctx, s, counter+1)
		if err != nil {
			return nil, err
		}
		if counted, err := data.CountUp(ctx, ss.DB, current, s.AAL, counter+1, ss.Now()); err != nil || counted {
			return out, err
		}
		// A concurrent request has refreshed, or the session has returned to level 1.
	}
}

// refreshAgain answers a refresh token that is not the current one of an active session.
func (ss *Sessions) refreshAgain(ctx context.Context, id store.ID, counter int64) (*Issued, error) {
	s, err := data.GetSession(ctx, ss.DB, id)
	now := ss.Now()
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, fail.ErrRefreshUnknown
	case err != nil:
		return nil, err
	case s.EndedAt != nil, s.Counter == counter:
		return nil, fail.ErrSessionExpired
	case now.Sub(s.RefreshedAt) > ss.RefreshGrace:
	case s.Counter == counter+1:
		return ss.renew(ctx, s, counter+1)
	case s.AAL > 1 && s.Counter == counter+2:
		// One tab refreshes while another steps up, see Raise. The token was not stolen, but
		// it cannot return the tokens of level 2.
		return nil, fail.ErrRefreshUsed
	}
	// An older token was stolen, or its successors were.
	return nil, fail.OrElse(ss.End(ctx, data.OneSession(id), endedByReuse), fail.ErrRefreshUsed)
}

// Alive selects the active sessions: those that have not ended or expired.
func (ss *Sessions) Alive() store.Cond {
	now := ss.Now()
	return data.AliveSince(now, now.Add(-ss.SessionIdle))
}

// renew issues the tokens that follow a refresh.
func (ss *Sessions) renew(ctx context.Context, s *data.Session, counter int64) (*Issued, error) {
	u, err := data.GetUser(ctx, ss.DB, s.UserID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, fail.ErrSessionUnknown
	}
	if err != nil {
		return nil, err
	}
	if err := ss.MayEnter(u); err != nil {
		return nil, err
	}
	s.Counter = counter
	return ss.Issue(ctx, u, s)
}

// Reasons for the end of a session, besides the changes that the owner is notified of.
const (
	EndedBySignOut   = "sign-out"
	endedByReuse     = "reuse"
	EndedByAdmin     = "admin"
	EndedByBan       = "ban"
	EndedByRemoval   = "removal"
	EndedByOwner     = "owner" // the owner of the e-mail address has taken over the account
	EndedByFactor    = "factor"
	EndedByRotation  = "rotation" // another session replaces it
	EndedByUnlinking = "unlinking"
	endedByLimit     = "limit"  // see MaxSessions
	EndedByReplay    = "replay" // of the PKCE code it was made from
)

// End ends the sessions of a user that a condition selects, and with them their access tokens,
// on every instance.
func (ss *Sessions) End(ctx context.Context, which store.Cond, why string) error {
	return ss.DB.Tx(ctx, func(ctx context.Context, tx *store.Tx) error { return ss.EndIn(ctx, tx, which, why) })
}

// EndIn is [Sessions.End] in a transaction. The number of statements does not depend on the number of
// sessions.
func (ss *Sessions) EndIn(ctx context.Context, tx *store.Tx, which store.Cond, why string) error {
	now := ss.Now()
	ending, n, err := data.EndSessions(ctx, tx, which, why, now)
	if err != nil || n == 0 {
		return err // there are none, or a concurrent request has ended and recorded them
	}
	ids := data.IDsOf(ending)
	owner, details := ending[0].UserID, map[string]any{"by": why}
	entry, line := &data.Revocation{UserID: owner, At: now}, &data.Event{Kind: "session_ended", UserID: &owner}
	if len(ids) == 1 {
		entry.SessionID, line.SessionID = &ids[0], &ids[0]
	} else {
		for _, id := range ids {
			entry.Sessions = append(entry.Sessions, id.String())
		}
		details["sessions"] = n
	}
	if err := ss.Revoke(ctx, tx, entry); err != nil {
		return err
	}
	return ss.Record(ctx, tx, line, details)
}

// Record writes a line of the audit log.
func (ss *Sessions) Record(ctx context.Context, tx *store.Tx, e *data.Event, details map[string]any) error {
	e.ID, e.At, e.Details = store.NewID(), ss.Now(), "{}"
	if details != nil {
		raw, err := json.Marshal(details)
		if err != nil {
			return err
		}
		e.Details = store.JSON(raw)
	}
	return data.Insert(ctx, tx, e)
}

// EndReplayed ends the session for which a used code was exchanged (RFC 6749 section
// 4.1.2). It deletes the code, so a concurrent exchange makes no session.
func (ss *Sessions) EndReplayed(ctx context.Context, long string) error {
	return ss.DB.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		c, err := data.AnyCode(ctx, tx, data.CodeFlow, long)
		if err != nil || c == nil || c.UsedAt == nil { // without a use it has expired
			return err
		}
		if err := data.DeleteCode(ctx, tx, c.ID); err != nil {
			return err
		}
		return ss.EndIn(ctx, tx, data.SessionsByCode(*c.UserID, c.ID), EndedByReplay)
	})
}

// Methods of a second factor, as in the claim amr.
const (
	MethodTOTP     = "totp"
	MethodWebAuthn = "mfa/webauthn"
	MethodRecovery = "mfa/recovery_code"
)

// Raise brings a session to level 2 and rotates it. Its counter moves by two, so the refresh
// token of level 1 does not return the next one within the grace. Previous access tokens stay
// at level 1.
func (ss *Sessions) Raise(ctx context.Context, tx *store.Tx, s *data.Session, how string, by *store.ID) error {
	fresh, err := data.GetSession(ctx, tx, s.ID)
	if err != nil {
		return err
	}
	now := ss.Now()
	methods, err := fresh.WithMethod(data.Method{Method: how, Timestamp: now.Unix()})
	if err != nil {
		return err
	}
	raised := *s
	raised.AAL, raised.FactorID, raised.Methods, raised.Counter, raised.RefreshedAt = 2, by, methods, fresh.Counter+2, now
	if done, err := data.RaiseSession(ctx, tx, &raised, fresh.Counter); err != nil || !done {
		return fail.OrElse(err, fail.ErrSessionUnknown) // it has ended since it was read
	}
	*s = raised
	return nil
}
