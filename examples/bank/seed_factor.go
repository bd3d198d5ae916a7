package main

import (
	"context"
	"net/http"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/totp"
)

// enroll sets up a second factor for a user of the seed and returns its key.
func (b *bank) enroll(ctx context.Context, email string) (key string, err error) {
	browser := browser{http.Header{}}
	ask := func(path string, in, out any) error {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, "/", http.NoBody)
		if err != nil {
			return err
		}
		if set := (&http.Response{Header: browser.header}).Cookies(); len(set) > 0 {
			r.AddCookie(set[len(set)-1]) // of the present session
		}
		return b.app.Accounts().Call(browser, r, http.MethodPost, path, in, out)
	}
	if err := ask("/token?grant_type=password", map[string]string{"email": email, "password": seedPassword}, nil); err != nil {
		return "", err
	}
	var factor struct {
		ID   string
		TOTP struct{ Secret string }
	}
	if err := ask("/factors", map[string]string{"friendly_name": "Phone", "factor_type": "totp", "issuer": "Amsel Bank"}, &factor); err != nil {
		return "", err
	}
	var challenge struct{ ID string }
	if err := ask("/factors/"+factor.ID+"/challenge", nil, &challenge); err != nil {
		return "", err
	}
	code, err := codeOf(factor.TOTP.Secret, time.Now().Add(-totp.Period)) // a code holds once, so the present one is left
	if err != nil {
		return "", err
	}
	if err := ask("/factors/"+factor.ID+"/verify", map[string]string{"challenge_id": challenge.ID, "code": code}, nil); err != nil {
		return "", err
	}
	return factor.TOTP.Secret, ask("/logout?scope=local", nil, nil)
}

// codeOf returns the code of an authenticator app at a time.
func codeOf(key string, at time.Time) (string, error) {
	secret, err := totp.DecodeSecret(key)
	if err != nil {
		return "", err
	}
	return totp.Code(secret, totp.Step(at)), nil
}

// browser keeps the cookie that the accounts set.
type browser struct{ header http.Header }

func (b browser) Header() http.Header       { return b.header }
func (browser) Write(p []byte) (int, error) { return len(p), nil }
func (browser) WriteHeader(int)             {}
