package accounts_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

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

// TestRotateMasterKey: after the rotation an old master key opens nothing, and secrets that
// no key opens stay as they are.
func TestRotateMasterKey(t *testing.T) {
	const older, newer, strange = "0123456789abcdef0123456789abcdef", "another master key, 32 bytes long", "a third master key that is not told"
	engines(t, nil, func(t *testing.T, w *world) {
		in, p := w.withApp()
		const more = accounts.RotateBatch + 1 // factors of nobody in particular, for a second batch
		if err := w.a.AddFactors(t.Context(), w.id(w.claims(in.str("access_token"))["sub"].(string)), more); err != nil {
			t.Fatal(err)
		}
		both := w.withMasters(newer, older)
		mails := w.queued()
		if n, err := both.a.RotateMasterKey(t.Context()); err != nil || mails == 0 || n != 1+1+more+mails {
			t.Fatalf("%d sealed anew, %v; want the signing key, %d factors and %d mails", n, err, 1+more, mails)
		}
		if n, err := both.a.RotateMasterKey(t.Context()); err != nil || n != 0 {
			t.Errorf("%d again, %v", n, err)
		}

		after := w.withMasters(newer)
		if sent := after.mails(); len(sent) != mails {
			t.Errorf("%d mails are sent with the new key, want %d", len(sent), mails)
		}
		after.must(200, after.do("GET /user", in.str("access_token"), ""))
		token := after.login().str("access_token")
		if got := after.level(after.must(200, after.verify(token, p, p.code(after, 0))).str("access_token")); got != "aal2 totp password" {
			t.Errorf("the app of before: %s", got)
		}

		stranger := w.withMasters(strange)
		if n, err := stranger.a.RotateMasterKey(t.Context()); n != 0 || err == nil || !strings.Contains(err.Error(), "any of the MasterKeys") {
			t.Errorf("with a key that opens nothing: %d, %v", n, err)
		}
		if n, err := after.a.RotateMasterKey(t.Context()); err != nil || n != 0 {
			t.Errorf("afterwards %d, %v", n, err)
		}
		if n, err := w.withMasters(strange, newer).a.RotateMasterKey(canceled(t)); n != 0 || err == nil {
			t.Errorf("with a context that has ended: %d, %v", n, err)
		}
	})
}

func canceled(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

// TestMasterKeyChange: during a rotation two instances that differ by a step work together:
// each accepts what the other makes, all sessions stay, and no code is lost.
func TestMasterKeyChange(t *testing.T) {
	const older, newer = "0123456789abcdef0123456789abcdef", "another master key, 32 bytes long"
	engines(t, func(c *accounts.Config) { withSMS(c); withCookies(c) }, func(t *testing.T, w *world) {
		token := w.account("ann@example.org")
		phone := w.must(200, w.do("POST /factors", token, `{"factor_type":"phone","phone":"+4930123456"}`)).str("id")
		challenge, digits := w.challengePhone(token, phone, anna)
		token = w.must(200, w.answerPhone(token, phone, challenge, digits)).str("access_token")
		p := w.enroll(token, "app")
		session := w.must(200, w.verify(token, p, p.code(w, 0)))
		first := &browser{w: w}
		w.must(200, first.do(passwordLine, ann))
		w.mails() // notices

		newcomers := 0
		// flight is what is under way on one instance and ends on another.
		flight := func(made, used *world) {
			w.advance(2 * time.Minute) // mails and messages wait for each other, codes of an app do too
			session = w.must(200, used.do(refreshLine, "", refreshBody(session.str("refresh_token"))))
			w.must(200, made.do("GET /user", session.str("access_token"), ""))

			b := &browser{w: made}
			w.must(200, b.do(passwordLine, ann))
			b.w = used
			w.must(200, b.do("GET /user", ""))

			w.must(200, made.do("POST /recover", "", annMail))
			w.must(200, used.verifyDigits("recovery", made.mail(accounts.MailRecovery, "ann@example.org")))

			for _, verify := range []func(string, *received) *answer{used.verifyDigits, used.verifyHash} {
				newcomers++
				email := fmt.Sprintf("new%d@example.org", newcomers)
				w.must(200, made.do("POST /otp", "", fmt.Sprintf(`{"email":%q,"create_user":true}`, email)))
				w.must(200, verify("magiclink", made.mail(accounts.MailMagicLink, email)))
			}

			in := made.login().str("access_token")
			w.must(200, used.verify(in, p, p.code(used, 0)))
			challenge, digits := made.challengePhone(in, phone, anna)
			w.must(200, used.answerPhone(in, phone, challenge, digits))
		}
		step := func(one, other *world) {
			t.Helper()
			flight(one, other)
			flight(other, one)
		}
		old, before, after, done := w, w.withMasters(older, newer), w.withMasters(newer, older), w.withMasters(newer)
		step(old, before)
		step(before, after)
		if n, err := after.a.RotateMasterKey(t.Context()); err != nil || n == 0 {
			t.Fatalf("%d sealed anew, %v", n, err)
		}
		step(before, after) // one instance was forgotten
		step(after, after)
		first.w = after
		w.must(200, first.do("GET /user", ""))
		w.advance(24 * time.Hour)
		w.must(200, first.do("GET /user", ""))
		step(after, done)
		step(done, done)
		first.w = done // its cookie is as old as the old key, which is told
		if got := first.do("GET /user", ""); got.status == 200 || first.cookie != "" {
			t.Errorf("the cookie of before: %s", got.text)
		}
	})
}
