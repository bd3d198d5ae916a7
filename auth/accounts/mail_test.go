package accounts_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
)

// TestOTP: a login by mail makes an account when its code comes back, and not before.
func TestOTP(t *testing.T) {
	engines(t, confirmed, func(t *testing.T, w *world) {
		count := func() (n int) {
			if err := w.db.Bun().NewRaw("select count(*) from auth_users").Scan(t.Context(), &n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		const body = `{"email":"Ann@example.org","data":{"name":"Ann"},"create_user":true}`
		if got := w.must(200, w.do("POST /otp", "", body)); got.text != "{}" {
			t.Errorf("answer %s", got.text)
		}
		if n := count(); n != 0 {
			t.Errorf("%d accounts of who has only asked", n)
		}
		w.refused(429, "over_email_send_rate_limit", w.do("POST /magiclink", "", annMail))
		in := w.must(200, w.verifyDigits("email", w.mail(accounts.MailMagicLink, "ann@example.org")))
		user := in.body["user"].(map[string]any)
		if user["email"] != "ann@example.org" || user["email_confirmed_at"] == nil || fmt.Sprint(user["user_metadata"]) != "map[name:Ann]" || len(user["identities"].([]any)) != 1 {
			t.Errorf("user %v", user)
		}
		w.advance(time.Minute)
		w.must(200, w.do("POST /magiclink", "", annMail))
		again := w.must(200, w.verifyHash("magiclink", w.mail(accounts.MailMagicLink, "ann@example.org")))
		if again.body["user"].(map[string]any)["id"] != user["id"] || count() != 1 {
			t.Errorf("another account: %s", again.text)
		}

		// A sign-up between the question and the answer: the reader of the mails has it.
		w.must(200, w.do("POST /otp", "", `{"email":"bob@example.org"}`))
		m := w.mail(accounts.MailMagicLink, "bob@example.org")
		w.must(200, w.do("POST /signup", "", `{"email":"bob@example.org","password":"the attacker's own"}`))
		w.must(200, w.verifyHash("magiclink", m))
		w.refused(400, "invalid_credentials", w.enter("bob@example.org", "the attacker's own"))
	})
}

// TestMailCap: an e-mail address gets a limited number of mails in an hour, of all kinds
// together, with and without an account.
func TestMailCap(t *testing.T) {
	capped := func(c *accounts.Config) {
		confirmed(c)
		c.MailInterval = -1
		c.Limits.Mails = accounts.Limit{Count: 4, Per: time.Hour}
	}
	engines(t, capped, func(t *testing.T, w *world) {
		w.account("ann@example.org") // one mail
		w.mails()
		w.must(200, w.do("POST /otp", "", `{"email":"bob@example.org"}`))
		for _, to := range []string{`{"email":"ann@example.org"}`, `{"email":"bob@example.org"}`} {
			w.must(200, w.do("POST /recover", "", to))
			w.must(200, w.do("POST /magiclink", "", to)) // at once: the interval is off
			w.must(200, w.do("POST /recover", "", to))
			for _, line := range []string{"POST /recover", "POST /magiclink", "POST /resend", "POST /signup"} {
				a := w.do(line, "", member(member(to, "type", "signup"), "password", "a good password"))
				w.refused(429, "over_email_send_rate_limit", a)
				if got := a.header.Get("Retry-After"); got != "3600" {
					t.Errorf("%s: Retry-After %q", line, got)
				}
			}
		}
		w.advance(time.Hour)
		w.must(200, w.do("POST /recover", "", annMail))
	})
}

// TestTokenRepeatedParameter: a parameter of the token endpoint that is repeated is refused (RFC 6749 section 3.2).
func TestTokenRepeatedParameter(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		w.must(200, w.do("POST /signup", "", ann))
		for _, query := range []string{"grant_type=password&grant_type=password", "grant_type=password&grant_type=pkce", "grant_type=password&x=1&x=2"} {
			w.refused(400, "validation_failed", w.do("POST /token?"+query, "", ann))
		}
		w.refused(400, "bad_json", w.do("POST /token?grant_type=password", "", `{"email":"ann@example.org",`+ann[1:]))
		w.must(200, w.do("POST /token?grant_type=password&x=1", "", ann))
	})
}

