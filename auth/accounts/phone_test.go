package accounts_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
)

// withSMS makes accounts that mails and messages confirm; both arrive in the mailbox.
func withSMS(c *accounts.Config) {
	c.Autoconfirm = false
	c.SMS = c.Mailer.(*mailbox)
}

// SendSMS implements accounts.SMSSender.
func (b *mailbox) SendSMS(ctx context.Context, to, template, locale string, values map[string]string) error {
	return b.Send(ctx, to, "sms "+template, locale, values)
}

const (
	anna      = "+4930123456"
	annaPhone = `{"phone":"+4930123456"}`
	annaLogin = `{"phone":"+49 30 123-456","password":"a good password"}`
)

// sms sends what is queued, which has to be one message of a template to a number.
func (w *world) sms(template, to string) *received {
	w.t.Helper()
	return w.mail("sms "+template, to)
}

// verifySMS verifies by the digits of a message.
func (w *world) verifySMS(kind string, m *received) *answer {
	w.t.Helper()
	return w.do("POST /verify", "", fmt.Sprintf(`{"type":%q,"phone":%q,"token":%q}`, kind, m.to, m.values["code"]))
}

// phoneAccount makes an account with a number and returns its access token.
func (w *world) phoneAccount(phone string) string {
	w.t.Helper()
	w.must(200, w.do("POST /signup", "", fmt.Sprintf(`{"phone":%q,"password":"a good password"}`, phone)))
	return w.must(200, w.verifySMS("sms", w.sms(accounts.SMSConfirmation, phone))).str("access_token")
}

// TestPhoneSignUp: a code by message confirms the number, with which its user then logs in,
// in any spelling.
func TestPhoneSignUp(t *testing.T) {
	engines(t, withSMS, func(t *testing.T, w *world) {
		up := w.must(200, w.do("POST /signup", "", `{"phone":"+49 30 123456","password":"a good password","channel":"sms","data":{"name":"Anna","locale":"de-AT"}}`))
		if up.str("phone") != "4930123456" || up.str("email") != "" || up.str("access_token") != "" || up.body["confirmation_sent_at"] == nil || up.body["phone_confirmed_at"] != nil {
			t.Errorf("answer %s", up.text)
		}
		w.refused(400, "phone_not_confirmed", w.do(passwordLine, "", annaLogin))
		w.refused(400, "invalid_credentials", w.do(passwordLine, "", `{"phone":"4930123456","password":"not the password"}`))
		w.refused(400, "invalid_credentials", w.do(passwordLine, "", login("4930123456", "a good password"))) // a number is no address
		m := w.sms(accounts.SMSConfirmation, anna)
		if code := m.values["code"]; len(code) != 6 || m.values["expires"] != "10m0s" ||
			m.values["text"] != code+" confirms your new account at example.test. Tell nobody.\n\n@example.test #"+code {
			t.Errorf("values %q", m.values)
		}
		in := w.must(200, w.verifySMS("sms", m))
		user := userOf(in)
		if user["phone"] != "4930123456" || user["phone_confirmed_at"] == nil || user["id"] != up.str("id") || len(user["identities"].([]any)) != 1 ||
			fmt.Sprint(user["app_metadata"]) != "map[provider:phone providers:[phone]]" || !strings.Contains(in.text, `"name":"Anna"`) {
			t.Errorf("user %s", in.text)
		}
		if claims := w.claims(in.str("access_token")); !strings.Contains(fmt.Sprint(claims["amr"]), "method:otp") || claims["phone"] != "4930123456" {
			t.Errorf("claims %v", claims)
		}
		w.must(200, w.do(passwordLine, "", annaLogin))
		w.refused(403, "otp_expired", w.verifySMS("sms", m)) // good once
	})
}

