package accounts

import (
	"context"
	"errors"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// factor is a way of a user to show who they are beside what a session begins with:
// an authenticator app, a passkey or a phone.
type factor struct {
	bun.BaseModel `bun:"table:auth_factors"`
	store.Model
	store.Untracked

	UserID       store.ID   `bun:",notnull,unique:auth_factors_name"`
	Type         factorType `bun:",notnull"`
	FriendlyName string     `bun:",notnull,unique:auth_factors_name"`
	Status       string     `bun:",notnull"` // factorVerified, or not yet
	WaitsUntil   *time.Time // for its first use, before it makes way

	Sealed   []byte `bun:",nullzero" plinth:"secret"` // of an app: what it shares with us
	LastStep int64  `bun:",notnull"`                  // of an app: the step of the last code that was taken

	CredentialID []byte     `bun:",nullzero,unique"`     // of a passkey; unique over all users
	Credential   store.JSON `bun:",nullzero,type:jsonb"` // of a passkey, as Passkeys keeps it

	Phone *string // of a phone: canonical

	LastChallengedAt *time.Time
	LastUsedAt       *time.Time
}

// factorType is what a factor is, in the words of the wire.
type factorType string

const (
	factorTOTP     factorType = "totp"
	factorWebAuthn factorType = "webauthn"
	factorPhone    factorType = "phone"
)

const (
	factorUnverified = "unverified"
	factorVerified   = "verified"
)

const (
	// maxFactors is the number of factors of a user, verified or not.
	maxFactors = 10

	// unverifiedLife is how long a factor waits for its first use.
	unverifiedLife = 5 * time.Minute

	// maxFriendlyName is the length of the name of a factor, in characters.
	maxFriendlyName = 120
)

// factorsOf returns the factors of a user, oldest first.
func (a *Accounts) factorsOf(ctx context.Context, s store.Session, id store.ID) ([]*factor, error) {
	q := oldestFirst
	q.Where = store.Eq("user_id", id)
	return store.For[factor](s).List(ctx, q)
}

// factorOf returns one factor of a user.
func (a *Accounts) factorOf(ctx context.Context, s store.Session, id store.ID, text string) (*factor, error) {
	key, err := store.ParseID(text)
	if err != nil {
		return nil, &problem.Error{Code: problem.AuthMFAFactorNotFound}
	}
	f, err := store.For[factor](s).First(ctx, store.Query{Where: store.And(store.Eq("id", key), store.Eq("user_id", id))})
	if errors.Is(err, store.ErrNotFound) {
		return nil, &problem.Error{Code: problem.AuthMFAFactorNotFound}
	}
	return f, err
}

// verified counts the factors that a user can be asked for.
func verified(factors []*factor) (n int) {
	for _, f := range factors {
		if f.Status == factorVerified {
			n++
		}
	}
	return n
}

// checkFriendlyName refuses a name that a factor cannot have.
func checkFriendlyName(name string) error {
	if utf8.RuneCountInString(name) > maxFriendlyName {
		return failf(problem.AuthValidation, "friendly_name must be %d characters or less", maxFriendlyName)
	}
	return nil
}

// addFactor keeps a new factor of a user, within the limits. Those that were never
// used and are too old make way.
func (a *Accounts) addFactor(ctx context.Context, tx *store.Tx, f *factor) error {
	now := a.now()
	until := now.Add(unverifiedLife)
	f.Status, f.WaitsUntil = factorUnverified, &until
	stale := store.And(store.Eq("user_id", f.UserID), store.Compare("waits_until", store.OpLte, now))
	if _, err := store.For[factor](tx).DeleteWhere(ctx, stale); err != nil {
		return err
	}
	factors, err := a.factorsOf(ctx, tx, f.UserID)
	if err != nil {
		return err
	}
	if len(factors) >= maxFactors {
		return &problem.Error{Code: problem.AuthMFATooMany}
	}
	if err := freeFor(f, f.FriendlyName, factors); err != nil {
		return err
	}
	if err := store.For[factor](tx).Insert(ctx, f); err != nil {
		return err
	}
	return a.record(ctx, tx, &event{Kind: "factor_added", UserID: &f.UserID}, f.details())
}

// freeFor refuses a name for a factor that another one of its user has.
func freeFor(f *factor, name string, factors []*factor) error {
	for _, other := range factors {
		if other.ID != f.ID && other.FriendlyName == name {
			return failf(problem.AuthMFANameConflict, "A factor with the friendly name %q for this user already exists", name)
		}
	}
	return nil
}

// details are the details of a factor in the audit log.
func (f *factor) details() map[string]any {
	return map[string]any{"factor": f.ID, "type": f.Type}
}

// stepUp is a request to raise a session by a factor.
type stepUp struct {
	user    *user
	session *session
	level   int64   // of the request, see assurance
	factor  *factor // as it was before
}

// proved records that a factor was used, and raises the session. The first use verifies the
// factor: unverified ones of the same kind are deleted, and sessions at a lower level end.
func (a *Accounts) proved(ctx context.Context, tx *store.Tx, up *stepUp, how string) error {
	f, s := up.factor, up.session
	if err := a.raise(ctx, tx, s, how, &f.ID); err != nil {
		return err
	}
	if f.Status == factorVerified {
		return a.record(ctx, tx, &event{Kind: "factor_used", UserID: &f.UserID, SessionID: &s.ID}, f.details())
	}
	// One that was enrolled before there was another has waited too long.
	if err := a.mayAdd(ctx, tx, f, up.level); err != nil {
		return err
	}
	waiting := store.And(store.Eq("user_id", f.UserID), store.Eq("type", string(f.Type)), store.Eq("status", factorUnverified))
	if _, err := store.For[factor](tx).DeleteWhere(ctx, waiting); err != nil {
		return err
	}
	return a.added(ctx, tx, up.user, s, f)
}

// added records a new factor and notifies its user. It ends sessions at a lower level, except
// the one that has added the factor.
func (a *Accounts) added(ctx context.Context, tx *store.Tx, u *user, s *session, f *factor) error {
	less := store.And(store.Eq("user_id", u.ID), store.Compare("aal", store.OpLt, 2), store.Compare("id", store.OpNeq, s.ID))
	if err := a.endIn(ctx, tx, less, endedByFactor); err != nil {
		return err
	}
	if err := a.notice(ctx, tx, u, changeFactorAdded); err != nil {
		return err
	}
	return a.record(ctx, tx, &event{Kind: "factor_verified", UserID: &u.ID, SessionID: &s.ID}, f.details())
}

// mayAdd rejects a request below level 2 that makes a factor usable, if the user has another
// one. Otherwise the password alone would give the second factor.
func (a *Accounts) mayAdd(ctx context.Context, s store.Session, f *factor, level int64) error {
	if level > 1 {
		return nil
	}
	n, err := store.For[factor](s).Count(ctx, store.And(
		store.Eq("user_id", f.UserID), store.Eq("status", factorVerified), store.Compare("id", store.OpNeq, f.ID)))
	if err == nil && n > 0 {
		err = &problem.Error{Code: problem.AuthInsufficientAAL}
	}
	return err
}

// removeFactor removes a factor and notifies its user. Sessions that were begun or raised by it
// end, except keep, which returns to level 1. With the last factor recovery codes and level 2
// of every session are removed as well. Access tokens of keep are revoked, since they say level
// 2.
func (a *Accounts) removeFactor(ctx context.Context, tx *store.Tx, u *user, f *factor, keep *store.ID) error {
	if err := store.For[factor](tx).Delete(ctx, f.ID); err != nil {
		return err
	}
	if err := a.record(ctx, tx, &event{Kind: "factor_removed", UserID: &f.UserID, SessionID: keep}, f.details()); err != nil {
		return err
	}
	if f.Status != factorVerified {
		return nil
	}
	if err := a.notice(ctx, tx, u, changeFactorRemoved); err != nil {
		return err
	}
	left, err := a.factorsOf(ctx, tx, f.UserID)
	if err != nil {
		return err
	}
	by := store.Eq("factor_id", f.ID)
	if verified(left) == 0 {
		by = store.Or(by, store.Compare("aal", store.OpGt, 1))
		if err := a.deleteCodes(ctx, tx, f.UserID, codeRecovery); err != nil {
			return err
		}
	}
	by = store.And(store.Eq("user_id", f.UserID), by)
	if keep != nil {
		n, err := store.For[session](tx).PatchWhere(ctx, store.And(by, store.Eq("id", *keep)), store.SetTo("aal", 1), store.SetTo("factor_id", nil))
		if err != nil {
			return err
		}
		if n > 0 {
			if err := a.revokeUser(ctx, tx, u); err != nil {
				return err
			}
		}
	}
	return a.endIn(ctx, tx, by, endedByFactor)
}

// factorView is a factor as clients see it.
type factorView struct {
	ID               store.ID   `json:"id"`
	FriendlyName     string     `json:"friendly_name,omitempty"`
	FactorType       factorType `json:"factor_type"`
	Status           string     `json:"status"`
	Phone            string     `json:"phone,omitempty"`
	CreatedAt        time.Time  `json:"created_at"`
	UpdatedAt        time.Time  `json:"updated_at"`
	LastChallengedAt *time.Time `json:"last_challenged_at,omitempty"`
}

func viewFactor(f *factor) factorView {
	return factorView{
		ID: f.ID, FriendlyName: f.FriendlyName, FactorType: f.Type, Status: f.Status, Phone: deref(f.Phone),
		CreatedAt: f.CreatedAt, UpdatedAt: f.UpdatedAt, LastChallengedAt: f.LastChallengedAt,
	}
}

func viewFactors(factors []*factor) []factorView {
	out := make([]factorView, len(factors))
	for i, f := range factors {
		out[i] = viewFactor(f)
	}
	return out
}