// TestOTPNotCreated: without permission to make an account no mail is sent, and the answer
// is the same.
func TestOTPNotCreated(t *testing.T) {
	engines(t, func(c *accounts.Config) { confirmed(c); c.DisableSignup = true }, func(t *testing.T, w *world) {
		w.must(200, w.do("POST /otp", "", annMail))
		w.must(200, w.do("POST /magiclink", "", `{"email":"bob@example.org"}`))
		w.must(200, w.do("POST /recover", "", annMail))
		w.must(200, w.do("POST /resend", "", member(annMail, "type", "signup")))
		if mails := w.mails(); len(mails) != 0 {
			t.Errorf("%d mails", len(mails))
		}
		w.refused(422, "signup_disabled", w.do("POST /signup", "", ann))
	})
}

func TestOTPOfUsersOnly(t *testing.T) {
	engines(t, confirmed, func(t *testing.T, w *world) {
		w.must(200, w.do("POST /otp", "", `{"email":"ann@example.org","create_user":false}`))
		if mails := w.mails(); len(mails) != 0 {
			t.Errorf("%d mails", len(mails))
		}
	})
}

// TestOTPAdmitted: BeforeSignUp runs, and the account gets what it sets.
func TestOTPAdmitted(t *testing.T) {
	engines(t, func(c *accounts.Config) {
		confirmed(c)
		c.BeforeSignUp = func(_ context.Context, s *accounts.SignUp) error {
			if strings.HasSuffix(s.Email, "@evil.test") {
				return accounts.Refuse("not you")
			}
			s.AppMetadata["plan"], s.UserMetadata["via"] = "free", s.Method
			return nil
		}
	}, func(t *testing.T, w *world) {
		w.refused(403, "refused_by_application", w.do("POST /otp", "", `{"email":"x@evil.test"}`))
		w.must(200, w.do("POST /otp", "", annMail))
		in := w.must(200, w.verifyHash("magiclink", w.mail(accounts.MailMagicLink, "ann@example.org")))
		if user := in.body["user"].(map[string]any); fmt.Sprint(user["app_metadata"]) != "map[plan:free provider:email providers:[email]]" || fmt.Sprint(user["user_metadata"]) != "map[via:otp]" {
			t.Errorf("user %v", user)
		}
		w.must(200, w.do("POST /signup", "", `{"email":"bob@example.org","password":"a good password"}`))
		in = w.must(200, w.verifyHash("signup", w.mail(accounts.MailConfirmation, "bob@example.org")))
		if user := in.body["user"].(map[string]any); fmt.Sprint(user["user_metadata"]) != "map[via:password]" {
			t.Errorf("user %v", user)
		}
	})
}

func TestMailsRefused(t *testing.T) {
	engines(t, confirmed, func(t *testing.T, w *world) {
		for _, path := range []string{"otp", "magiclink", "recover", "resend"} {
			for _, body := range []string{`{}`, `{"email":"no address"}`, `{"email":["x"]}`, `{"email":"ann@example.org\r\nBcc: x@example.org"}`} {
				w.refused(400, "validation_failed", w.do("POST /"+path, "", body))
			}
		}
		for _, body := range []string{annMail, member(annMail, "type", "sms"), member(annMail, "type", "x"), `{"email":"ann@example.org","create_user":"no"}`} {
			path := "resend"
			if strings.Contains(body, "create") {
				path = "otp"
			}
			w.refused(400, "validation_failed", w.do("POST /"+path, "", body))
		}
		w.refused(401, "no_authorization", w.do("GET /reauthenticate", "", ""))
	})
}

// TestWithoutMailer: requests that need a mail fail with the same error, with and without
// an account.
func TestWithoutMailer(t *testing.T) {
	engines(t, func(c *accounts.Config) { c.Mailer = nil; withSecretKey(c) }, func(t *testing.T, w *world) {
		token := w.must(200, w.do("POST /signup", "", ann)).str("access_token")
		for _, line := range []string{"POST /otp", "POST /recover", "POST /magiclink"} {
			for _, email := range []string{"ann", "bob"} {
				w.refused(422, "email_provider_disabled", w.do(line, "", fmt.Sprintf(`{"email":"%s@example.org"}`, email)))
			}
		}
		for _, what := range []string{"signup", "email_change"} {
			w.refused(422, "email_provider_disabled", w.do("POST /resend", "", member(annMail, "type", what)))
		}
		w.refused(422, "email_provider_disabled", w.do("GET /reauthenticate", token, ""))
		w.refused(422, "email_provider_disabled", w.do("POST /invite", secretKey, `{"email":"bob@example.org"}`))
		w.must(200, w.do("PUT /user", token, `{"password":"another password"}`))
		// Links can be had for mails of one's own.
		w.must(200, w.do("POST /admin/generate_link", secretKey, member(annMail, "type", "recovery")))

		w.cfg.Autoconfirm = false
		a, err := accounts.New(w.db, w.cfg)
		if err != nil {
			t.Fatal(err)
		}
		w.a = a
		w.refused(422, "email_provider_disabled", w.do("POST /signup", "", `{"email":"bob@example.org","password":"a good password"}`))
		w.refused(422, "email_provider_disabled", w.do("PUT /user", token, `{"email":"bob@example.org"}`))
	})
}