// TestPhoneOTP: a login by message makes an account when the code comes back, and not
// before.
func TestPhoneOTP(t *testing.T) {
	engines(t, withSMS, func(t *testing.T, w *world) {
		asked := w.must(200, w.do("POST /otp", "", `{"phone":"+4930123456","channel":"sms","create_user":true,"data":{"name":"Anna"}}`))
		if len(asked.body) != 1 || len(asked.str("message_id")) != 36 {
			t.Errorf("answer %s", asked.text)
		}
		w.refused(429, "over_sms_send_rate_limit", w.do("POST /otp", "", annaPhone))
		w.refused(429, "over_sms_send_rate_limit", w.do("POST /signup", "", annaLogin)) // one turn for all kinds
		m := w.sms(accounts.SMSLogin, anna)
		for _, wrong := range []string{
			`{"type":"sms","phone":"+4930123457","token":"` + m.values["code"] + `"}`, `{"type":"sms","phone":"+4930123456","token":"12345"}`,
		} {
			w.refused(403, "otp_expired", w.do("POST /verify", "", wrong))
		}
		in := w.must(200, w.verifySMS("sms", m))
		if user := userOf(in); user["phone"] != "4930123456" || user["phone_confirmed_at"] == nil || fmt.Sprint(user["user_metadata"]) != "map[name:Anna]" {
			t.Errorf("user %v", user)
		}
		w.advance(time.Minute)
		w.must(200, w.do("POST /otp", "", `{"phone":"4930123456","create_user":false}`))
		again := w.must(200, w.verifySMS("sms", w.sms(accounts.SMSLogin, anna)))
		if userOf(again)["id"] != userOf(in)["id"] {
			t.Errorf("another account: %s", again.text)
		}
		w.advance(time.Minute)
		w.must(200, w.do("POST /otp", "", annaPhone))
		late := w.sms(accounts.SMSLogin, anna)
		w.advance(10*time.Minute + time.Second)
		w.refused(403, "otp_expired", w.verifySMS("sms", late))
		w.must(200, w.do("POST /otp", "", `{"phone":"+4930999999","create_user":false}`))
		if mails := w.mails(); len(mails) != 0 {
			t.Errorf("%d messages to nobody", len(mails))
		}
	})
}

// TestPhoneResend: the code of a sign-up can be sent again after a minute, and only the
// last one is valid. Confirmed numbers get none.
func TestPhoneResend(t *testing.T) {
	engines(t, withSMS, func(t *testing.T, w *world) {
		again := member(annaPhone, "type", "sms")
		w.must(200, w.do("POST /signup", "", annaLogin))
		w.refused(429, "over_sms_send_rate_limit", w.do("POST /resend", "", again))
		first := w.sms(accounts.SMSConfirmation, anna)
		w.advance(time.Minute)
		if got := w.must(200, w.do("POST /resend", "", again)); got.str("message_id") == "" {
			t.Errorf("answer %s", got.text)
		}
		second := w.sms(accounts.SMSConfirmation, anna)
		w.refused(403, "otp_expired", w.verifySMS("sms", first))
		w.must(200, w.verifySMS("sms", second))
		w.must(200, w.do(passwordLine, "", annaLogin))
		w.advance(time.Minute)
		w.must(200, w.do("POST /resend", "", again))
		if mails := w.mails(); len(mails) != 0 {
			t.Errorf("%d messages to who has confirmed", len(mails))
		}
	})
}

