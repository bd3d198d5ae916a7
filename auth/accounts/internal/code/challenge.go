package code

import (
	"context"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/store"
)

// Challenge asks a session for a factor. It returns the challenge's id.
func (cs *Codes) Challenge(ctx context.Context, s *data.Session, f *data.Factor, ceremony store.JSON) (id string, expires time.Time, err error) {
	now := cs.Now()
	n := Spec{Kind: data.CodeChallenge, User: &f.UserID, Long: NewChallengeID(), Life: data.ChallengeLife, Data: data.Challenge{Factor: f.ID, Session: s.ID, Ceremony: ceremony}}
	err = cs.DB.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		made, err := cs.MakeCode(ctx, tx, n)
		if err != nil {
			return err
		}
		id = made.Long
		return data.RecordChallenge(ctx, tx, f.ID, now)
	})
	return id, now.Add(data.ChallengeLife), err
}

// FindChallenge finds the challenge of a factor to a session and leaves it good.
func (cs *Codes) FindChallenge(ctx context.Context, s *data.Session, f *data.Factor, id string) (*data.Code, error) {
	c, err := cs.FindCode(ctx, cs.DB, data.CodeChallenge, id)
	if err != nil {
		return nil, err
	}
	_, err = c.Challenges(s, f)
	return c, err
}
