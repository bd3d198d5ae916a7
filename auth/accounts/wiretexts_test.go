package accounts_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
)

// TestWireTexts: error texts that existing clients compare do not change.
func TestWireTexts(t *testing.T) {
	engines(t, func(c *accounts.Config) { withSecretKey(c); c.Passwords.Min = 6 }, func(t *testing.T, w *world) {
		in := w.must(200, w.do("POST /signup", "", ann)).str("access_token")
		p := w.enroll(in, "phone")
		for _, c := range []struct {
			status           int
			code, text, line string
			token, body      string
		}{
			{401, "no_authorization", "This endpoint requires a Bearer token", "GET /user", "", ""},
			{401, "no_authorization", "This endpoint requires a Bearer token", "POST /factors", "", `{"factor_type":"totp"}`},
			{401, "bad_jwt", "invalid JWT: unable to parse or verify signature", "POST /logout?scope=global", "this-is-a-bad-token", ""},
			{422, "mfa_verification_failed", "Invalid TOTP code entered", "totp", in, ""},
			{422, "weak_password", "Password should be at least 6 characters.", "POST /signup", "", `{"email":"bob@example.org","password":"123"}`},
			{404, "saml_provider_disabled", "SAML 2.0 is disabled", "POST /sso", "", `{"domain":"example.org"}`},
			{422, "web3_provider_disabled", "Web3 provider is disabled", "POST /token?grant_type=web3", "", `{"chain":"solana","message":"x","signature":"y"}`},
		} {
			got := (*answer)(nil)
			if c.line == "totp" {
				got = w.verify(in, p, "000000")
			} else {
				got = w.do(c.line, c.token, c.body)
			}
			if got.status != c.status || got.code() != c.code || got.str("msg") != c.text || got.str("message") != c.text {
				t.Errorf("%s: %d %s", c.line, got.status, got.text)
			}
		}
		w.advance(time.Hour) // the access token has expired
		if got := w.do("POST /logout", in, ""); got.code() != "bad_jwt" || !strings.HasPrefix(got.str("msg"), "invalid JWT: ") {
			t.Errorf("expired: %d %s", got.status, got.text)
		}
	})
}

// TestReauthenticateWithoutContact: a user without an e-mail address and a phone number cannot reauthenticate by a code.
func TestReauthenticateWithoutContact(t *testing.T) {
	engines(t, func(c *accounts.Config) { c.Anonymous = true }, func(t *testing.T, w *world) {
		guest := w.must(200, w.do("POST /signup", "", "{}"))
		got := w.do("GET /reauthenticate", guest.str("access_token"), "")
		if got.status != 400 || got.str("msg") != "Reauthentication requires the user to have an email or a phone number" {
			t.Errorf("%d %s", got.status, got.text)
		}
	})
}

// TestLinksBeginWithTheToken: the token is the first parameter of links in mails and of
// generated links.
func TestLinksBeginWithTheToken(t *testing.T) {
	engines(t, func(c *accounts.Config) { confirmed(c); withSecretKey(c) }, func(t *testing.T, w *world) {
		got := w.must(200, w.do("POST /admin/generate_link?redirect_to="+"https://example.test/in%26x", secretKey, `{"type":"magiclink","email":"bob@example.org"}`))
		w.must(200, w.do("POST /otp", "", annMail))
		for _, link := range []string{got.str("action_link"), w.mail(accounts.MailMagicLink, "ann@example.org").values["link"]} {
			if !regexp.MustCompile(`^https://example\.test/auth/v1/verify\?token=\w+&type=magiclink&redirect_to=https%3A%2F%2Fexample.test`).MatchString(link) {
				t.Errorf("link %s", link)
			}
		}
	})
}

// TestChallengeIDs: ids of challenges are UUIDs, which no challenge has twice.
func TestChallengeIDs(t *testing.T) {
	engines(t, withPasskeys, func(t *testing.T, w *world) {
		in := w.must(200, w.do("POST /signup", "", ann)).str("access_token")
		p := w.enroll(in, "phone")
		had := make(map[string]bool)
		for range 2 {
			for line, member := range map[string]string{
				"POST /passkeys/registration/options":   "challenge_id",
				"POST /passkeys/authentication/options": "challenge_id",
				"POST /factors/" + p.id + "/challenge":  "id",
			} {
				id := w.must(200, w.do(line, in, "{}")).str(member)
				if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(id) || had[id] {
					t.Errorf("%s: %s", line, id)
				}
				had[id] = true
			}
		}
		w.refused(400, "webauthn_challenge_not_found", w.do("POST /passkeys/authentication/verify", "",
			fmt.Sprintf(`{"challenge_id":%q,"credential":{}}`, "00000000-0000-4000-8000-000000000000")))
	})
}