// TestPhoneRefused: invalid numbers, requests with a number and an address, and other
// channels are refused.
func TestPhoneRefused(t *testing.T) {
	engines(t, withSMS, func(t *testing.T, w *world) {
		for line, bodies := range map[string][]string{
			"POST /signup": {
				`{"phone":"0301234567","password":"a good password"}`, `{"phone":"+49","password":"a good password"}`, `{"phone":"+49 ( 0 )30 1234567","password":"a good password"}`, `{"phone":"+49301234567"}`,
				`{"phone":"+49301234567","email":"ann@example.org","password":"a good password"}`, `{"phone":"+49301234567","password":"a good password","channel":"whatsapp"}`,
			},
			"POST /otp":       {`{"phone":"x"}`, `{"phone":"+49301234567","channel":"whatsapp"}`, `{"phone":["+49301234567"]}`, `{"phone":"+49301234567","email":"ann@example.org"}`},
			"POST /recover":   {annaPhone},
			"POST /magiclink": {annaPhone},
			"POST /resend":    {annaPhone, member(annaPhone, "type", "signup"), member(annMail, "type", "sms"), member(annaPhone, "type", "email_change")},
			"POST /verify": {
				`{"type":"sms","email":"ann@example.org","token":"123456"}`, `{"type":"email","phone":"+4930123456","token":"123456"}`, `{"type":"sms","token":"123456"}`,
				`{"type":"sms","phone":"+4930123456"}`, `{"type":"sms","phone":"+4930123456","token_hash":"x"}`, `{"type":"sms","phone":"+4930123456","email":"ann@example.org","token":"123456"}`,
			},
			passwordLine: {`{"phone":"+49301234567","email":"ann@example.org","password":"x"}`, `{"phone":"x","password":"x"}`},
		} {
			for _, body := range bodies {
				if got := w.do(line, "", body); got.status != 400 || got.code() != "validation_failed" {
					t.Errorf("%s %s: %d %s", line, body, got.status, got.text)
				}
			}
		}
		if mails := w.mails(); len(mails) != 0 {
			t.Errorf("%d messages", len(mails))
		}
	})
}

// TestWithoutSMS: without a sender every login by number is refused, and the settings say
// so.
func TestWithoutSMS(t *testing.T) {
	engines(t, confirmed, func(t *testing.T, w *world) {
		for _, request := range [][2]string{
			{"POST /signup", annaLogin},
			{"POST /otp", annaPhone},
			{"POST /resend", member(annaPhone, "type", "sms")},
			{passwordLine, annaLogin},
			{"POST /verify", `{"type":"sms","phone":"+4930123456","token":"123456"}`},
		} {
			w.refused(400, "phone_provider_disabled", w.do(request[0], "", request[1]))
		}
		settings := w.must(200, w.do("GET /settings", "", "")).body
		if settings["external"].(map[string]any)["phone"] != false || settings["phone_autoconfirm"] != false {
			t.Errorf("settings %v", settings)
		}
	})
}

// TestPhoneSettings: with a sender the settings offer it.
func TestPhoneSettings(t *testing.T) {
	for _, auto := range []bool{false, true} {
		t.Run(fmt.Sprint(auto), func(t *testing.T) {
			engines(t, func(c *accounts.Config) { withSMS(c); c.Autoconfirm = auto }, func(t *testing.T, w *world) {
				settings := w.must(200, w.do("GET /settings", "", "")).body
				if settings["external"].(map[string]any)["phone"] != true || settings["phone_autoconfirm"] != auto {
					t.Errorf("settings %v", settings)
				}
				if !auto {
					return
				}
				w.must(200, w.do("GET /user", w.must(200, w.do("POST /signup", "", annaLogin)).str("access_token"), ""))
				w.refused(422, "user_already_exists", w.do("POST /signup", "", annaLogin))
			})
		})
	}
}