func TestLocale(t *testing.T) {
	engines(t, confirmed, func(t *testing.T, w *world) {
		for header, want := range map[string]string{
			"": "", "de": "de", "pt-BR,pt;q=0.9": "pt-BR", " fr ;q=1": "fr", "<script>": "", strings.Repeat("x", 100): "", "de\"; x=y": "",
		} {
			w.advance(time.Minute)
			r := w.request("POST /otp", "", annMail)
			r.Header.Set("Accept-Language", header)
			w.must(200, w.send(r))
			if m := w.mail(accounts.MailMagicLink, "ann@example.org"); m.locale != want {
				t.Errorf("%q: %q", header, m.locale)
			}
		}
	})
}

func TestInvite(t *testing.T) {
	engines(t, func(c *accounts.Config) { withRedirects(c); withSecretKey(c); c.DisableSignup = true }, func(t *testing.T, w *world) {
		w.refused(401, "no_authorization", w.do("POST /invite", "", annMail))
		got := w.must(200, w.do("POST /invite?redirect_to=https://exact.test/page", secretKey, strings.TrimSuffix(annMail, "}")+`,"data":{"team":"a"}}`))
		if got.str("invited_at") == "" || got.str("confirmation_sent_at") == "" || got.str("email_confirmed_at") != "" {
			t.Errorf("user %s", got.text)
		}
		first := w.mail(accounts.MailInvite, "ann@example.org")
		if first.values["code"] != "" || first.values["expires"] != "24h0m0s" {
			t.Errorf("values %v", first.values)
		}
		w.must(200, w.do("POST /invite?redirect_to=https://exact.test/page", secretKey, annMail)) // an admin may at once
		m := w.mail(accounts.MailInvite, "ann@example.org")
		w.refused(403, "otp_expired", w.verifyHash("invite", first))
		w.advance(23 * time.Hour)
		at := w.click(m)
		if !strings.HasPrefix(at.String(), "https://exact.test/page#") || fragment(at).Get("type") != "invite" {
			t.Errorf("arrived at %s", at)
		}
		token := fragment(at).Get("access_token")
		w.must(200, w.do("PUT /user", token, `{"password":"a good password"}`))
		w.must(200, w.enter("ann@example.org", "a good password"))
		w.refused(422, "email_exists", w.do("POST /invite", secretKey, annMail))
		w.refused(403, "not_admin", w.do("POST /invite", token, `{"email":"bob@example.org"}`))
		w.refused(403, "not_admin", w.do("POST /admin/generate_link", token, member(annMail, "type", "recovery")))
	})
}

