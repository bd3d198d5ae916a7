package accounts_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
)

// enter returns the session of a login with a password.
func (w *world) enter(email, password string) *answer {
	w.t.Helper()
	return w.do(passwordLine, "", fmt.Sprintf(`{"email":%q,"password":%q}`, email, password))
}

// goesOn reports whether a session goes on, by its access token.
func (w *world) goesOn(token string) bool {
	w.t.Helper()
	return w.do("GET /user", token, "").status == 200
}

func TestPutUser(t *testing.T) {
	engines(t, confirmed, func(t *testing.T, w *world) {
		token := w.account("ann@example.org")
		w.must(200, w.do("PUT /user", token, `{"data":{"name":"Ann","age":3,"locale":"de-AT"}}`))
		w.must(200, w.do("PUT /user", token, `{"data":{"age":null,"big":{"n":12345678901234567890}}}`))
		got := w.must(200, w.do("GET /user", token, ""))
		if !strings.Contains(got.text, `{"big":{"n":12345678901234567890},"name":"Ann","locale":"de-AT"}`) {
			t.Errorf("metadata %s", got.text)
		}
		w.refused(400, "validation_failed", w.do("PUT /user", token, `{"data":{"x":"`+strings.Repeat("x", 9000)+`"}}`))
		w.refused(400, "validation_failed", w.do("PUT /user", token, `{"data":[1]}`))
		w.refused(403, "not_admin", w.do("PUT /user", token, `{"app_metadata":{"role":"admin"}}`))
		w.refused(400, "phone_provider_disabled", w.do("PUT /user", token, `{"phone":"+491701234567"}`))
		w.refused(400, "validation_failed", w.do("PUT /user", token, `{"email":"no address"}`))
		w.refused(401, "no_authorization", w.do("PUT /user", "", `{"data":{}}`))
		w.must(200, w.do("PUT /user", token, `{"email":" Ann@Example.org"}`)) // their own
		if mails := w.mails(); len(mails) != 0 {
			t.Errorf("mails %v", mails)
		}
		w.must(200, w.do("PUT /user", token, `{"password":"another password"}`))
		if m := w.mail(accounts.MailNotice, "ann@example.org"); m.locale != "de-AT" || m.values["change"] != "password" {
			t.Errorf("%s %v", m.locale, m.values)
		}
	})
}

// TestA9PasswordChange is case A-9 for a change of the password: sessions and tokens from
// before end.
func TestA9PasswordChange(t *testing.T) {
	engines(t, confirmed, func(t *testing.T, w *world) {
		own := w.account("ann@example.org")
		others := []*answer{w.must(200, w.enter("ann@example.org", "a good password")), w.must(200, w.enter("ann@example.org", "a good password"))}
		w.must(200, w.do("POST /recover", "", annMail))
		reset := w.mail(accounts.MailRecovery, "ann@example.org")
		w.must(200, w.do("POST /otp", "", member(annMail, "code_challenge", challenge)))
		code := w.click(w.mail(accounts.MailMagicLink, "ann@example.org")).Query().Get("code")

		w.refused(422, "weak_password", w.do("PUT /user", own, `{"password":"short"}`))
		w.refused(422, "weak_password", w.do("PUT /user", own, `{"password":"ann@example.org"}`))
		w.refused(422, "same_password", w.do("PUT /user", own, `{"password":"a good password"}`))
		w.must(200, w.do("PUT /user", own, `{"password":"another password"}`))
		w.mail(accounts.MailNotice, "ann@example.org")

		if !w.goesOn(own) {
			t.Error("the session that made the change has ended")
		}
		for _, s := range others {
			if w.goesOn(s.str("access_token")) {
				t.Error("another session goes on")
			}
			if got := w.do(refreshLine, "", refreshBody(s.str("refresh_token"))); got.status != 400 {
				t.Errorf("its refresh token: %s", got.text)
			}
		}
		w.refused(403, "otp_expired", w.verifyHash("recovery", reset))
		w.refused(404, "flow_state_not_found", w.do("POST /token?grant_type=pkce", "", fmt.Sprintf(`{"auth_code":%q,"code_verifier":%q}`, code, verifier)))
		w.refused(400, "invalid_credentials", w.enter("ann@example.org", "a good password"))
		w.must(200, w.enter("ann@example.org", "another password"))
	})
}