// TestPhoneTakeover: a sign-up with the number of another person loses the account when the
// owner of the number logs in, who can make one of their own.
func TestPhoneTakeover(t *testing.T) {
	const eve = `{"phone":"+4930123456","password":"the attacker's own","data":{"name":"Eve"}}`
	engines(t, func(c *accounts.Config) { withSMS(c); withSecretKey(c) }, func(t *testing.T, w *world) {
		w.must(200, w.do("POST /signup", "", eve))
		w.sms(accounts.SMSConfirmation, anna)
		w.advance(time.Minute)
		w.must(200, w.do("POST /otp", "", annaPhone))
		in := w.must(200, w.verifySMS("sms", w.sms(accounts.SMSLogin, anna)))
		if strings.Contains(in.text, `"Eve"`) {
			t.Errorf("the attacker has said who they are: %s", in.text)
		}
		w.refused(400, "invalid_credentials", w.do(passwordLine, "", eve))
		w.must(200, w.do("PUT /user", in.str("access_token"), `{"password":"a good password"}`))
		w.must(200, w.do(passwordLine, "", annaLogin))

		// A sign-up with a number that has an account lets its owner in, with what they have.
		w.advance(time.Minute)
		w.must(200, w.do("POST /signup", "", eve))
		m := w.sms(accounts.SMSLogin, anna)
		w.refused(400, "invalid_credentials", w.do(passwordLine, "", eve))
		if again := w.must(200, w.verifySMS("sms", m)); userOf(again)["id"] != userOf(in)["id"] || strings.Contains(again.text, "Eve") {
			t.Errorf("answer %s", again.text)
		}
		w.refused(400, "invalid_credentials", w.do(passwordLine, "", eve))

		// Two who disagree about the password have none, and who comes after the code is over begins anew.
		w.must(200, w.do("POST /signup", "", `{"phone":"+4930222222","password":"of the one"}`))
		w.sms(accounts.SMSConfirmation, "+4930222222")
		w.advance(time.Minute)
		w.must(200, w.do("POST /signup", "", `{"phone":"+4930222222","password":"of the other"}`))
		w.must(200, w.verifySMS("sms", w.sms(accounts.SMSConfirmation, "+4930222222")))
		for _, password := range []string{"of the one", "of the other"} {
			w.refused(400, "invalid_credentials", w.do(passwordLine, "", fmt.Sprintf(`{"phone":"+4930222222","password":%q}`, password)))
		}
		w.must(200, w.do("POST /signup", "", `{"phone":"+4930333333","password":"of the one"}`))
		w.sms(accounts.SMSConfirmation, "+4930333333")
		w.advance(11 * time.Minute)
		w.must(200, w.do("POST /signup", "", `{"phone":"+4930333333","password":"of the other"}`))
		w.must(200, w.verifySMS("sms", w.sms(accounts.SMSConfirmation, "+4930333333")))
		w.must(200, w.do(passwordLine, "", `{"phone":"+4930333333","password":"of the other"}`))
	})
}

// TestPhoneSignUpOfAnother: the code of a login does not confirm an earlier sign-up of a
// stranger with that number.
func TestPhoneSignUpOfAnother(t *testing.T) {
	engines(t, withSMS, func(t *testing.T, w *world) {
		w.must(200, w.do("POST /signup", "", `{"phone":"+4930123456","password":"the attacker's own"}`))
		theirs := w.sms(accounts.SMSConfirmation, anna)
		w.advance(time.Minute)
		w.must(200, w.do("POST /otp", "", annaPhone))
		own := w.sms(accounts.SMSLogin, anna)
		w.refused(403, "otp_expired", w.verifySMS("sms", theirs))
		w.must(200, w.verifySMS("sms", own))
		w.refused(400, "invalid_credentials", w.do(passwordLine, "", `{"phone":"+4930123456","password":"the attacker's own"}`))

		// Neither does a sign-up make the digits of a login worthless.
		w.must(200, w.do("POST /otp", "", `{"phone":"+4930654321"}`))
		own = w.sms(accounts.SMSLogin, bobs)
		w.advance(time.Minute)
		w.must(200, w.do("POST /signup", "", `{"phone":"+4930654321","password":"the attacker's own"}`))
		w.sms(accounts.SMSConfirmation, bobs)
		w.must(200, w.verifySMS("sms", own))
		w.refused(400, "invalid_credentials", w.do(passwordLine, "", `{"phone":"+4930654321","password":"the attacker's own"}`))
	})
}

