package accounts

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
)

// method is a method of authentication, as in the claim amr.
type method struct {
	Method    string `json:"method"`
	Timestamp int64  `json:"timestamp"`
	Provider  string `json:"provider,omitempty"`

	// Identity is the identity of a login at a provider. A session does not keep it.
	Identity store.ID `json:"identity,omitzero"`

	// aal is the level of a session that begins by it; 0 is 1. factor is the factor and
	// code the PKCE code by which it begins, if any.
	aal    int64
	factor *store.ID
	code   *store.ID
}

// device is where a request comes from.
type device struct {
	address, userAgent string
}

// event returns a line of the audit log about what is done from there.
func (d device) event(kind string, user *store.ID) *event {
	return &event{Kind: kind, UserID: user, Address: d.address, UserAgent: d.userAgent}
}

// maxUserAgent is how much of a User-Agent is kept, in bytes.
const maxUserAgent = 400

// issued is a session with the tokens a client gets for it.
type issued struct {
	user    *user
	has     details
	session *session
	access  string
	refresh string
	life    time.Duration // of the access token
	expires time.Time     // the same as an instant

	// recoveryCodes is how many are left, behind a login by one.
	recoveryCodes *int64

	result providerResult // what a login at a provider has given besides
}

// maxSessions bounds the sessions of a user, since a client with the password can log in any
// number of times. It leaves room for programs that log in instead of refreshing.
const maxSessions = 1000

// begin makes a session for an authenticated user. The transaction has locked the user. At
// maxSessions one ends: the least recently used one of the lowest level.
func (a *Accounts) begin(ctx context.Context, tx *store.Tx, u *user, how method, from device) (*session, error) {
	beyond, err := store.For[session](tx).List(ctx, store.Query{
		Select: []store.Selected{{Column: "id"}}, Where: store.And(store.Eq("user_id", u.ID), a.alive()),
		Order: []store.Order{{Column: "aal", Desc: true}, {Column: "refreshed_at", Desc: true}}, Offset: maxSessions - 1,
	})
	if err != nil {
		return nil, err
	}
	if len(beyond) > 0 {
		if err := a.endIn(ctx, tx, store.In("id", idsOf(beyond)), endedByLimit); err != nil {
			return nil, err
		}
	}
	now := a.now()
	how.Timestamp, how.Identity = now.Unix(), store.ID{}
	methods, err := store.JSONOf([]method{how})
	if err != nil {
		return nil, err
	}
	if how.code != nil {
		// A replay deletes the code. This statement and that one wait for each other, so
		// either the replay finds the session or the session is not made.
		n, err := store.For[code](tx).PatchWhere(ctx, store.Eq("id", *how.code), store.SetTo("used_at", now))
		if err != nil || n == 0 {
			return nil, orElse(err, errNoFlow)
		}
	}
	s := &session{
		UserID: u.ID, AAL: max(how.aal, 1), FactorID: how.factor, CodeID: how.code, Methods: methods, Counter: 1, RefreshedAt: now, ExpiresAt: now.Add(a.config.SessionLife),
		UserAgent: from.userAgent, Address: from.address, Network: from.network(),
	}
	if err := store.For[session](tx).Insert(ctx, s); err != nil {
		return nil, err
	}
	a.signedIn(tx, u, s, how)
	return s, nil
}

// issue makes the tokens of a session.
func (a *Accounts) issue(ctx context.Context, u *user, s *session) (*issued, error) {
	now := a.now()
	has, err := a.detailsOf(ctx, a.db, u.ID)
	if err != nil {
		return nil, err
	}
	access, life, err := a.accessToken(ctx, u, has.rights, s, now)
	if err != nil {
		return nil, err
	}
	return &issued{user: u, has: has, session: s, access: access, life: life, expires: now.Add(life), refresh: a.keys.refreshToken(s.ID, s.Counter)}, nil
}

// refresh exchanges a refresh token for the next pair of tokens.
func (a *Accounts) refresh(ctx context.Context, token string) (*issued, error) {
	id, counter, ok := a.keys.readRefresh(token)
	if !ok {
		return nil, errRefreshUnknown
	}
	sessions := store.For[session](a.db)
	for {
		good := store.And(store.Eq("id", id), a.alive(), store.Eq("counter", counter))
		found, err := sessions.List(ctx, store.Query{Where: good, Limit: store.Limit(1)})
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return a.refreshAgain(ctx, id, counter)
		}
		s := found[0]
		// The pair is made first: where that fails, the client comes again with the token it
		// has, and when it does is its own affair.
		out, err := a.renew(ctx, s, counter+1)
		if err != nil {
			return nil, err
		}
		n, err := sessions.PatchWhere(ctx, store.And(good, store.Eq("aal", s.AAL)), store.SetTo("counter", counter+1), store.SetTo("refreshed_at", a.now()))
		if err != nil || n == 1 {
			return out, err
		}
		// A concurrent request has refreshed, or the session has returned to level 1.
	}
}

