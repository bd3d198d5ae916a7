package accounts_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
)

// challengePhone asks a session for a phone and returns the challenge's id and the digits
// of the message.
func (w *world) challengePhone(token, id, phone string) (challenge, code string) {
	w.t.Helper()
	asked := w.must(200, w.do("POST /factors/"+id+"/challenge", token, `{"channel":"sms"}`))
	if asked.str("type") != "phone" || asked.body["expires_at"] == nil {
		w.t.Errorf("challenge %s", asked.text)
	}
	return asked.str("id"), w.sms(accounts.SMSFactor, phone).values["code"]
}

func (w *world) answerPhone(token, id, challenge, code string) *answer {
	w.t.Helper()
	return w.do("POST /factors/"+id+"/verify", token, fmt.Sprintf(`{"challenge_id":%q,"code":%q}`, challenge, code))
}

// TestPhoneFactor: a code by message raises the session that requested it, once, within
// five minutes.
func TestPhoneFactor(t *testing.T) {
	engines(t, withSMS, func(t *testing.T, w *world) {
		token := w.account("ann@example.org")
		made := w.must(200, w.do("POST /factors", token, `{"factor_type":"phone","friendly_name":"mine","phone":"+49 30 123456"}`))
		id := made.str("id")
		if made.str("type") != "phone" || made.str("friendly_name") != "mine" || made.str("phone") != "4930123456" {
			t.Errorf("answer %s", made.text)
		}
		challenge, code := w.challengePhone(token, id, anna)
		w.refused(429, "over_sms_send_rate_limit", w.do("POST /factors/"+id+"/challenge", token, "{}"))
		wrong := "000000"
		if code == wrong {
			wrong = "111111"
		}
		w.refused(422, "mfa_verification_failed", w.answerPhone(token, id, challenge, wrong))
		w.refused(422, "mfa_challenge_expired", w.answerPhone(token, id, "x", code))
		in := w.must(200, w.answerPhone(token, id, challenge, code)) // a wrong one has not spent it
		if got := w.level(in.str("access_token")); got != "aal2 mfa/phone email/signup" {
			t.Errorf("level %s", got)
		}
		w.refused(422, "mfa_challenge_expired", w.answerPhone(in.str("access_token"), id, challenge, code))
		factors := w.must(200, w.do("GET /user", in.str("access_token"), "")).body["factors"].([]any)
		if f := factors[0].(map[string]any); len(factors) != 1 || f["factor_type"] != "phone" || f["phone"] != "4930123456" || f["status"] != "verified" {
			t.Errorf("factors %v", factors)
		}
		w.mail(accounts.MailNotice, "ann@example.org")

		// Another session asks anew; what was sent to one is nothing to the other.
		w.advance(time.Minute)
		one := w.must(200, w.enter("ann@example.org", "a good password")).str("access_token")
		other := w.must(200, w.enter("ann@example.org", "a good password")).str("access_token")
		challenge, code = w.challengePhone(one, id, anna)
		w.refused(422, "mfa_challenge_expired", w.answerPhone(other, id, challenge, code))
		w.must(200, w.answerPhone(one, id, challenge, code))
		w.advance(time.Minute)
		challenge, code = w.challengePhone(other, id, anna)
		w.advance(5 * time.Minute)
		other = w.must(200, w.enter("ann@example.org", "a good password")).str("access_token")
		w.refused(422, "mfa_challenge_expired", w.answerPhone(other, id, challenge, code))
		w.refused(401, "insufficient_aal", w.do("DELETE /factors/"+id, other, ""))
	})
}

// TestPhoneFactorRefused: an invalid number, a number that is a factor already, and a
// session that began by a code to the same number are refused.
func TestPhoneFactorRefused(t *testing.T) {
	engines(t, withSMS, func(t *testing.T, w *world) {
		token := w.phoneAccount(anna)
		for _, body := range []string{`{"factor_type":"phone"}`, `{"factor_type":"phone","phone":"x"}`, `{"factor_type":"phone","phone":["+4930123456"]}`} {
			w.refused(400, "validation_failed", w.do("POST /factors", token, body))
		}
		enroll := func(token, name, phone string) *answer {
			return w.do("POST /factors", token, fmt.Sprintf(`{"factor_type":"phone","friendly_name":%q,"phone":%q}`, name, phone))
		}
		own := w.must(200, enroll(token, "own", anna)).str("id")
		w.advance(time.Minute)
		w.refused(422, "mfa_phone_verify_not_enabled", w.do("POST /factors/"+own+"/challenge", token, "{}"))
		w.refused(400, "validation_failed", w.do("POST /factors/"+own+"/challenge", token, `{"channel":"whatsapp"}`))
		byPassword := w.must(200, w.do(passwordLine, "", annaLogin)).str("access_token")
		challenge, code := w.challengePhone(byPassword, own, anna)
		full := w.must(200, w.answerPhone(byPassword, own, challenge, code)).str("access_token")
		w.refused(422, "mfa_verified_factor_exists", enroll(full, "again", anna))
		first := w.must(200, enroll(full, "other", bobs)).str("id")
		if second := w.must(200, enroll(full, "other", bobs)).str("id"); second == first {
			t.Error("a factor that waits does not make way")
		}
	})
}

// TestPhoneFactorGuesses: wrong codes count in the budget of the account.
func TestPhoneFactorGuesses(t *testing.T) {
	engines(t, func(c *accounts.Config) { withSMS(c); c.Limits.Guesses = accounts.Limit{} }, func(t *testing.T, w *world) {
		token := w.account("ann@example.org")
		id := w.must(200, w.do("POST /factors", token, `{"factor_type":"phone","phone":"+4930123456"}`)).str("id")
		challenge, code := w.challengePhone(token, id, anna)
		refused := 0
		for i := range 12 {
			if w.limited(w.answerPhone(token, id, challenge, fmt.Sprintf("%05dx", i))) {
				refused++
			}
		}
		if refused != 2 {
			t.Errorf("%d of 12 guesses refused", refused)
		}
		w.refused(429, "over_request_rate_limit", w.answerPhone(token, id, challenge, code))
		w.refused(429, "over_request_rate_limit", w.enter("ann@example.org", "a good password"))
	})
}