// TestUnconfirmedContact: an unconfirmed number or address does not lead into an account
// that is known to belong to a person. A user who proves to own the contact gets an account
// of their own.
func TestUnconfirmedContact(t *testing.T) {
	engines(t, func(c *accounts.Config) { withSMS(c); withSecretKey(c) }, func(t *testing.T, w *world) {
		bob := w.must(200, w.do("POST /admin/users", secretKey, `{"email":"bob@example.org","email_confirm":true,"phone":"+4930123456","password":"a good password"}`))
		w.must(200, w.do("POST /otp", "", `{"phone":"+4930123456","create_user":false}`))
		if mails := w.mails(); len(mails) != 0 {
			t.Errorf("%d messages", len(mails))
		}
		w.advance(time.Minute)
		w.must(200, w.do("POST /signup", "", `{"phone":"+4930123456","password":"the attacker's own"}`))
		in := w.must(200, w.verifySMS("sms", w.sms(accounts.SMSLogin, anna)))
		if userOf(in)["id"] == bob.str("id") || userOf(in)["phone"] != "4930123456" {
			t.Errorf("user %s", in.text)
		}
		was := userOf(w.must(200, w.enter("bob@example.org", "a good password")))
		if was["phone"] != "" || len(was["identities"].([]any)) != 1 || fmt.Sprint(was["app_metadata"]) != "map[provider:email providers:[email]]" {
			t.Errorf("bob %v", was)
		}

		cat := w.must(200, w.do("POST /admin/users", secretKey, `{"phone":"+4930444444","phone_confirm":true,"email":"cat@example.org","password":"a good password"}`))
		w.must(200, w.do("POST /signup", "", login("cat@example.org", "the attacker's own")))
		w.mail(accounts.MailExisting, "cat@example.org")
		w.must(200, w.do(passwordLine, "", `{"phone":"+4930444444","password":"a good password"}`))
		w.refused(422, "email_exists", w.do("POST /admin/generate_link", secretKey, member(login("cat@example.org", "another password"), "type", "signup")))
		w.must(200, w.do("POST /otp", "", `{"email":"cat@example.org"}`))
		in = w.must(200, w.verifyHash("magiclink", w.mail(accounts.MailMagicLink, "cat@example.org")))
		if userOf(in)["id"] == cat.str("id") || userOf(in)["email"] != "cat@example.org" || userOf(in)["phone"] != "" {
			t.Errorf("user %s", in.text)
		}
		if was := userOf(w.must(200, w.do(passwordLine, "", `{"phone":"+4930444444","password":"a good password"}`))); was["id"] != cat.str("id") || was["email"] != "" {
			t.Errorf("cat %v", was)
		}
	})
}

// TestPhoneSignInOfLockedAccount: while an account is locked for unknown clients, its owner
// signs in with a code that the same client has requested. Requests of other clients do not
// prevent that. Each code allows five tries, and the tries of a day are limited. The answers
// are the same if there is no account.
func TestPhoneSignInOfLockedAccount(t *testing.T) {
	change := func(c *accounts.Config) {
		withSMS(c)
		c.Limits.Guesses, c.Limits.AccountGuesses = accounts.Limit{}, 20
	}
	engines(t, change, func(t *testing.T, w *world) {
		const road, thief = "198.51.100.7", "203.0.113.7"
		w.phoneAccount(anna)
		spread := 0
		storm := func(phone string) {
			for range 30 {
				spread++
				got := w.from(fmt.Sprintf("192.0.2.%d", 2+spread%200), passwordLine, "", fmt.Sprintf(`{"phone":%q,"password":"wrong"}`, phone))
				if w.limited(got) {
					return
				}
			}
			t.Error("the account stays open")
		}
		ask := func(from, phone string) *received {
			w.advance(time.Minute)
			w.must(200, w.from(from, "POST /otp", "", fmt.Sprintf(`{"phone":%q}`, phone)))
			return w.sms(accounts.SMSLogin, phone)
		}
		answer := func(from, phone, digits string) *answer {
			return w.from(from, "POST /verify", "", fmt.Sprintf(`{"type":"sms","phone":%q,"token":%q}`, phone, digits))
		}
		storm(anna)
		if !w.limited(w.from(road, passwordLine, "", annaLogin)) {
			t.Error("a stranger goes on with passwords")
		}
		if got := answer(road, anna, "000000"); !w.limited(got) {
			t.Errorf("digits that nobody has asked for there: %d %s", got.status, got.text)
		}
		m := ask(road, anna)
		for range 12 {
			if got := answer(thief, anna, "000000"); !w.limited(got) {
				t.Errorf("from elsewhere: %d %s", got.status, got.text)
			}
		}
		w.refused(403, "otp_expired", answer(road, anna, "000000"))
		w.must(200, answer(road, anna, m.values["code"]))
		w.must(200, w.from(road, passwordLine, "", annaLogin)) // and is known there

		for _, phone := range []string{anna, "+4930999999"} {
			storm(phone)
			guessed := 0
			for i := range 6 {
				from := fmt.Sprintf("203.0.113.%d", 50+i/2)
				m := ask(from, phone)
				for n := range 8 {
					digits := "000000"
					if n == 7 {
						digits = m.values["code"]
					}
					got := answer(from, phone, digits)
					switch {
					case got.code() == "otp_expired" && n < 5:
						guessed++
					case got.status != 429 || n < 5 && guessed < 20:
						t.Errorf("%s: message %d, try %d: %d %s", phone, i, n, got.status, got.text)
					}
				}
			}
			if guessed != 20 {
				t.Errorf("%s: %d guesses", phone, guessed)
			}
		}
		w.advance(25 * time.Hour)
		m = ask("198.51.100.8", anna)
		w.must(200, answer("198.51.100.8", anna, m.values["code"]))
	})
}

