package session

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/store"
)

// CookieVerifier implements auth.Verifier for cookies. Behind each stands an access
// token that the client never sees: it says what a token of the session would say,
// for as long, and ends as those do.
type CookieVerifier struct{ Sessions *Sessions }

// Verify implements auth.Verifier.
func (v CookieVerifier) Verify(ctx context.Context, value string) (auth.Principal, error) {
	entry, ok := v.Sessions.Cookies.Get(value, v.Sessions.Now())
	if ok {
		if err := v.Sessions.verdict(ctx, &entry); err == nil || !errors.Is(err, auth.ErrInvalid) {
			return entry.Principal, err
		}
	}
	// Where the user's rights have changed, the session goes on with those of now.
	token, err := v.Sessions.tokenOfCookie(ctx, value)
	if err != nil {
		return auth.Principal{}, err
	}
	if entry, err = v.Sessions.verifyNew(ctx, token, v.Sessions.Cookies, value); err != nil {
		return auth.Principal{}, err
	}
	if v.Sessions.Revoked.verdict(&entry) != nil {
		return auth.Principal{}, ErrRevoked
	}
	return entry.Principal, nil
}

// tokenOfCookie makes the access token for a cookie, and records that the session is used.
func (ss *Sessions) tokenOfCookie(ctx context.Context, value string) (string, error) {
	id, ok := ss.Keys.ReadCookie(value)
	if !ok {
		return "", fmt.Errorf("accounts: the cookie is not valid: %w", auth.ErrInvalid)
	}
	if used, err := data.TouchSession(ctx, ss.DB, id, ss.Alive(), ss.Now()); err != nil || !used {
		return "", fail.OrElse(err, ErrRevoked)
	}
	s, err := data.GetSession(ctx, ss.DB, id)
	if err != nil {
		return "", gone(err)
	}
	u, err := data.GetUser(ctx, ss.DB, s.UserID)
	if err != nil {
		return "", gone(err)
	}
	if ss.MayEnter(u) != nil {
		return "", ErrRevoked
	}
	g, err := data.RightsOf(ctx, ss.DB, u.ID)
	if err != nil {
		return "", err
	}
	token, _, err := ss.accessToken(ctx, u, g, s, ss.Now())
	return token, AsVerdict(err)
}

// gone makes a row that is no more the end of the session.
func gone(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return ErrRevoked
	}
	return err
}
