package accounts_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/auth/totp"
)

const bobs = "+4930654321"

// TestPhoneChange: a code to the new number completes the change. The session that
// requested it stays, others end, and the owner is notified by mail.
func TestPhoneChange(t *testing.T) {
	engines(t, withSMS, func(t *testing.T, w *world) {
		token := w.account("ann@example.org")
		other := w.must(200, w.enter("ann@example.org", "a good password")).str("access_token")
		got := w.must(200, w.do("PUT /user", token, `{"phone":"+49 30 123456"}`))
		if got.str("new_phone") != "4930123456" || got.str("phone") != "" || got.body["phone_change_sent_at"] == nil {
			t.Errorf("answer %s", got.text)
		}
		w.refused(429, "over_sms_send_rate_limit", w.do("PUT /user", token, annaPhone))
		m := w.sms(accounts.SMSPhoneChange, anna)
		w.refused(403, "otp_expired", w.verifySMS("sms", m)) // of another kind
		in := w.must(200, w.verifySMS("phone_change", m))
		if user := userOf(in); user["phone"] != "4930123456" || user["phone_confirmed_at"] == nil || user["new_phone"] != nil || len(user["identities"].([]any)) != 2 ||
			fmt.Sprint(user["app_metadata"]) != "map[provider:email providers:[email phone]]" {
			t.Errorf("user %v", user)
		}
		if told := w.mail(accounts.MailNotice, "ann@example.org"); told.values["change"] != "phone" {
			t.Errorf("notice %v", told.values)
		}
		if !w.goesOn(token) || w.goesOn(other) {
			t.Error("another session goes on, or the own one has ended")
		}
		w.must(200, w.do(passwordLine, "", annaLogin))
		w.must(200, w.do("PUT /user", token, annaPhone)) // their own
		if mails := w.mails(); len(mails) != 0 {
			t.Errorf("%d mails", len(mails))
		}

		// Only the last one counts.
		w.must(200, w.do("PUT /user", token, `{"phone":"+4930654321"}`))
		first := w.sms(accounts.SMSPhoneChange, bobs)
		w.must(200, w.do("PUT /user", token, `{"phone":"+4930777777"}`))
		w.refused(403, "otp_expired", w.verifySMS("phone_change", first))
		second := w.sms(accounts.SMSPhoneChange, "+4930777777")
		w.must(200, w.verifySMS("phone_change", second))
		w.refused(400, "invalid_credentials", w.do(passwordLine, "", annaLogin))
		w.must(200, w.do(passwordLine, "", `{"phone":"+4930777777","password":"a good password"}`))
	})
}

// TestPhoneChangeProven: an old session cannot change the number, nor can a session without
// the second factor that the user has.
func TestPhoneChangeProven(t *testing.T) {
	engines(t, withSMS, func(t *testing.T, w *world) {
		w.account("ann@example.org")
		token := w.oldSession("ann@example.org")
		w.refused(400, "reauthentication_needed", w.do("PUT /user", token, annaPhone))
		w.refused(400, "invalid_credentials", w.do("PUT /user", token, member(annaPhone, "current_password", "wrong")))
		w.must(200, w.do("PUT /user", token, member(annaPhone, "current_password", "a good password")))
		w.sms(accounts.SMSPhoneChange, anna)
		w.refused(400, "validation_failed", w.do("PUT /user", token, `{"phone":"x"}`))
		w.refused(400, "validation_failed", w.do("PUT /user", token, member(annaPhone, "channel", "whatsapp")))
		w.verifiedApp(w.must(200, w.enter("ann@example.org", "a good password")).str("access_token"))
		at1 := w.must(200, w.enter("ann@example.org", "a good password")).str("access_token")
		w.refused(401, "insufficient_aal", w.do("PUT /user", at1, `{"phone":"+4930654321"}`))
	})
}

// oldSession returns an access token of a session that was begun yesterday.
func (w *world) oldSession(email string) string {
	w.t.Helper()
	in := w.must(200, w.enter(email, "a good password"))
	w.advance(25 * time.Hour)
	return w.must(200, w.do(refreshLine, "", refreshBody(in.str("refresh_token")))).str("access_token")
}

