package accounts

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/store"
)

var (
	// errRevoked is the answer for a token whose session has ended.
	errRevoked = fmt.Errorf("accounts: the session has ended: %w", auth.ErrInvalid)

	// errOutdated is the answer for one that says what was true of its user before. Its
	// session may go on: clients refresh where a token has expired.
	errOutdated = fmt.Errorf("accounts: the user's rights have changed: %w", auth.ErrExpired)
)

// revocations are the sessions, users and roles whose access tokens hold no more
// although they have not expired. They are kept for as long as such a token can live.
// It is safe for concurrent use.
//
// Tokens say from which revision of the user and of each role they were made. A
// change of either that tokens must not outlive writes a revocation and takes its ID
// as the new revision, in one transaction: what was read before the change is older,
// however late it is signed and whatever the clocks say.
type revocations struct {
	mu       sync.RWMutex
	sessions map[string]mark
	users    map[string]mark
	roles    map[string]mark
	swept    time.Time // when those were last forgotten that no token can outlive

	caughtUp atomic.Bool // with what the table held before there was this instance
}

// mark is a revision before which tokens do not hold, and until when to remember it.
type mark struct {
	rev   int64
	until time.Time
}

func newRevocations() *revocations {
	return &revocations{sessions: make(map[string]mark), users: make(map[string]mark), roles: make(map[string]mark)}
}

// covers reports whether a token holds no more.
func (r *revocations) covers(t *verifiedToken) bool { return r.verdict(t) != nil }

// verdict returns why a token holds no more, nil if it does.
func (r *revocations) verdict(t *verifiedToken) error {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if _, ended := r.sessions[t.principal.Session]; ended {
		return errRevoked
	}
	if t.made.User < r.users[t.principal.ID].rev {
		return errOutdated
	}
	if len(r.roles) > 0 {
		for name, rev := range t.made.Roles {
			if rev < r.roles[name].rev {
				return errOutdated
			}
		}
	}
	return nil
}

// tokensOutlive is how long after a revocation there may be tokens that it is about:
// also those of instances with another AccessTTL, and of clocks that differ.
const tokensOutlive = maxAccessTTL + 2*time.Minute

// add takes note of a revocation, and now and then forgets those that no token can
// outlive.
func (r *revocations) add(v *revocation, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.Sub(r.swept).Abs() > time.Minute {
		r.swept = now
		for _, kind := range []map[string]mark{r.sessions, r.users, r.roles} {
			maps.DeleteFunc(kind, func(_ string, m mark) bool { return now.After(m.until) })
		}
	}
	m := mark{v.ID, v.At.Add(tokensOutlive)}
	switch {
	case v.SessionID != nil:
		r.sessions[v.SessionID.String()] = m
	case len(v.Sessions) > 0:
		for _, id := range v.Sessions {
			r.sessions[id] = m
		}
	case v.Role != nil:
		r.roles[*v.Role] = later(r.roles[*v.Role], m)
	default:
		id := v.UserID.String()
		r.users[id] = later(r.users[id], m)
	}
}

// later returns what is left of two revocations: they need not come in order.
func later(a, b mark) mark {
	if a.rev > b.rev {
		return a
	}
	return b
}

// revokeUser makes the access tokens of a user worthless, on every instance. Those
// made of what this transaction writes are good. u.Rev is written too.
func (a *Accounts) revokeUser(ctx context.Context, tx *store.Tx, u *user) error {
	told := &revocation{UserID: u.ID, At: a.now()}
	if err := a.revoke(ctx, tx, told); err != nil {
		return err
	}
	u.Rev = told.ID
	_, err := store.For[user](tx).PatchWhere(ctx, store.Eq("id", u.ID), store.SetTo("rev", u.Rev))
	return err
}

// revoke writes a revocation, which every instance will know.
func (a *Accounts) revoke(ctx context.Context, tx *store.Tx, told *revocation) error {
	if err := store.For[revocation](tx).Insert(ctx, told); err != nil {
		return err
	}
	tx.OnCommit(func(context.Context) { a.noted(told) }) // others learn it from the change log
	return nil
}

// noted is what add needs of a table's row, from wherever it comes.
func (a *Accounts) noted(v *revocation) { a.revoked.add(v, a.now()) }

// followRevocations takes note of the sessions that end on other instances.
func (a *Accounts) followRevocations(ctx context.Context) error {
	take := func(_ context.Context, _ *store.Tx, batch []store.Change) error {
		for _, c := range batch {
			if c.Op != store.OpInsert {
				continue
			}
			v, err := readRevocation(c.New)
			if err != nil {
				return err
			}
			a.noted(v)
		}
		return nil
	}
	// A reader without a name begins now. What was committed before stands in the
	// table, and what it misses too.
	log := a.db.Changes("", &store.ChangesOptions{
		Tables:   []string{a.db.Table((*revocation)(nil)).Name},
		OnResync: func(ctx context.Context, tx *store.Tx) error { return a.catchUp(ctx, tx) },
	})
	if _, err := log.Drain(ctx, take); err != nil {
		return err
	}
	if err := a.catchUp(ctx, a.db); err != nil {
		return err
	}
	return log.Run(ctx, take)
}

// catchUp takes note of the revocations that some token may still be concerned by.
func (a *Accounts) catchUp(ctx context.Context, s store.Session) error {
	q := store.Query{Where: store.Compare("at", store.OpGt, a.now().Add(-tokensOutlive))}
	for v, err := range store.For[revocation](s).Each(ctx, q) {
		if err != nil {
			return err
		}
		a.noted(v)
	}
	a.revoked.caughtUp.Store(true)
	return nil
}

// verdict reports by its error why a token holds no more. The first one waits for what
// was revoked before this instance has begun: a restart must not bring anything back.
func (a *Accounts) verdict(ctx context.Context, t *verifiedToken) error {
	if !a.revoked.caughtUp.Load() {
		if err := a.catchUp(ctx, a.db); err != nil {
			return err
		}
	}
	return a.revoked.verdict(t)
}

// readRevocation reads a row as the change log has it.
func readRevocation(raw []byte) (*revocation, error) {
	var row struct {
		ID        int64     `json:"id"`
		SessionID *store.ID `json:"session_id"`
		Sessions  []string  `json:"sessions"`
		UserID    store.ID  `json:"user_id"`
		Role      *string   `json:"role"`
		At        time.Time `json:"at"`
	}
	if err := json.Unmarshal(raw, &row); err != nil {
		return nil, fmt.Errorf("accounts: change log: %w", err)
	}
	return &revocation{ID: row.ID, SessionID: row.SessionID, Sessions: row.Sessions, UserID: row.UserID, Role: row.Role, At: row.At}, nil
}
