package data

import (
	"context"
	"errors"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/store"
)

// BegunByMail selects the sessions that began with something that was mailed.
func BegunByMail() store.Cond {
	return store.In("methods", []string{"otp", "magiclink", "recovery", "invite", "email_change", "email/signup"}).
		At(store.Path{}.Item(0).Key("method").Text())
}

// StillOpen finds a session that was not ended.
func StillOpen(ctx context.Context, in store.Session, id store.ID) (*Session, error) {
	s, err := store.For[Session](in).Get(ctx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && s.EndedAt != nil {
		return nil, fail.ErrSessionUnknown
	}
	return s, err
}

func IDsOf(sessions []*Session) []store.ID {
	out := make([]store.ID, len(sessions))
	for i, s := range sessions {
		out[i] = s.ID
	}
	return out
}