// TestPhoneChangeTaken: a change to a number that another user has confirmed is answered
// like any other, sends no message and changes nothing. An unconfirmed number goes to the
// user who confirms it.
func TestPhoneChangeTaken(t *testing.T) {
	engines(t, withSMS, func(t *testing.T, w *world) {
		w.phoneAccount(anna)
		token := w.account("bob@example.org")
		w.advance(time.Minute)
		free := w.must(200, w.do("PUT /user", token, `{"phone":"+4930000000"}`))
		w.sms(accounts.SMSPhoneChange, "+4930000000")
		taken := w.must(200, w.do("PUT /user", token, annaPhone))
		if mails := w.mails(); len(mails) != 0 {
			t.Errorf("%d messages", len(mails))
		}
		if len(free.body) != len(taken.body) || taken.str("new_phone") != "4930123456" {
			t.Errorf("a free number:\n%s\na taken one:\n%s", free.text, taken.text)
		}

		w.must(200, w.do("POST /signup", "", `{"phone":"+4930654321","password":"of a squatter"}`))
		squatted := w.sms(accounts.SMSConfirmation, bobs)
		w.advance(time.Minute)
		w.must(200, w.do("PUT /user", token, `{"phone":"+4930654321"}`))
		w.must(200, w.verifySMS("phone_change", w.sms(accounts.SMSPhoneChange, bobs)))
		w.refused(403, "otp_expired", w.verifySMS("sms", squatted))
		w.refused(400, "invalid_credentials", w.do(passwordLine, "", `{"phone":"+4930654321","password":"of a squatter"}`))
		w.must(200, w.do(passwordLine, "", `{"phone":"+4930654321","password":"a good password"}`))
	})
}

// TestPhoneChangeResend: the code of a change is sent again to the new number, on a request
// for the old one or the new one.
func TestPhoneChangeResend(t *testing.T) {
	engines(t, withSMS, func(t *testing.T, w *world) {
		token := w.phoneAccount(anna)
		w.must(200, w.do("PUT /user", token, `{"phone":"+4930654321"}`))
		first := w.sms(accounts.SMSPhoneChange, bobs)
		for _, by := range []string{anna, bobs} {
			body := fmt.Sprintf(`{"type":"phone_change","phone":%q}`, by)
			w.refused(429, "over_sms_send_rate_limit", w.do("POST /resend", "", body))
			w.advance(time.Minute)
			if got := w.must(200, w.do("POST /resend", "", body)); got.str("message_id") == "" {
				t.Errorf("answer %s", got.text)
			}
			again := w.sms(accounts.SMSPhoneChange, bobs)
			w.refused(403, "otp_expired", w.verifySMS("phone_change", first))
			first = again
		}
		w.must(200, w.do("POST /resend", "", `{"type":"phone_change","phone":"+4930999999"}`))
		if mails := w.mails(); len(mails) != 0 {
			t.Errorf("%d messages", len(mails))
		}
		w.must(200, w.verifySMS("phone_change", first))
		if !w.goesOn(token) {
			t.Error("the session that has asked has ended")
		}
	})
}

// TestPhoneUpgrade: a guest becomes a user with the same id when a number is confirmed.
func TestPhoneUpgrade(t *testing.T) {
	engines(t, func(c *accounts.Config) { withSMS(c); c.Anonymous = true }, func(t *testing.T, w *world) {
		guest := w.must(200, w.do("POST /signup", "", "{}"))
		got := w.must(200, w.do("PUT /user", guest.str("access_token"), annaPhone))
		if got.body["is_anonymous"] != true {
			t.Errorf("an account already: %s", got.text)
		}
		in := w.must(200, w.verifySMS("phone_change", w.sms(accounts.SMSPhoneChange, anna)))
		user := userOf(in)
		if user["id"] != userOf(guest)["id"] || user["is_anonymous"] != false || user["phone"] != "4930123456" ||
			fmt.Sprint(user["app_metadata"]) != "map[provider:phone providers:[phone]]" {
			t.Errorf("user %v", user)
		}
		w.must(200, w.do("PUT /user", in.str("access_token"), `{"password":"a good password"}`))
		w.must(200, w.do(passwordLine, "", annaLogin))
	})
}

// TestPhoneReauthentication: a user without an address gets the code on the phone.
func TestPhoneReauthentication(t *testing.T) {
	engines(t, func(c *accounts.Config) { withSMS(c); c.Anonymous = true; c.ReauthenticateAfter = -1 }, func(t *testing.T, w *world) {
		token := w.phoneAccount(anna)
		w.refused(429, "over_sms_send_rate_limit", w.do("GET /reauthenticate", token, ""))
		w.advance(time.Minute)
		w.must(200, w.do("GET /reauthenticate", token, ""))
		m := w.sms(accounts.SMSReauthentication, anna)
		w.refused(422, "reauthentication_not_valid", w.do("PUT /user", token, `{"password":"another password","nonce":"000000"}`))
		w.must(200, w.do("PUT /user", token, fmt.Sprintf(`{"password":"another password","nonce":%q}`, m.values["code"])))
		w.must(200, w.do(passwordLine, "", `{"phone":"+4930123456","password":"another password"}`))
		w.refused(400, "validation_failed", w.do("GET /reauthenticate", w.must(200, w.do("POST /signup", "", "{}")).str("access_token"), ""))
	})
}

