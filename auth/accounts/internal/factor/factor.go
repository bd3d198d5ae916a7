// Package factor adds, challenges and removes second factors and passkeys.
package factor

import (
	"context"
	"time"
	"unicode/utf8"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/code"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/outbox"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/seal"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

const (
	// MaxFactors is the number of factors of a user, verified or not.
	MaxFactors = 10

	// unverifiedLife is how long a factor waits for its first use.
	unverifiedLife = 5 * time.Minute

	// maxFriendlyName is the length of the name of a factor, in characters.
	maxFriendlyName = 120
)

// CheckFriendlyName refuses a name that a factor cannot have.
func CheckFriendlyName(name string) error {
	if utf8.RuneCountInString(name) > maxFriendlyName {
		return fail.New(problem.AuthValidation, "friendly_name must be %d characters or less", maxFriendlyName)
	}
	return nil
}

// AddFactor keeps a new factor of a user, within the limits. Those that were never
// used and are too old make way.
func (fs *Factors) AddFactor(ctx context.Context, tx *store.Tx, f *data.Factor) error {
	now := fs.Now()
	until := now.Add(unverifiedLife)
	f.Status, f.WaitsUntil = data.FactorUnverified, &until
	if err := data.DropStale(ctx, tx, f.UserID, now); err != nil {
		return err
	}
	factors, err := data.FactorsOf(ctx, tx, f.UserID)
	if err != nil {
		return err
	}
	if len(factors) >= MaxFactors {
		return &problem.Error{Code: problem.AuthMFATooMany}
	}
	if err := FreeFor(f, f.FriendlyName, factors); err != nil {
		return err
	}
	if err := data.Insert(ctx, tx, f); err != nil {
		return err
	}
	return fs.Sessions.Record(ctx, tx, &data.Event{Kind: "factor_added", UserID: &f.UserID}, f.Details())
}

// FreeFor refuses a name for a factor that another one of its user has.
func FreeFor(f *data.Factor, name string, factors []*data.Factor) error {
	for _, other := range factors {
		if other.ID != f.ID && other.FriendlyName == name {
			return fail.New(problem.AuthMFANameConflict, "A factor with the friendly name %q for this user already exists", name)
		}
	}
	return nil
}

// StepUp is a request to raise a session by a factor.
type StepUp struct {
	User    *data.User
	Session *data.Session
	Level   int64        // of the request: the lower one of token and session
	Factor  *data.Factor // as it was before
}

// proved records that a factor was used, and raises the session. The first use verifies the
// factor: unverified ones of the same kind are deleted, and sessions at a lower level end.
func (fs *Factors) proved(ctx context.Context, tx *store.Tx, up *StepUp, how string) error {
	f, s := up.Factor, up.Session
	if err := fs.Sessions.Raise(ctx, tx, s, how, &f.ID); err != nil {
		return err
	}
	if f.Status == data.FactorVerified {
		return fs.Sessions.Record(ctx, tx, &data.Event{Kind: "factor_used", UserID: &f.UserID, SessionID: &s.ID}, f.Details())
	}
	// One that was enrolled before there was another has waited too long.
	if err := MayAdd(ctx, tx, f, up.Level); err != nil {
		return err
	}
	if err := data.DropWaiting(ctx, tx, f.UserID, f.Type); err != nil {
		return err
	}
	return fs.Added(ctx, tx, up.User, s, f)
}

// Added records a new factor and notifies its user. It ends sessions at a lower level, except
// the one that has added the factor.
func (fs *Factors) Added(ctx context.Context, tx *store.Tx, u *data.User, s *data.Session, f *data.Factor) error {
	if err := fs.Sessions.EndIn(ctx, tx, data.LowerSessions(u.ID, s.ID), session.EndedByFactor); err != nil {
		return err
	}
	if err := fs.Outbox.Notice(ctx, tx, u, outbox.ChangeFactorAdded); err != nil {
		return err
	}
	return fs.Sessions.Record(ctx, tx, &data.Event{Kind: "factor_verified", UserID: &u.ID, SessionID: &s.ID}, f.Details())
}

// MayAdd rejects a request below level 2 that makes a factor usable, if the user has another
// one. Otherwise the password alone would give the second factor.
func MayAdd(ctx context.Context, s store.Session, f *data.Factor, level int64) error {
	if level > 1 {
		return nil
	}
	has, err := data.HasOther(ctx, s, f)
	if err == nil && has {
		err = &problem.Error{Code: problem.AuthInsufficientAAL}
	}
	return err
}

// RemoveFactor removes a factor and notifies its user. Sessions that were begun or raised by it
// end, except keep, which returns to level 1. With the last factor recovery codes and level 2
// of every session are removed as well. Access tokens of keep are revoked, since they say level
// 2.
func (fs *Factors) RemoveFactor(ctx context.Context, tx *store.Tx, u *data.User, f *data.Factor, keep *store.ID) error {
	if err := data.DeleteFactor(ctx, tx, f.ID); err != nil {
		return err
	}
	if err := fs.Sessions.Record(ctx, tx, &data.Event{Kind: "factor_removed", UserID: &f.UserID, SessionID: keep}, f.Details()); err != nil {
		return err
	}
	if f.Status != data.FactorVerified {
		return nil
	}
	if err := fs.Outbox.Notice(ctx, tx, u, outbox.ChangeFactorRemoved); err != nil {
		return err
	}
	left, err := data.FactorsOf(ctx, tx, f.UserID)
	if err != nil {
		return err
	}
	last := data.Verified(left) == 0
	if last {
		if err := data.DeleteCodes(ctx, tx, f.UserID, data.CodeRecovery); err != nil {
			return err
		}
	}
	by := data.SessionsByFactor(f.UserID, f.ID, last)
	if keep != nil {
		lowered, err := data.LowerSession(ctx, tx, *keep, by)
		if err != nil {
			return err
		}
		if lowered {
			if err := fs.Sessions.RevokeUser(ctx, tx, u); err != nil {
				return err
			}
		}
	}
	return fs.Sessions.EndIn(ctx, tx, by, session.EndedByFactor)
}

// Passkeys runs the ceremonies of passkeys, see accounts.Passkeys.
type Passkeys interface {
	BeginRegistration(handle []byte, name, session string, credentials [][]byte) (options, ceremony []byte, err error)
	FinishRegistration(ceremony, handle []byte, session string, response []byte) (id, credential []byte, err error)
	BeginLogin() (options, ceremony []byte, err error)
	FinishLogin(ctx context.Context, ceremony []byte, find func(ctx context.Context, id []byte) ([]byte, error), response []byte) (credential []byte, verified, regressed bool, err error)
	BeginStepUp(handle []byte, session string, credentials [][]byte) (options, ceremony []byte, err error)
	FinishStepUp(ctx context.Context, ceremony []byte, session string, find func(ctx context.Context, id []byte) ([]byte, error), response []byte) (credential []byte, verified, regressed bool, err error)
}

// Factors are the second factors of all users. Passkeys may be nil.
type Factors struct {
	DB       *store.DB
	Keys     *seal.Keyring
	Now      func() time.Time
	SiteURL  string
	Passkeys Passkeys
	Codes    *code.Codes
	Outbox   *outbox.Outbox
	Sessions *session.Sessions
}
