package session

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/changelog"
)

var (
	// ErrRevoked is the error for a token of an ended session.
	ErrRevoked = fmt.Errorf("accounts: the session has ended: %w", auth.ErrInvalid)

	// errOutdated is the error for a token that was made before a change of its user. The
	// session may continue: clients refresh expired tokens.
	errOutdated = fmt.Errorf("accounts: the user's rights have changed: %w", auth.ErrExpired)
)

// Revocations are the revoked sessions, users and roles with access tokens that have not
// expired. They are kept for as long as such a token can live. It is safe for concurrent use.
//
// A token contains the revisions of the user and of each role from which it was made. A change
// that revokes tokens writes a revocation and takes its ID as the new revision, in one
// transaction. What was read before the change has an older revision, no matter when it is
// signed and what the clocks say.
type Revocations struct {
	mu       sync.RWMutex
	sessions map[string]mark
	users    map[string]mark
	roles    map[string]mark
	swept    time.Time // when expired revocations were last removed

	caughtUp atomic.Bool // the revocations from before the start are read
}

// mark is a revision before which tokens are revoked, and the time until which it is kept.
type mark struct {
	rev   int64
	until time.Time
}

func newRevocations() *Revocations {
	return &Revocations{sessions: make(map[string]mark), users: make(map[string]mark), roles: make(map[string]mark)}
}

// Covers reports whether a token is revoked.
func (r *Revocations) Covers(t *VerifiedToken) bool { return r.verdict(t) != nil }

// verdict returns why a token is revoked, nil if it is not.
func (r *Revocations) verdict(t *VerifiedToken) error {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if _, ended := r.sessions[t.Principal.Session]; ended {
		return ErrRevoked
	}
	if t.Made.User < r.users[t.Principal.ID].rev {
		return errOutdated
	}
	if len(r.roles) > 0 {
		for name, rev := range t.Made.Roles {
			if rev < r.roles[name].rev {
				return errOutdated
			}
		}
	}
	return nil
}

// tokensOutlive is how long after a revocation a revoked token may live. It allows for
// instances with another AccessTTL and for clocks that differ.
const tokensOutlive = MaxAccessTTL + 2*time.Minute

// Add adds a revocation. From time to time it removes the expired ones.
func (r *Revocations) Add(v *data.Revocation, now time.Time) {
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

// later returns the later revocation of two, because they may arrive in any order.
func later(a, b mark) mark {
	if a.rev > b.rev {
		return a
	}
	return b
}

// RevokeUser revokes the access tokens of a user on every instance. Tokens made from what
// this transaction writes are valid. It sets u.Rev.
func (ss *Sessions) RevokeUser(ctx context.Context, tx *store.Tx, u *data.User) error {
	entry := &data.Revocation{UserID: u.ID, At: ss.Now()}
	if err := ss.Revoke(ctx, tx, entry); err != nil {
		return err
	}
	u.Rev = entry.ID
	return data.WriteRev(ctx, tx, u)
}

// Revoke writes a revocation. Every instance reads it from the change log.
func (ss *Sessions) Revoke(ctx context.Context, tx *store.Tx, entry *data.Revocation) error {
	if err := data.Insert(ctx, tx, entry); err != nil {
		return err
	}
	tx.OnCommit(func(context.Context) { ss.applyRevocation(entry) }) // other instances read the change log
	return nil
}

// applyRevocation adds a revocation of this or of another instance.
func (ss *Sessions) applyRevocation(v *data.Revocation) { ss.Revoked.Add(v, ss.Now()) }

// FollowRevocations applies the revocations of other instances.
func (ss *Sessions) FollowRevocations(ctx context.Context) error {
	take := func(_ context.Context, _ *store.Tx, batch []changelog.Change) error {
		for _, c := range batch {
			if c.Op != store.OpInsert {
				continue
			}
			v, err := readRevocation(c.New)
			if err != nil {
				return err
			}
			ss.applyRevocation(v)
		}
		return nil
	}
	// A reader without a name begins now. Earlier revocations, and those it misses, are
	// read from the table.
	log := changelog.Open(ss.DB, "", &changelog.Options{
		Tables:   []string{ss.DB.Table((*data.Revocation)(nil)).Name},
		OnResync: func(ctx context.Context, tx *store.Tx) error { return ss.catchUp(ctx, tx) },
	})
	if _, err := log.Drain(ctx, take); err != nil {
		return err
	}
	if err := ss.catchUp(ctx, ss.DB); err != nil {
		return err
	}
	return log.Run(ctx, take)
}

// catchUp reads the revocations of tokens that may not have expired.
func (ss *Sessions) catchUp(ctx context.Context, s store.Session) error {
	for v, err := range data.RevocationsSince(ctx, s, ss.Now().Add(-tokensOutlive)) {
		if err != nil {
			return err
		}
		ss.applyRevocation(v)
	}
	ss.Revoked.caughtUp.Store(true)
	return nil
}

// verdict returns why a token is revoked, nil if it is not. The first call reads the
// revocations from before this instance was started.
func (ss *Sessions) verdict(ctx context.Context, t *VerifiedToken) error {
	if !ss.Revoked.caughtUp.Load() {
		if err := ss.catchUp(ctx, ss.DB); err != nil {
			return err
		}
	}
	return ss.Revoked.verdict(t)
}

// readRevocation reads a row as the change log has it.
func readRevocation(raw []byte) (*data.Revocation, error) {
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
	return &data.Revocation{ID: row.ID, SessionID: row.SessionID, Sessions: row.Sessions, UserID: row.UserID, Role: row.Role, At: row.At}, nil
}
