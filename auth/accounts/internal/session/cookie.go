package session

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/store"
)

// CookieVerifier implements auth.Verifier for cookies. Behind each stands an access
// token that the client never sees: it says what a token of the session would say,
// for as long, and ends as those do.
type CookieVerifier struct{ Sessions *Sessions }

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
	alive := store.And(store.Eq("id", id), ss.Alive())
	n, err := store.For[data.Session](ss.DB).PatchWhere(ctx, alive, store.SetTo("refreshed_at", ss.Now()))
	if err != nil {
		return "", err
	}
	if n == 0 {
		return "", ErrRevoked
	}
	s, err := store.For[data.Session](ss.DB).Get(ctx, id)
	if err != nil {
		return "", gone(err)
	}
	u, err := store.For[data.User](ss.DB).Get(ctx, s.UserID)
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
