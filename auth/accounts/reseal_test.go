package accounts_test

import (
	"context"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
)

// withMasters is an instance that has other master keys.
func (w *world) withMasters(keys ...string) *world {
	w.t.Helper()
	cfg := w.cfg
	cfg.MasterKeys = nil
	for _, key := range keys {
		cfg.MasterKeys = append(cfg.MasterKeys, []byte(key))
	}
	a, err := accounts.New(w.db, cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	return &world{t: w.t, db: w.db, a: a, cfg: cfg, now: w.now, mailbox: w.mailbox}
}

// TestReseal: an old master key is of no use any more once everything is sealed anew, and
// nothing is lost that none of the keys opens.
func TestReseal(t *testing.T) {
	const older, newer, strange = "0123456789abcdef0123456789abcdef", "another master key, 32 bytes long", "a third master key that is not told"
	engines(t, nil, func(t *testing.T, w *world) {
		in, p := w.withApp()
		const more = accounts.ResealBatch + 1 // factors of nobody in particular, for a second batch
		if err := w.a.AddFactors(t.Context(), w.id(w.claims(in.str("access_token"))["sub"].(string)), more); err != nil {
			t.Fatal(err)
		}
		both := w.withMasters(newer, older)
		if n, err := both.a.Reseal(t.Context()); err != nil || n != 1+1+more {
			t.Fatalf("%d sealed anew, %v; want the signing key and %d factors", n, err, 1+more)
		}
		if n, err := both.a.Reseal(t.Context()); err != nil || n != 0 {
			t.Errorf("%d again, %v", n, err)
		}

		after := w.withMasters(newer)
		after.must(200, after.do("GET /user", in.str("access_token"), ""))
		token := after.login().str("access_token")
		if got := after.level(after.must(200, after.verify(token, p, p.code(after, 0))).str("access_token")); got != "aal2 totp password" {
			t.Errorf("the app of before: %s", got)
		}

		stranger := w.withMasters(strange)
		if n, err := stranger.a.Reseal(t.Context()); n != 0 || err == nil || !strings.Contains(err.Error(), "none of the MasterKeys") {
			t.Errorf("with a key that opens nothing: %d, %v", n, err)
		}
		if n, err := after.a.Reseal(t.Context()); err != nil || n != 0 {
			t.Errorf("afterwards %d, %v", n, err)
		}
		if n, err := w.withMasters(strange, newer).a.Reseal(canceled(t)); n != 0 || err == nil {
			t.Errorf("with a context that has ended: %d, %v", n, err)
		}
	})
}

func canceled(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}
