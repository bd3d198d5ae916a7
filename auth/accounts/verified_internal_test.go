package accounts

import (
	"fmt"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/apikey"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
)

// TestA47Verified: of 30,000 tokens and 30,000 API keys a limited number is
// remembered, and an expired one is refused although it was remembered.
func TestA47Verified(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	v, r := session.NewTokenCache(), apikey.NewKeyCache()
	entry := session.VerifiedToken{Principal: auth.Principal{Kind: auth.User, Expires: now.Add(time.Minute)}}
	for i := range 30_000 {
		v.Put(fmt.Sprint("token ", i), entry, now)
		r.Put([32]byte{byte(i), byte(i >> 8)}, new(apikey.ReadKey))
		if n, m := len(v.Young)+len(v.Old), len(r.Keys); n > session.MaxVerified || m > apikey.MaxKeysRead {
			t.Fatalf("%d tokens and %d keys are remembered", n, m)
		}
	}
	if _, ok := v.Get("token 29999", now); !ok {
		t.Error("the last token is forgotten")
	}
	if _, ok := v.Get("token 29999", now.Add(time.Minute)); ok {
		t.Error("a token that has expired holds")
	}
}
