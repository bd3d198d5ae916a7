package accounts

import (
	"context"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
)

// codeChallenge asks a session for a factor. Its long form is the challenge's id on
// the wire. That of an authenticator app is spent by the code that is right, since
// people mistype, and that of a passkey by the first answer.
const codeChallenge codeKind = "factor_challenge"

// challengeLife is how long a challenge waits for its answer.
const challengeLife = 5 * time.Minute

// challenge is what a challenge is for.
type challenge struct {
	Factor   store.ID   `json:"factor"`
	Session  store.ID   `json:"session"`
	Ceremony store.JSON `json:"ceremony,omitempty"` // of a passkey
}

// challenge asks a session for a factor. It returns the challenge's id.
func (a *Accounts) challenge(ctx context.Context, s *session, f *factor, ceremony store.JSON) (id string, expires time.Time, err error) {
	now := a.now()
	n := newCode{kind: codeChallenge, user: &f.UserID, long: newChallengeID(), life: challengeLife, data: challenge{Factor: f.ID, Session: s.ID, Ceremony: ceremony}}
	err = a.db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		made, err := a.makeCode(ctx, tx, n)
		if err != nil {
			return err
		}
		id = made.long
		_, err = store.For[factor](tx).PatchWhere(ctx, store.Eq("id", f.ID), store.SetTo("last_challenged_at", now))
		return err
	})
	return id, now.Add(challengeLife), err
}

// findChallenge finds the challenge of a factor to a session and leaves it good.
func (a *Accounts) findChallenge(ctx context.Context, s *session, f *factor, id string) (*code, error) {
	c, err := a.findCode(ctx, a.db, codeChallenge, id)
	if err != nil {
		return nil, err
	}
	_, err = c.challenges(s, f)
	return c, err
}

// challenges returns what a challenge keeps where it is one of a factor to a session.
// Of a code that is nil it is none.
func (c *code) challenges(s *session, f *factor) (*challenge, error) {
	if c == nil {
		return nil, errChallengeExpired
	}
	var kept challenge
	if err := c.read(&kept); err != nil {
		return nil, err
	}
	if kept.Factor != f.ID || kept.Session != s.ID {
		return nil, errChallengeExpired
	}
	return &kept, nil
}