// refreshAgain exchanges a refresh token that is not that of a session that lasts.
func (a *Accounts) refreshAgain(ctx context.Context, id store.ID, counter int64) (*issued, error) {
	s, err := store.For[session](a.db).Get(ctx, id)
	now := a.now()
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, errRefreshUnknown
	case err != nil:
		return nil, err
	case s.EndedAt != nil, s.Counter == counter:
		return nil, errSessionExpired
	case now.Sub(s.RefreshedAt) > a.config.RefreshGrace:
	case s.Counter == counter+1:
		return a.renew(ctx, s, counter+1)
	case s.AAL > 1 && s.Counter == counter+2:
		// One tab refreshes while another steps up, see raise. It gets nothing of that, and
		// has stolen nothing.
		return nil, errRefreshUsed
	}
	// An older token was stolen, or its successors were.
	return nil, orElse(a.end(ctx, store.Eq("id", id), endedByReuse), errRefreshUsed)
}

// alive selects the sessions that last.
func (a *Accounts) alive() store.Cond {
	now := a.now()
	return store.And(
		store.Null("ended_at"), store.Compare("expires_at", store.OpGt, now),
		store.Compare("refreshed_at", store.OpGt, now.Add(-a.config.SessionIdle)),
	)
}

// stillOpen finds a session that was not ended.
func (a *Accounts) stillOpen(ctx context.Context, in store.Session, id store.ID) (*session, error) {
	s, err := store.For[session](in).Get(ctx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && s.EndedAt != nil {
		return nil, errSessionUnknown
	}
	return s, err
}

// renew issues the tokens behind a refresh.
func (a *Accounts) renew(ctx context.Context, s *session, counter int64) (*issued, error) {
	u, err := store.For[user](a.db).Get(ctx, s.UserID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, errSessionUnknown
	}
	if err != nil {
		return nil, err
	}
	if err := a.mayEnter(u); err != nil {
		return nil, err
	}
	s.Counter = counter
	return a.issue(ctx, u, s)
}

// Reasons for the end of a session, besides the changes in notice.go.
const (
	endedBySignOut   = "sign-out"
	endedByReuse     = "reuse"
	endedByAdmin     = "admin"
	endedByBan       = "ban"
	endedByRemoval   = "removal"
	endedByOwner     = "owner" // of the address, see evict
	endedByFactor    = "factor"
	endedByRotation  = "rotation" // another has taken its place
	endedByUnlinking = "unlinking"
	endedByLimit     = "limit"  // see maxSessions
	endedByReplay    = "replay" // of the PKCE code it was made from
)

// end ends the sessions of a user that a condition selects, and with them their access tokens,
// on every instance.
func (a *Accounts) end(ctx context.Context, which store.Cond, why string) error {
	return a.db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error { return a.endIn(ctx, tx, which, why) })
}

// endIn is end in a transaction. The number of statements does not depend on the number of
// sessions.
func (a *Accounts) endIn(ctx context.Context, tx *store.Tx, which store.Cond, why string) error {
	now, open := a.now(), store.Null("ended_at")
	sessions := store.For[session](tx)
	ending, err := sessions.List(ctx, store.Query{Select: []store.Selected{{Column: "id"}, {Column: "user_id"}}, Where: store.And(which, open)})
	if err != nil || len(ending) == 0 {
		return err
	}
	ids := idsOf(ending)
	n, err := sessions.PatchWhere(ctx, store.And(store.In("id", ids), open), store.SetTo("ended_at", now), store.SetTo("ended_by", why))
	if err != nil || n == 0 {
		return err // a concurrent request has ended and recorded them
	}
	owner, details := ending[0].UserID, map[string]any{"by": why}
	entry, line := &revocation{UserID: owner, At: now}, &event{Kind: "session_ended", UserID: &owner}
	if len(ids) == 1 {
		entry.SessionID, line.SessionID = &ids[0], &ids[0]
	} else {
		for _, id := range ids {
			entry.Sessions = append(entry.Sessions, id.String())
		}
		details["sessions"] = n
	}
	if err := a.revoke(ctx, tx, entry); err != nil {
		return err
	}
	return a.record(ctx, tx, line, details)
}

func idsOf(sessions []*session) []store.ID {
	out := make([]store.ID, len(sessions))
	for i, s := range sessions {
		out[i] = s.ID
	}
	return out
}

// record writes a line of the audit log.
func (a *Accounts) record(ctx context.Context, tx *store.Tx, e *event, details map[string]any) error {
	e.ID, e.At, e.Details = store.NewID(), a.now(), "{}"
	if details != nil {
		raw, err := json.Marshal(details)
		if err != nil {
			return err
		}
		e.Details = store.JSON(raw)
	}
	return store.For[event](tx).Insert(ctx, e)
}