// TestPhoneSignUpOfMadeAccounts: a sign-up by number changes nothing in an account that an
// admin has made.
func TestPhoneSignUpOfMadeAccounts(t *testing.T) {
	engines(t, func(c *accounts.Config) { withSMS(c); withSecretKey(c) }, func(t *testing.T, w *world) {
		const made = `{"phone":"+4930123456","password":"a good password","user_metadata":{"team":"red"}}`
		w.must(200, w.do("POST /admin/users", secretKey, made))
		w.must(200, w.do("POST /signup", "", `{"phone":"+4930123456","password":"the attacker's own"}`))
		w.sms(accounts.SMSLogin, anna)
		w.refused(400, "invalid_credentials", w.do(passwordLine, "", `{"phone":"+4930123456","password":"the attacker's own"}`))
		w.refused(400, "phone_not_confirmed", w.do(passwordLine, "", annaLogin))
		w.advance(time.Minute)
		w.must(200, w.do("POST /resend", "", member(annaPhone, "type", "sms")))
		in := w.must(200, w.verifySMS("sms", w.sms(accounts.SMSConfirmation, anna)))
		if got := fmt.Sprint(userOf(in)["user_metadata"]); got != "map[team:red]" {
			t.Errorf("user_metadata %s", got)
		}
		w.must(200, w.do(passwordLine, "", annaLogin))
	})
}

