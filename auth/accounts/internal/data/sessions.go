package data

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/store"
)

// begunByMail selects the sessions that began with something that was mailed.
func begunByMail() store.Cond {
	return store.In("methods", []string{"otp", "magiclink", "recovery", "invite", "email_change", "email/signup"}).
		At(store.Path{}.Item(0).Key("method").Text())
}

// StillOpen finds a session that was not ended.
func StillOpen(ctx context.Context, in store.Session, id store.ID) (*Session, error) {
	s, err := GetSession(ctx, in, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && s.EndedAt != nil {
		return nil, fail.ErrSessionUnknown
	}
	return s, err
}

// IDsOf returns the ids of sessions.
func IDsOf(sessions []*Session) []store.ID {
	out := make([]store.ID, len(sessions))
	for i, s := range sessions {
		out[i] = s.ID
	}
	return out
}

// GetSession reads a session by its id, also an ended one.
func GetSession(ctx context.Context, s store.Session, id store.ID) (*Session, error) {
	return store.For[Session](s).Get(ctx, id)
}

// AliveSince selects the sessions that last: open ones that do not expire before now and were
// used since a time.
func AliveSince(now, used time.Time) store.Cond {
	return store.And(sessionEndedAt.Null(), sessionExpiresAt.Gt(now), sessionRefreshedAt.Gt(used))
}

// SessionsOf selects the sessions of a user.
func SessionsOf(user store.ID) store.Cond { return sessionUserID.Eq(user) }

// OneSession selects a session.
func OneSession(id store.ID) store.Cond { return sessionID.Eq(id) }

// SessionsAmong selects sessions by their ids.
func SessionsAmong(ids []store.ID) store.Cond { return sessionID.In(ids...) }

// OtherSessions selects the sessions of a user except one.
func OtherSessions(user, but store.ID) store.Cond {
	return store.And(sessionUserID.Eq(user), sessionID.Ne(but))
}

// LowerSessions selects the sessions of a user below level 2 except one.
func LowerSessions(user, but store.ID) store.Cond {
	return store.And(sessionUserID.Eq(user), sessionAAL.Lt(2), sessionID.Ne(but))
}

// OwnSession selects an open session of a user.
func OwnSession(user, id store.ID) store.Cond {
	return store.And(sessionID.Eq(id), sessionUserID.Eq(user), sessionEndedAt.Null())
}

// SessionsByCode selects the sessions of a user for which a PKCE code was exchanged.
func SessionsByCode(user, code store.ID) store.Cond {
	return store.And(sessionUserID.Eq(user), sessionCodeID.Eq(&code))
}

// SessionsByFactor selects the sessions of a user that were begun or raised by a factor, and with
// raised those that are above level 1 by any.
func SessionsByFactor(user, factor store.ID, raised bool) store.Cond {
	by := sessionFactorID.Eq(&factor)
	if raised {
		by = store.Or(by, sessionAAL.Gt(1))
	}
	return store.And(sessionUserID.Eq(user), by)
}

// CountSessions counts the sessions that a condition selects.
func CountSessions(ctx context.Context, s store.Session, which store.Cond) (int64, error) {
	return store.For[Session](s).Count(ctx, which)
}

// ListSessions reads the sessions of a user that a condition selects, the last used first.
func ListSessions(ctx context.Context, s store.Session, user store.ID, which store.Cond, most int) ([]*Session, error) {
	return store.For[Session](s).List(ctx, store.Query{
		Where: store.And(sessionUserID.Eq(user), which), Order: []store.Order{sessionRefreshedAt.Desc(), sessionID.Asc()}, Limit: &most,
	})
}

// OpenSessions reads the open sessions of a user except one.
func OpenSessions(ctx context.Context, s store.Session, user, but store.ID) ([]*Session, error) {
	return store.For[Session](s).List(ctx, store.Query{Where: store.And(sessionUserID.Eq(user), sessionEndedAt.Null(), sessionID.Ne(but))})
}

// SessionsBeyond returns the sessions of a user that a condition selects, without the best ones:
// those of the highest level that were used last.
func SessionsBeyond(ctx context.Context, s store.Session, user store.ID, which store.Cond, best int) ([]store.ID, error) {
	beyond, err := store.For[Session](s).List(ctx, store.Query{
		Select: []string{"id"}, Where: store.And(sessionUserID.Eq(user), which),
		Order: []store.Order{sessionAAL.Desc(), sessionRefreshedAt.Desc()}, Offset: best,
	})
	return IDsOf(beyond), err
}

// AtCounter selects a session with a counter that lasts, as AliveSince does.
func AtCounter(id store.ID, counter int64, now, used time.Time) store.Cond {
	return store.And(sessionID.Eq(id), sessionEndedAt.Null(), sessionExpiresAt.Gt(now), sessionRefreshedAt.Gt(used), sessionCounter.Eq(counter))
}

// FirstSession finds the session that a condition selects, nil without one.
func FirstSession(ctx context.Context, s store.Session, which store.Cond) (*Session, error) {
	return first[Session](ctx, s, which)
}

// CountUp moves the counter of a session that a condition selects to another, unless its level
// has changed.
func CountUp(ctx context.Context, s store.Session, which store.Cond, aal, counter int64, now time.Time) (bool, error) {
	n, err := store.For[Session](s).PatchWhere(ctx, store.And(which, sessionAAL.Eq(aal)), sessionCounter.To(counter), sessionRefreshedAt.To(now))
	return n == 1, err
}

// TouchSession records that a session is used, if a condition selects it.
func TouchSession(ctx context.Context, s store.Session, id store.ID, which store.Cond, now time.Time) (bool, error) {
	n, err := store.For[Session](s).PatchWhere(ctx, store.And(sessionID.Eq(id), which), sessionRefreshedAt.To(now))
	return n > 0, err
}

// RaiseSession writes level, factor, methods, counter and time of an open session, unless its
// counter is no longer seen.
func RaiseSession(ctx context.Context, tx *store.Tx, s *Session, seen int64) (bool, error) {
	n, err := store.For[Session](tx).PatchWhere(ctx, store.And(sessionID.Eq(s.ID), sessionEndedAt.Null(), sessionCounter.Eq(seen)),
		sessionAAL.To(s.AAL), sessionFactorID.To(s.FactorID), sessionMethods.To(s.Methods), sessionCounter.To(s.Counter), sessionRefreshedAt.To(s.RefreshedAt))
	return n == 1, err
}

// LowerSession returns a session that a condition selects to level 1.
func LowerSession(ctx context.Context, tx *store.Tx, id store.ID, which store.Cond) (bool, error) {
	n, err := store.For[Session](tx).PatchWhere(ctx, store.And(which, sessionID.Eq(id)), sessionAAL.To(1), sessionFactorID.To(nil))
	return n > 0, err
}

// EndSessions ends the open sessions that a condition selects. Of ended ones n is 0 if a
// concurrent request has ended them. The number of statements does not depend on theirs.
func EndSessions(ctx context.Context, tx *store.Tx, which store.Cond, why string, now time.Time) (ended []*Session, n int, err error) {
	rows, open := store.For[Session](tx), sessionEndedAt.Null()
	ended, err = rows.List(ctx, store.Query{Select: []string{"id", "user_id"}, Where: store.And(which, open)})
	if err != nil || len(ended) == 0 {
		return nil, 0, err
	}
	n, err = rows.PatchWhere(ctx, store.And(SessionsAmong(IDsOf(ended)), open), sessionEndedAt.To(&now), sessionEndedBy.To(&why))
	return ended, n, err
}

// SeenAt reports whether a user has had a session from a network since a time. With full it has
// to be of level 2, or begun by something that was mailed.
func SeenAt(ctx context.Context, s store.Session, user store.ID, network string, since time.Time, full bool) (bool, error) {
	here := store.And(
		sessionUserID.Eq(user), sessionNetwork.Eq(network), sessionAddress.Ne(""), // sessions without an IP address never match
		sessionRefreshedAt.Gt(since),
	)
	if full {
		here = store.And(here, store.Or(sessionAAL.Gt(1), begunByMail()))
	}
	n, err := CountSessions(ctx, s, here)
	return n > 0, err
}

// WithMethod returns the methods of a session and another, as the newest. Each stands
// there once, with the last time.
func (s *Session) WithMethod(how Method) (store.JSON, error) {
	list, err := s.shown()
	if err != nil {
		return "", err
	}
	list = slices.DeleteFunc(list, func(m Method) bool { return m.Method == how.Method })
	return store.JSONOf(append(list, how))
}

// shown returns how the user of a session has shown who they are, oldest first.
func (s *Session) shown() (list []Method, err error) {
	if err := s.Methods.Decode(&list); err != nil {
		return nil, fmt.Errorf("accounts: methods of session %s: %w", s.ID, err)
	}
	return list, nil
}

// ShownBy reports whether a session has been begun or raised by a method. One that
// cannot be read was by none, and has shown nothing.
func (s *Session) ShownBy(how string) bool {
	list, _ := s.shown()
	return slices.ContainsFunc(list, func(m Method) bool { return m.Method == how })
}

// ShownAt is when the user of a session has last shown who they are.
func (s *Session) ShownAt() time.Time {
	list, err := s.shown()
	if err != nil {
		return time.Time{}
	}
	var last int64
	for _, m := range list {
		last = max(last, m.Timestamp)
	}
	return time.Unix(last, 0)
}

// Method is a method of authentication, as in the claim amr.
type Method struct {
	Method    string `json:"method"`
	Timestamp int64  `json:"timestamp"`
	Provider  string `json:"provider,omitempty"`

	// Identity is the identity of a login at a provider. A session does not keep it.
	Identity store.ID `json:"identity,omitzero"`

	// aal is the level of a session that begins by it; 0 is 1. factor is the factor and
	// code the PKCE code by which it begins, if any.
	AAL    int64     `json:"-"`
	Factor *store.ID `json:"-"`
	Code   *store.ID `json:"-"`
}

// MethodPassword is a login by password, as in the claim amr.
const MethodPassword = "password"

// NewestFirst are the methods of a session in the order of amr on the wire.
func (s *Session) NewestFirst() []Method {
	list, err := s.shown()
	if err != nil || list == nil {
		return []Method{}
	}
	slices.Reverse(list)
	return list
}

// BegunAt reports whether a session was begun by an identity of a provider. Those that
// were begun with a password, by a mail or by a message are of the address and of the
// number.
func (s *Session) BegunAt(provider string) bool {
	methods, err := s.shown()
	if err != nil || len(methods) == 0 {
		return true // unknown, so it ends
	}
	if provider == "email" || provider == "phone" {
		return methods[0].Method != methodOAuth
	}
	return methods[0].Provider == provider
}