func TestGenerateLink(t *testing.T) {
	engines(t, func(c *accounts.Config) { withRedirects(c); withSecretKey(c) }, func(t *testing.T, w *world) {
		link := func(body string) *answer {
			return w.do("POST /admin/generate_link?redirect_to=https://exact.test/page", secretKey, body)
		}
		// mailed makes a mail of an answer, as an application would.
		mailed := func(to string, a *answer) *received {
			w.must(200, a)
			if a.str("id") == "" || a.str("redirect_to") != "https://exact.test/page" || !strings.HasPrefix(a.str("action_link"), publicURL+"/verify?") {
				t.Errorf("answer %s", a.text)
			}
			m := &received{to: to, values: map[string]string{"link": a.str("action_link"), "code": a.str("email_otp")}}
			if m.token(w) != a.str("hashed_token") {
				t.Errorf("token %q, hashed %q", m.token(w), a.str("hashed_token"))
			}
			return m
		}
		up := mailed("ann@example.org", link(member(ann, "type", "signup")))
		w.must(200, w.verifyHash("signup", up))
		w.must(200, w.enter("ann@example.org", "a good password"))
		w.refused(422, "email_exists", link(member(ann, "type", "signup")))
		w.must(200, w.verifyDigits("recovery", mailed("ann@example.org", link(member(annMail, "type", "recovery")))))
		if at := w.click(mailed("ann@example.org", link(member(annMail, "type", "magiclink")))); at.Host != "exact.test" || fragment(at).Get("access_token") == "" {
			t.Errorf("arrived at %s", at)
		}
		w.must(200, w.verifyDigits("invite", mailed("cat@example.org", link(`{"type":"invite","email":"cat@example.org"}`))))
		w.must(200, w.verifyDigits("email", mailed("dan@example.org", link(`{"type":"magiclink","email":"dan@example.org"}`))))

		old := mailed("ann@example.org", link(`{"type":"email_change_current","email":"ann@example.org","new_email":"eve@example.org"}`))
		next := mailed("eve@example.org", link(`{"type":"email_change_new","email":"ann@example.org","new_email":"eve@example.org"}`))
		if half := w.must(200, w.verifyHash("email_change", old)); half.str("access_token") != "" {
			t.Error("one address was enough")
		}
		w.must(200, w.verifyDigits("email_change", next))
		w.must(200, w.enter("eve@example.org", "a good password"))
		w.mails()

		for _, body := range []string{
			annMail, member(annMail, "type", "x"), member(annMail, "type", "signup"), member(annMail, "type", "email_change_new"), `{"type":"recovery"}`,
		} {
			w.refused(400, "validation_failed", link(body))
		}
		w.refused(404, "user_not_found", link(`{"type":"recovery","email":"nobody@example.org"}`))
		w.refused(422, "weak_password", link(`{"type":"signup","email":"fay@example.org","password":"short"}`))
		w.refused(401, "no_authorization", w.do("POST /admin/generate_link", "", member(annMail, "type", "recovery")))
		if mails := w.mails(); len(mails) != 0 {
			t.Errorf("%d mails", len(mails))
		}
	})
}

// TestSecondFactorForChanges: a password or a link in a mail alone cannot change the
// password or the address of a user with a second factor.
func TestSecondFactorForChanges(t *testing.T) {
	engines(t, confirmed, func(t *testing.T, w *world) {
		full, _ := w.verifiedApp(w.account("ann@example.org"))
		w.mails()
		w.must(200, w.do("POST /recover", "", annMail))
		token := w.must(200, w.verifyHash("recovery", w.mail(accounts.MailRecovery, "ann@example.org"))).str("access_token")
		w.refused(401, "insufficient_aal", w.do("PUT /user", token, `{"password":"another password"}`))
		w.refused(401, "insufficient_aal", w.do("PUT /user", token, `{"password":"another password","current_password":"a good password"}`))
		w.refused(401, "insufficient_aal", w.do("PUT /user", token, `{"email":"bob@example.org"}`))
		w.must(200, w.do("PUT /user", token, `{"data":{"x":1}}`))
		w.must(200, w.do("PUT /user", full, `{"password":"another password"}`))
	})
}

// TestCookieOfVerify: verifying sets a cookie where the client asks for one, and a new
// password replaces it.
func TestCookieOfVerify(t *testing.T) {
	engines(t, func(c *accounts.Config) { confirmed(c); c.Cookies = true }, func(t *testing.T, w *world) {
		w.must(200, w.do("POST /signup", "", ann))
		m := w.mail(accounts.MailConfirmation, "ann@example.org")
		r := w.request("POST /verify", "", fmt.Sprintf(`{"type":"signup","token_hash":%q}`, m.token(w)))
		r.Header.Set("X-Plinth-Session", "cookie")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		in := w.must(200, w.send(r))
		if in.str("access_token") != "" || in.header.Get("Set-Cookie") == "" {
			t.Fatalf("answer %s", in.text)
		}
		change := func(cookie, body string) *answer {
			r := w.request("PUT /user", "", body)
			r.Header.Set("Cookie", cookie)
			r.Header.Set("Sec-Fetch-Site", "same-origin")
			return w.send(r)
		}
		had, _, _ := strings.Cut(in.header.Get("Set-Cookie"), ";")
		next, _, _ := strings.Cut(w.must(200, change(had, `{"password":"another password"}`)).header.Get("Set-Cookie"), ";")
		if next == "" || next == had {
			t.Errorf("the cookie stays %q", next)
		}
		w.must(200, change(next, `{"data":{"x":1}}`))
		if got := change(had, `{"data":{"x":2}}`); got.status != http.StatusUnauthorized && got.status != http.StatusForbidden {
			t.Errorf("the cookie of before: %d %s", got.status, got.text)
		}
	})
}