// TestPhoneChangeOfAnEndedSession: a change ends with the session that requested it.
// Otherwise a thief would come back by their own number.
func TestPhoneChangeOfAnEndedSession(t *testing.T) {
	engines(t, func(c *accounts.Config) { withSMS(c); withSecretKey(c) }, func(t *testing.T, w *world) {
		token := w.account("ann@example.org")
		id := userOf(w.must(200, w.enter("ann@example.org", "a good password")))["id"]
		for name, end := range map[string]func(){
			"by the user": func() { w.must(204, w.do("POST /logout?scope=global", token, "")) },
			"by others": func() {
				w.must(204, w.do("POST /logout?scope=others", w.must(200, w.enter("ann@example.org", "a good password")).str("access_token"), ""))
			},
			"by an admin":  func() { w.must(204, w.do(fmt.Sprintf("POST /admin/users/%s/logout", id), secretKey, "")) },
			"and long ago": func() { w.must(204, w.do("POST /logout?scope=global", token, "")); w.advance(9 * time.Minute) },
		} {
			w.advance(2 * time.Minute)
			token = w.must(200, w.enter("ann@example.org", "a good password")).str("access_token")
			w.must(200, w.do("PUT /user", token, annaPhone))
			m := w.sms(accounts.SMSPhoneChange, anna)
			end()
			w.refused(403, "otp_expired", w.verifySMS("phone_change", m))
			w.advance(2 * time.Minute)
			w.must(200, w.do("POST /resend", "", member(annaPhone, "type", "phone_change")))
			if mails := w.mails(); len(mails) != 0 {
				t.Errorf("%s: sent again", name)
			}
			if phone := userOf(w.must(200, w.enter("ann@example.org", "a good password")))["phone"]; phone != "" {
				t.Errorf("%s: the number is %v", name, phone)
			}
		}
	})
}

// TestChangeByCookie: a change that was requested by a cookie continues when the cookie
// rotates, and ends with the session.
func TestChangeByCookie(t *testing.T) {
	engines(t, func(c *accounts.Config) { withSMS(c); withCookies(c) }, func(t *testing.T, w *world) {
		w.account("ann@example.org")
		b, other := &browser{w: w}, &browser{w: w}
		w.must(200, b.do(passwordLine, ann))
		w.must(200, other.do(passwordLine, ann))
		stepUp := func() (factor string) {
			t.Helper()
			made := w.must(200, b.do("POST /factors", `{"factor_type":"totp","friendly_name":"app"}`))
			secret, err := totp.DecodeSecret(made.body["totp"].(map[string]any)["secret"].(string))
			if err != nil {
				t.Fatal(err)
			}
			p, old := &app{made.str("id"), secret}, b.cookie
			asked := w.must(200, b.do("POST /factors/"+p.id+"/challenge", "{}"))
			w.must(200, b.do("POST /factors/"+p.id+"/verify", fmt.Sprintf(`{"challenge_id":%q,"code":%q}`, asked.str("id"), p.code(w, 0))))
			w.mails() // of the factor
			if b.cookie == old {
				t.Fatal("the cookie is the same")
			}
			return p.id
		}

		// A password, which was asked for together.
		w.must(200, b.do("PUT /user", member(annaPhone, "password", "another good password")))
		w.must(200, w.verifySMS("phone_change", byAddress(w.mails())[anna]))
		w.must(200, b.do("GET /user", ""))
		w.refused(403, "session_not_found", other.do("GET /user", ""))

		// A second factor, after which it is sent again, and the end of that factor.
		w.must(200, b.do("PUT /user", `{"phone":"+4930654321"}`))
		factor := stepUp()
		w.advance(time.Minute)
		w.must(200, w.do("POST /resend", "", `{"type":"phone_change","phone":"+4930654321"}`))
		m := byAddress(w.mails())[bobs]
		w.must(200, b.do("DELETE /factors/"+factor, ""))
		if in := w.must(200, w.verifySMS("phone_change", m)); userOf(in)["phone"] != "4930654321" {
			t.Errorf("user %s", in.text)
		}
		w.must(200, b.do("GET /user", ""))
		w.mails()

		// One address of two has agreed.
		w.must(200, b.do("PUT /user", `{"email":"eve@example.org"}`))
		mails := byAddress(w.mails())
		w.must(200, w.verifyHash("email_change", mails["ann@example.org"]))
		factor = stepUp()
		w.advance(time.Minute)
		w.must(200, w.do("POST /resend", "", member(annMail, "type", "email_change")))
		w.must(200, w.verifyHash("email_change", w.mail(accounts.MailEmailChange, "eve@example.org")))
		w.must(200, b.do("DELETE /factors/"+factor, ""))
		w.mails()

		// Who logs in anew has left the session of before.
		w.must(200, b.do("PUT /user", annaPhone))
		m = w.sms(accounts.SMSPhoneChange, anna)
		w.must(200, b.do(passwordLine, login("eve@example.org", "another good password")))
		w.refused(403, "otp_expired", w.verifySMS("phone_change", m))
	})
}
