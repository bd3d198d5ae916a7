package accounts

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/store"
)

// errRevoked is the answer for a token whose session has ended.
var errRevoked = fmt.Errorf("accounts: the session has ended: %w", auth.ErrInvalid)

// revocations are the sessions and users whose access tokens hold no more although
// they have not expired. They are kept for as long as such a token can live. It is
// safe for concurrent use.
type revocations struct {
	mu       sync.RWMutex
	sessions map[string]time.Time // until when to remember
	users    map[string]time.Time // tokens issued before do not hold
}

func newRevocations() *revocations {
	return &revocations{sessions: make(map[string]time.Time), users: make(map[string]time.Time)}
}

// covers reports whether a token holds no more.
func (r *revocations) covers(t *verifiedToken) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if _, ended := r.sessions[t.principal.Session]; ended {
		return true
	}
	before, ok := r.users[t.principal.ID]
	// iat has whole seconds: a token of the same second was issued after it only
	// if its session began after, and sessions of before are named themselves.
	return ok && t.issued.Before(before.Truncate(time.Second))
}

// add takes note of a revocation, and forgets those that no token can outlive.
func (r *revocations) add(v *revocation, now time.Time, ttl time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	keep := ttl + time.Minute // for clocks that differ
	for id, until := range r.sessions {
		if now.After(until) {
			delete(r.sessions, id)
		}
	}
	for id, at := range r.users {
		if now.After(at.Add(keep)) {
			delete(r.users, id)
		}
	}
	if v.SessionID != nil {
		r.sessions[v.SessionID.String()] = v.At.Add(keep)
		return
	}
	if at := r.users[v.UserID.String()]; v.At.After(at) {
		r.users[v.UserID.String()] = v.At
	}
}

// noted is what add needs of a table's row, from wherever it comes.
func (a *Accounts) noted(v *revocation) { a.revoked.add(v, a.now(), a.config.AccessTTL) }

// followRevocations takes note of the sessions that end on other instances.
func (a *Accounts) followRevocations(ctx context.Context) error {
	table := a.db.Table((*revocation)(nil)).Name
	take := func(_ context.Context, _ *store.Tx, batch []store.Change) error {
		for _, c := range batch {
			if c.Table != table || c.Op != store.OpInsert {
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
	log := a.db.Changes("", &store.ChangesOptions{OnResync: func(ctx context.Context, tx *store.Tx) error { return a.catchUp(ctx, tx) }})
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
	q := store.Query{Where: store.Compare("at", store.OpGt, a.now().Add(-a.config.AccessTTL-2*time.Minute))}
	for v, err := range store.For[revocation](s).Each(ctx, q) {
		if err != nil {
			return err
		}
		a.noted(v)
	}
	return nil
}

// readRevocation reads a row as the change log has it.
func readRevocation(raw []byte) (*revocation, error) {
	var row struct {
		SessionID *store.ID `json:"session_id"`
		UserID    store.ID  `json:"user_id"`
		At        time.Time `json:"at"`
	}
	if err := json.Unmarshal(raw, &row); err != nil {
		return nil, fmt.Errorf("accounts: change log: %w", err)
	}
	return &revocation{SessionID: row.SessionID, UserID: row.UserID, At: row.At}, nil
}