// TestA9Recovery is case A-9 for a reset by mail: sessions and tokens from before end, and
// the link is valid once.
func TestA9Recovery(t *testing.T) {
	engines(t, confirmed, func(t *testing.T, w *world) {
		thief := []string{w.account("ann@example.org")}
		for range 2 {
			thief = append(thief, w.must(200, w.enter("ann@example.org", "a good password")).str("access_token"))
		}
		w.advance(26 * time.Hour)
		for i, in := range []*answer{w.enter("ann@example.org", "a good password"), w.enter("ann@example.org", "a good password")} {
			thief[i] = w.must(200, in).str("access_token")
		}
		w.must(200, w.do("POST /recover", "", annMail))
		m := w.mail(accounts.MailRecovery, "ann@example.org")
		at := w.click(m)
		if v := fragment(at); v.Get("type") != "recovery" || v.Get("access_token") == "" {
			t.Fatalf("arrived at %s", at)
		}
		own := fragment(at).Get("access_token")
		w.must(200, w.do("PUT /user", own, `{"password":"another password"}`))
		for _, token := range thief {
			if w.goesOn(token) {
				t.Error("a session of before goes on")
			}
		}
		if !w.goesOn(own) {
			t.Error("the session of who has reset the password has ended")
		}
		w.refused(403, "otp_expired", w.verifyHash("recovery", m))
		w.must(200, w.enter("ann@example.org", "another password"))
	})
}

// TestReauthentication: an old session changes the password only with the present password
// or a code from a mail, and each code is valid once.
func TestReauthentication(t *testing.T) {
	engines(t, func(c *accounts.Config) { confirmed(c); c.SessionIdle = 20 * 24 * time.Hour }, func(t *testing.T, w *world) {
		w.account("ann@example.org")
		in := w.must(200, w.enter("ann@example.org", "a good password"))
		w.advance(25 * time.Hour)
		token := w.must(200, w.do(refreshLine, "", refreshBody(in.str("refresh_token")))).str("access_token")
		w.refused(400, "reauthentication_needed", w.do("PUT /user", token, `{"password":"another password"}`))
		w.refused(400, "invalid_credentials", w.do("PUT /user", token, `{"password":"another password","current_password":"a bad password"}`))
		w.must(200, w.do("PUT /user", token, `{"password":"another password","current_password":"a good password"}`))
		w.mails()

		w.must(200, w.do("GET /reauthenticate", token, ""))
		m := w.mail(accounts.MailReauthentication, "ann@example.org")
		if m.values["link"] != "" || len(m.values["code"]) != 6 {
			t.Errorf("values %v", m.values)
		}
		wrong := "000000"
		if m.values["code"] == wrong {
			wrong = "000001"
		}
		w.refused(422, "reauthentication_not_valid", w.do("PUT /user", token, fmt.Sprintf(`{"password":"a third password","nonce":%q}`, wrong)))
		// The digits are no login.
		w.refused(403, "otp_expired", w.do("POST /verify", "", fmt.Sprintf(`{"type":"email","email":"ann@example.org","token":%q}`, m.values["code"])))
		w.must(200, w.do("PUT /user", token, fmt.Sprintf(`{"password":"a third password","nonce":%q}`, m.values["code"])))
		w.refused(422, "reauthentication_not_valid", w.do("PUT /user", token, fmt.Sprintf(`{"password":"a fourth password","nonce":%q}`, m.values["code"])))
		w.must(200, w.do("PUT /user", token, `{"data":{"x":1}}`)) // needs none
	})
}

func TestReauthenticateAlways(t *testing.T) {
	engines(t, func(c *accounts.Config) { confirmed(c); c.ReauthenticateAfter = -1; c.SingleEmailChange = true }, func(t *testing.T, w *world) {
		token := w.account("ann@example.org")
		w.refused(400, "reauthentication_needed", w.do("PUT /user", token, `{"password":"another password"}`))
		w.refused(400, "reauthentication_needed", w.do("PUT /user", token, `{"email":"bob@example.org"}`))
		w.must(200, w.do("PUT /user", token, `{"email":"bob@example.org","current_password":"a good password"}`))
	})
}

// TestReauthenticationAtProvider: a user of a provider without an e-mail address
// reauthenticates at the provider, as others do with their password.
func TestReauthenticationAtProvider(t *testing.T) {
	change := func(c *accounts.Config) { confirmed(c); c.SessionIdle = 20 * 24 * time.Hour }
	providers(t, change, func(t *testing.T, w *world, f fakes) {
		in := w.must(200, w.tab().session(f.other, "other"))
		if userOf(in)["email"] != "" {
			t.Fatalf("user %v", userOf(in))
		}
		w.must(200, w.do("PUT /user", in.str("access_token"), `{"email":"ada@example.org"}`))
		w.advance(25 * time.Hour)
		token := w.must(200, w.do(refreshLine, "", refreshBody(in.str("refresh_token")))).str("access_token")
		w.refused(400, "reauthentication_needed", w.do("PUT /user", token, `{"email":"evil@example.org"}`))
		again := w.must(200, w.tab().session(f.other, "other")).str("access_token")
		w.must(200, w.do("PUT /user", again, `{"email":"bob@example.org"}`))
	})
}