// TestA1Phones is case A-1 for numbers: answers are the same, byte for byte, with and
// without an account, also when repeated at once.
func TestA1Phones(t *testing.T) {
	engines(t, func(c *accounts.Config) { withSMS(c); withSecretKey(c) }, func(t *testing.T, w *world) {
		numbers := map[string]string{"unknown": "+4930000000", "known": "+4930000001", "waits": "+4930000002", "banned": "+4930000003", "unconfirmed": "+4930000004"}
		w.phoneAccount(numbers["known"])
		w.phoneAccount(numbers["banned"])
		w.must(200, w.do("POST /signup", "", fmt.Sprintf(`{"phone":%q,"password":"a good password"}`, numbers["waits"])))
		w.must(200, w.do("POST /admin/users", secretKey, fmt.Sprintf(`{"email":"bob@example.org","email_confirm":true,"phone":%q}`, numbers["unconfirmed"])))
		if _, err := w.db.Bun().NewRaw("update auth_users set banned_until = ? where phone = '4930000003'",
			time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct{ line, body string }{
			{passwordLine, `{"phone":%q,"password":"a bad password"}`},
			{"POST /otp", `{"phone":%q}`},
			{"POST /otp", `{"phone":%q,"create_user":false}`},
			{"POST /resend", `{"type":"sms","phone":%q}`},
			{"POST /signup", `{"phone":%q,"password":"a third password","data":{"name":"x"}}`},
			{"POST /verify", `{"type":"sms","phone":%q,"token":"000000"}`},
		} {
			w.advance(2 * time.Minute)
			for range 2 {
				want := ""
				for _, who := range []string{"unknown", "known", "waits", "banned", "unconfirmed"} {
					got := w.do(c.line, "", fmt.Sprintf(c.body, numbers[who]))
					text := strings.ReplaceAll(sameFor(got, strings.TrimPrefix(numbers[who], "+")), got.str("message_id")+`"`, `…"`)
					text = fmt.Sprint(got.status, " ", headersFor(got, ""), " ", text)
					if who == "unknown" {
						want = text
					} else if text != want {
						t.Errorf("%s %s of one who is %s:\n%s\nunknown:\n%s", c.line, c.body, who, text, want)
					}
				}
			}
		}
	})
}

// TestSMSLimits: numbers, IP addresses and the application have budgets of messages.
// Messages that are not sent are not counted.
func TestSMSLimits(t *testing.T) {
	engines(t, func(c *accounts.Config) {
		withSMS(c)
		c.Limits.NumberSMS, c.Limits.AddressSMS, c.Limits.SMS = accounts.Limit{}, accounts.Limit{}, accounts.Limit{}
	}, func(t *testing.T, w *world) {
		asked := 0
		ask := func(from string, number int) *answer {
			asked++
			line, body := "POST /otp", fmt.Sprintf(`{"phone":"+4930%06d","create_user":%v}`, number, asked%2 == 0)
			if asked%5 == 0 {
				line, body = "POST /signup", fmt.Sprintf(`{"phone":"+4930%06d","password":"a good password"}`, number)
			}
			return w.from(from, line, "", body)
		}
		w.must(200, ask("192.0.2.1", 1))
		for range 20 { // within the minute
			w.refused(429, "over_sms_send_rate_limit", ask("192.0.2.1", 1))
		}
		for range 4 {
			w.advance(time.Minute)
			w.must(200, ask("192.0.2.1", 1))
		}
		w.advance(time.Minute)
		got := ask("192.0.2.2", 1)
		w.refused(429, "over_sms_send_rate_limit", got)
		if wait := got.header.Get("Retry-After"); wait != "3300" {
			t.Errorf("the number waits for %s s", wait)
		}
		for i := range 5 {
			w.must(200, ask("192.0.2.1", 10+i))
		}
		w.refused(429, "over_sms_send_rate_limit", ask("192.0.2.1", 20))
		for i := range 20 {
			w.must(200, ask(fmt.Sprintf("198.51.100.%d", i%2), 30+i))
		}
		w.refused(429, "over_sms_send_rate_limit", ask("203.0.113.1", 60))
		w.advance(time.Hour)
		w.must(200, ask("203.0.113.1", 60))
	})
}

// TestPhoneGuesses: codes and passwords count in one budget of the account, by number and
// by address.
func TestPhoneGuesses(t *testing.T) {
	engines(t, func(c *accounts.Config) { withSMS(c); withSecretKey(c); c.Limits.Guesses = accounts.Limit{} }, func(t *testing.T, w *world) {
		w.must(200, w.do("POST /admin/users", secretKey, `{"email":"ann@example.org","email_confirm":true,"phone":"+4930123456","phone_confirm":true,"password":"a good password"}`))
		for i := range 10 {
			request := [][2]string{
				{"POST /verify", `{"type":"sms","phone":"+4930123456","token":"000000"}`},
				{passwordLine, `{"phone":"+49 30 123456","password":"wrong"}`},
				{passwordLine, login("ann@example.org", "wrong")},
			}[i%3]
			if w.limited(w.do(request[0], "", request[1])) {
				t.Errorf("guess %d is refused", i)
			}
		}
		for _, request := range [][2]string{
			{"POST /verify", `{"type":"sms","phone":"+4930123456","token":"123456"}`}, {passwordLine, annaLogin}, {passwordLine, ann},
		} {
			w.refused(429, "over_request_rate_limit", w.do(request[0], "", request[1]))
		}
		w.must(200, w.from("203.0.113.7", passwordLine, "", annaLogin))
		// A number without an account has a budget as well, however it is spelled.
		refused := 0
		for i := range 12 {
			body := fmt.Sprintf(`{"phone":%q,"password":"wrong"}`, []string{"+4930555555", "4930555555", "+49 (30) 555-555"}[i%3])
			if w.limited(w.from("203.0.113.8", passwordLine, "", body)) {
				refused++
			}
		}
		if refused != 2 {
			t.Errorf("%d of 12 guesses refused", refused)
		}
	})
}
