package accounts_test

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
)

// ofAnotherKey returns a token as if a key had signed it that nobody knows.
func ofAnotherKey(token string) string {
	_, rest, _ := strings.Cut(token, ".")
	return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"ES256","typ":"at+jwt","kid":"unknown"}`)) + "." + rest
}

// rename gives a table another name.
func (w *world) rename(table, name string) {
	w.t.Helper()
	if _, err := w.db.Bun().NewRaw("alter table " + table + " rename to " + name).Exec(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// TestKeysInTrouble: while signing keys cannot be read, known ones work for ten minutes,
// and unknown ones are an error of the server.
func TestKeysInTrouble(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		token := w.must(200, w.do("POST /signup", "", ann)).str("access_token")
		w.rename("auth_signing_keys", "elsewhere")
		w.a.ForgetVerified()
		w.advance(2 * time.Minute)
		w.must(200, w.do("GET /user", token, ""))
		if _, err := w.a.Verify(t.Context(), ofAnotherKey(token)); !errors.Is(err, auth.ErrUnavailable) {
			t.Errorf("of a key that may be there: %v", err)
		}
		w.advance(accounts.KeysInTrouble)
		if got := w.do("GET /.well-known/jwks.json", "", ""); got.status < 500 {
			t.Errorf("keys of long ago: %d %s", got.status, got.text)
		}
		w.rename("elsewhere", "auth_signing_keys")
		programtest.Until(t, 20*time.Second, "keys are read again", func() bool { return w.do("GET /.well-known/jwks.json", "", "").status == 200 })
		if _, err := w.a.Verify(t.Context(), ofAnotherKey(token)); !errors.Is(err, auth.ErrInvalid) {
			t.Errorf("of a key that is not there: %v", err)
		}
	})
}

// TestKeysAreReadByOne: one request reads the keys for all. Requests that know their key do
// not wait, and others stop waiting when they end.
func TestKeysAreReadByOne(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		token := w.must(200, w.do("POST /signup", "", ann)).str("access_token")
		w.a.ForgetVerified()
		w.advance(2 * time.Minute)
		release := w.a.HoldKeys()
		defer release()
		w.must(200, w.do("GET /user", token, ""))
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		if _, err := w.a.Verify(ctx, ofAnotherKey(token)); !errors.Is(err, auth.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("whoever waits: %v", err)
		}
	})
}

// TestKeysOutliveTheirReader: if the client of the request that reads keys goes away, other
// requests still get them.
func TestKeysOutliveTheirReader(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		token := w.must(200, w.do("POST /signup", "", ann)).str("access_token")
		gone, leave := context.WithCancel(t.Context())
		leave()
		for range 2 {
			w.advance(2 * time.Minute)
			w.a.ForgetVerified()
			if _, err := w.a.Verify(gone, ofAnotherKey(token)); err == nil {
				t.Error("a token of an unknown key holds")
			}
			if _, err := w.a.Verify(t.Context(), ofAnotherKey(token)); !errors.Is(err, auth.ErrInvalid) {
				t.Errorf("of others: %v", err)
			}
		}
	})
}
