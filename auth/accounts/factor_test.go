package accounts_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/auth/totp"
)

// app is an authenticator app with one account.
type app struct {
	id     string // of the factor
	secret []byte
}

// code is what the app shows some steps from now.
func (p *app) code(w *world, steps int64) string {
	return totp.Code(p.secret, totp.Step(time.Unix(0, w.now.Load()))+steps)
}

// enroll gives the user of a token an authenticator app that was not used yet.
func (w *world) enroll(token, name string) *app {
	w.t.Helper()
	got := w.must(200, w.do("POST /factors", token, fmt.Sprintf(`{"factor_type":"totp","friendly_name":%q}`, name)))
	secret, err := totp.DecodeSecret(got.body["totp"].(map[string]any)["secret"].(string))
	if err != nil {
		w.t.Fatal(err)
	}
	return &app{got.str("id"), secret}
}

// verify answers a new challenge of a factor with a code.
func (w *world) verify(token string, p *app, code string) *answer {
	w.t.Helper()
	asked := w.do("POST /factors/"+p.id+"/challenge", token, "{}")
	if asked.status != 200 {
		return asked
	}
	return w.do("POST /factors/"+p.id+"/verify", token, fmt.Sprintf(`{"challenge_id":%q,"code":%q}`, asked.str("id"), code))
}

// withApp signs Ann up and gives her an app. The session is the one at level 2.
func (w *world) withApp() (*answer, *app) {
	w.t.Helper()
	up := w.must(200, w.do("POST /signup", "", ann))
	p := w.enroll(up.str("access_token"), "phone")
	in := w.must(200, w.verify(up.str("access_token"), p, p.code(w, 0)))
	w.advance(time.Minute)
	return in, p
}

func (w *world) login() *answer {
	w.t.Helper()
	return w.must(200, w.do("POST /token?grant_type=password", "", ann))
}

// claims are those of an access token.
func (w *world) claims(token string) map[string]any {
	w.t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	var out map[string]any
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

// level is the level of a token and the ways it was reached by, newest first.
func (w *world) level(token string) string {
	w.t.Helper()
	c := w.claims(token)
	out := c["aal"].(string)
	for _, m := range c["amr"].([]any) {
		out += " " + m.(map[string]any)["method"].(string)
	}
	return out
}

// refused fails the test unless an answer is an error of a code.
func (w *world) refused(status int, code string, got *answer) {
	w.t.Helper()
	if got.status != status || got.code() != code {
		w.t.Errorf("%d %s, want %d %s", got.status, got.text, status, code)
	}
}

func TestTOTP(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		up := w.must(200, w.do("POST /signup", "", ann))
		token := up.str("access_token")
		if _, listed := up.body["user"].(map[string]any)["factors"]; listed {
			t.Errorf("factors of nobody: %s", up.text)
		}
		got := w.must(200, w.do("POST /factors", token, `{"factor_type":"totp","friendly_name":"phone","issuer":"Ex: ample"}`))
		shown := got.body["totp"].(map[string]any)
		uri := shown["uri"].(string)
		if got.str("type") != "totp" || got.str("friendly_name") != "phone" || !strings.HasPrefix(shown["qr_code"].(string), "<svg ") ||
			!strings.HasPrefix(uri, "otpauth://totp/Ex%20%20ample:ann@example.org?") || !strings.Contains(uri, "secret="+shown["secret"].(string)) {
			t.Errorf("enrolled: %s", got.text)
		}
		secret, err := totp.DecodeSecret(shown["secret"].(string))
		if err != nil {
			t.Fatal(err)
		}
		p := &app{got.str("id"), secret}
		factor := w.must(200, w.do("GET /user", token, "")).body["factors"].([]any)[0].(map[string]any)
		if factor["status"] != "unverified" || factor["factor_type"] != "totp" || factor["friendly_name"] != "phone" || factor["id"] != p.id {
			t.Errorf("factor %v", factor)
		}
		asked := w.must(200, w.do("POST /factors/"+p.id+"/challenge", token, `{"factorId":"x"}`))
		if asked.str("type") != "totp" || asked.body["expires_at"] != float64(w.now.Load()/1e9+300) {
			t.Errorf("challenge %s", asked.text)
		}
		// A code that is mistyped leaves the challenge good.
		answerWith := func(code string) *answer {
			return w.do("POST /factors/"+p.id+"/verify", token, fmt.Sprintf(`{"challenge_id":%q,"code":%q}`, asked.str("id"), code))
		}
		w.refused(422, "mfa_verification_failed", answerWith(p.code(w, 5)))
		in := w.must(200, answerWith(p.code(w, 0)))
		if got := w.level(in.str("access_token")); got != "aal2 totp password" {
			t.Errorf("level %s", got)
		}
		factor = in.body["user"].(map[string]any)["factors"].([]any)[0].(map[string]any)
		if factor["status"] != "verified" || factor["last_challenged_at"] == nil {
			t.Errorf("factor %v", factor)
		}
		if w.claims(token)["session_id"] != w.claims(in.str("access_token"))["session_id"] {
			t.Error("another session")
		}
		w.refused(422, "mfa_challenge_expired", answerWith(p.code(w, 1)))
	})
}

// TestStepUpRotates: tokens from before a step-up stay at level 1, and a refresh does not
// lower the session.
func TestStepUpRotates(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		up := w.must(200, w.do("POST /signup", "", ann))
		token := up.str("access_token")
		p := w.enroll(token, "phone")
		in := w.must(200, w.verify(token, p, p.code(w, 0)))
		// The access token is still one of level 1, wherever level 2 is asked for.
		w.must(200, w.do("GET /user", token, ""))
		for _, line := range []string{
			"DELETE /factors/" + p.id, "POST /factors/recovery-codes", "DELETE /factors/recovery-codes",
		} {
			w.refused(401, "insufficient_aal", w.do(line, token, ""))
		}
		w.refused(401, "insufficient_aal", w.do("POST /factors", token, `{"factor_type":"totp","friendly_name":"mine"}`))
		// The refresh token of before gives nothing, also within the grace, and a tab
		// that comes with it then does no harm.
		w.refused(400, "refresh_token_already_used", w.do(refreshLine, "", refreshBody(up.str("refresh_token"))))
		next := in
		for range 3 {
			w.advance(time.Minute)
			next = w.must(200, w.do(refreshLine, "", refreshBody(next.str("refresh_token"))))
			if got := w.level(next.str("access_token")); got != "aal2 totp password" {
				t.Errorf("refreshed: %s", got)
			}
		}
		// Later it is a stolen one.
		w.refused(400, "refresh_token_already_used", w.do(refreshLine, "", refreshBody(up.str("refresh_token"))))
		w.refused(400, "session_expired", w.do(refreshLine, "", refreshBody(next.str("refresh_token"))))
	})
}

// TestStepUpAndRefreshAtOnce: a refresh that runs beside a step-up gets level 1 and does
// not end the session.
func TestStepUpAndRefreshAtOnce(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		_, p := w.withApp()
		for range 30 {
			w.advance(time.Minute)
			in := w.login()
			id := w.must(200, w.do("POST /factors/"+p.id+"/challenge", in.str("access_token"), "")).str("id")
			body := fmt.Sprintf(`{"challenge_id":%q,"code":%q}`, id, p.code(w, 0))
			var up, refreshed *answer
			var wg sync.WaitGroup
			wg.Go(func() { up = w.do("POST /factors/"+p.id+"/verify", in.str("access_token"), body) })
			wg.Go(func() { refreshed = w.do(refreshLine, "", refreshBody(in.str("refresh_token"))) })
			wg.Wait()
			w.must(200, up)
			if refreshed.status == 200 && w.level(refreshed.str("access_token")) != "aal1 password" {
				t.Fatalf("refreshed to %s", w.level(refreshed.str("access_token")))
			}
			w.must(200, w.do(refreshLine, "", refreshBody(up.str("refresh_token"))))
		}
	})
}

// TestRefreshWhileFactorIsRemoved: a refresh that read the session at level 2 gives tokens
// of level 1 if the last factor is removed before it commits.
func TestRefreshWhileFactorIsRemoved(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		in, p := w.withApp()
		removed := false
		cfg := w.cfg
		cfg.BeforeToken = func(context.Context, *accounts.Token) error {
			if !removed {
				removed = true
				w.must(200, w.do("DELETE /factors/"+p.id, in.str("access_token"), ""))
			}
			return nil
		}
		meanwhile := *w
		var err error
		if meanwhile.a, err = accounts.New(w.db, cfg); err != nil {
			t.Fatal(err)
		}
		next := w.must(200, meanwhile.do(refreshLine, "", refreshBody(in.str("refresh_token"))))
		if got := w.level(next.str("access_token")); !removed || got != "aal1 totp password" {
			t.Errorf("removed %t, refreshed to %s", removed, got)
		}
		w.must(200, w.do("GET /user", next.str("access_token"), ""))
		w.must(200, w.do(refreshLine, "", refreshBody(next.str("refresh_token"))))
	})
}

// TestStepUpAgain: amr has each method once, the newest first.
func TestStepUpAgain(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		_, p := w.withApp()
		in := w.login()
		if got := w.level(in.str("access_token")); got != "aal1 password" {
			t.Errorf("login: %s", got)
		}
		for range 2 {
			w.advance(time.Minute)
			in = w.must(200, w.verify(in.str("access_token"), p, p.code(w, 0)))
		}
		amr := w.claims(in.str("access_token"))["amr"].([]any)
		first := amr[0].(map[string]any)
		if len(amr) != 2 || len(first) != 2 || first["method"] != "totp" || first["timestamp"] != float64(w.now.Load()/1e9) {
			t.Errorf("amr %v", amr)
		}
	})
}

// TestFirstVerification: verifying the first factor ends the sessions that used a password
// alone. Later sessions of level 1 are on their way to level 2 and stay.
func TestFirstVerification(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		up := w.must(200, w.do("POST /signup", "", ann))
		other := w.login()
		p := w.enroll(up.str("access_token"), "phone")
		in := w.must(200, w.verify(up.str("access_token"), p, p.code(w, 0)))
		w.refused(403, "session_not_found", w.do("GET /user", other.str("access_token"), ""))
		w.refused(400, "session_expired", w.do(refreshLine, "", refreshBody(other.str("refresh_token"))))
		w.must(200, w.do("GET /user", in.str("access_token"), ""))
		late := w.login()
		w.advance(time.Minute)
		w.must(200, w.verify(in.str("access_token"), p, p.code(w, 0)))
		w.must(200, w.do("GET /user", late.str("access_token"), ""))
	})
}

// TestA11 is case A-11: a code is valid once, for one of many requests, and only around its
// time.
func TestA11(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		up := w.must(200, w.do("POST /signup", "", ann))
		p := w.enroll(up.str("access_token"), "phone")
		enrollment := p.code(w, 0)
		w.must(200, w.verify(up.str("access_token"), p, enrollment))

		fresh := w.login().str("access_token")
		w.refused(422, "mfa_verification_failed", w.verify(fresh, p, enrollment)) // the code of the enrolment
		w.advance(3 * time.Minute)
		once := p.code(w, 0)
		w.must(200, w.verify(fresh, p, once))
		for _, token := range []string{fresh, w.login().str("access_token")} {
			w.refused(422, "mfa_verification_failed", w.verify(token, p, once)) // twice
		}
		for steps, good := range map[int64]bool{-2: false, -1: true, 0: true, 1: true, 2: false} {
			w.advance(5 * time.Minute)
			got := w.verify(w.login().str("access_token"), p, p.code(w, steps))
			if (got.status == 200) != good {
				t.Errorf("%+d steps: %d %s", steps, got.status, got.text)
			}
		}
		w.advance(5 * time.Minute)
		w.refused(422, "mfa_verification_failed", w.verify(w.login().str("access_token"), p, p.code(w, 0)+"0"))

		if n := w.parallel(50, func(token string) *answer { return w.verify(token, p, p.code(w, 0)) }); n != 1 {
			t.Errorf("%d of 50 logins have passed with one code", n)
		}
		w.advance(5 * time.Minute)
		in := w.must(200, w.verify(w.login().str("access_token"), p, p.code(w, 0)))
		codes := w.must(200, w.do("POST /factors/recovery-codes", in.str("access_token"), "")).body["codes"].([]any)
		body := fmt.Sprintf(`{"code":%q}`, codes[0])
		if n := w.parallel(50, func(token string) *answer { return w.do("POST /factors/recovery-codes/verify", token, body) }); n != 1 {
			t.Errorf("%d of 50 logins have passed with one recovery code", n)
		}
	})
}

// parallel logs in n times, lets all go on at the same time, and counts those who
// succeed.
func (w *world) parallel(n int, pass func(token string) *answer) int {
	w.t.Helper()
	tokens := make([]string, n)
	for i := range tokens {
		tokens[i] = w.login().str("access_token")
	}
	var passed atomic.Int32
	var wg sync.WaitGroup
	start := make(chan struct{})
	for _, token := range tokens {
		wg.Go(func() {
			<-start
			switch got := pass(token); {
			case got.status == 200:
				passed.Add(1)
			case got.status >= 500:
				w.t.Errorf("%d %s", got.status, got.text)
			}
		})
	}
	close(start)
	wg.Wait()
	return int(passed.Load())
}

// TestChallengeBelongs: a challenge is valid for its factor and its session, for five
// minutes.
func TestChallengeBelongs(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		in, p := w.withApp()
		second := w.enroll(in.str("access_token"), "tablet")
		w.must(200, w.verify(in.str("access_token"), second, second.code(w, 0)))
		w.advance(time.Minute)
		one, two := w.login().str("access_token"), w.login().str("access_token")
		id := w.must(200, w.do("POST /factors/"+p.id+"/challenge", one, "")).str("id")
		try := func(token string, p *app) *answer {
			return w.do("POST /factors/"+p.id+"/verify", token, fmt.Sprintf(`{"challenge_id":%q,"code":%q}`, id, p.code(w, 0)))
		}
		w.refused(422, "mfa_challenge_expired", try(two, p))
		w.refused(422, "mfa_challenge_expired", try(one, second))
		w.advance(4*time.Minute + 59*time.Second)
		w.must(200, try(one, p))
		id = w.must(200, w.do("POST /factors/"+p.id+"/challenge", two, "")).str("id")
		w.advance(5 * time.Minute)
		late := w.login().str("access_token")
		w.refused(422, "mfa_challenge_expired", try(late, p))
		id = "unknown"
		w.refused(422, "mfa_challenge_expired", try(late, p))
	})
}

// TestFactorThatWaited: a factor that somebody with the password enrolled before the owner
// had one cannot replace the owner's.
func TestFactorThatWaited(t *testing.T) {
	engines(t, withPasskeys, func(t *testing.T, w *world) {
		owner := w.must(200, w.do("POST /signup", "", ann)).str("access_token")
		thief := w.login().str("access_token")
		app := w.enroll(thief, "thief's phone")
		key := w.must(200, w.do("POST /factors", thief, `{"factor_type":"webauthn","friendly_name":"thief's key"}`)).str("id")
		p := w.enroll(owner, "phone")
		w.must(200, w.verify(owner, p, p.code(w, 0)))

		thief = w.login().str("access_token")
		w.refused(404, "mfa_factor_not_found", w.verify(thief, app, app.code(w, 0)))
		asked := w.must(200, w.do("POST /factors/"+key+"/challenge", thief, ""))
		o := readOptions(t, asked.body["webauthn"].(map[string]any)["credential_options"].(map[string]any)["publicKey"])
		body := fmt.Sprintf(`{"challenge_id":%q,"webauthn":{"type":"create","credential_response":%s}}`, asked.str("id"), newAuthenticator(t).creates(o, spoiled{}))
		w.refused(401, "insufficient_aal", w.do("POST /factors/"+key+"/verify", thief, body))
		for _, v := range w.must(200, w.do("GET /user/sessions", thief, "")).body["sessions"].([]any) {
			if s := v.(map[string]any); s["current"] == true && s["aal"] != "aal1" {
				t.Errorf("the thief is at %v", s["aal"])
			}
		}
	})
}

func TestFactorsRefused(t *testing.T) {
	engines(t, func(c *accounts.Config) { c.Anonymous = true }, func(t *testing.T, w *world) {
		token := w.must(200, w.do("POST /signup", "", ann)).str("access_token")
		for body, code := range map[string]string{
			`{}`:                    "validation_failed",
			`{"factor_type":"sms"}`: "validation_failed",
			`{"factor_type":"totp","friendly_name":1}`:                                  "validation_failed",
			`{"factor_type":"totp","friendly_name":"` + strings.Repeat("x", 121) + `"}`: "validation_failed",
			`{"factor_type":"totp","issuer":"` + strings.Repeat("x", 101) + `"}`:        "validation_failed",
			`{"factor_type":"phone","phone":"+4912345678"}`:                             "mfa_phone_enroll_not_enabled",
		} {
			if got := w.do("POST /factors", token, body); got.code() != code {
				t.Errorf("%s: %d %s", body, got.status, got.text)
			}
		}
		w.refused(401, "no_authorization", w.do("POST /factors", "", `{"factor_type":"totp"}`))
		nobody := w.must(200, w.do("POST /signup", "", `{}`)).str("access_token")
		w.refused(401, "no_authorization", w.do("POST /factors", nobody, `{"factor_type":"totp"}`))

		p := w.enroll(token, "phone")
		w.refused(422, "mfa_factor_name_conflict", w.do("POST /factors", token, `{"factor_type":"totp","friendly_name":"phone"}`))
		for _, body := range []string{`{"challenge_id":"x"}`, `{"challenge_id":"x","code":""}`, `{"challenge_id":"x","code":123456}`, `{"challenge_id":1,"code":"123456"}`} {
			w.refused(400, "validation_failed", w.do("POST /factors/"+p.id+"/verify", token, body))
		}
		bob := w.must(200, w.do("POST /signup", "", strings.ReplaceAll(ann, "ann@", "bob@"))).str("access_token")
		for _, line := range []string{"POST /factors/" + p.id + "/challenge", "POST /factors/" + p.id + "/verify", "DELETE /factors/" + p.id, "DELETE /factors/x"} {
			w.refused(404, "mfa_factor_not_found", w.do(line, bob, ""))
		}
		for i := range 9 {
			w.enroll(token, fmt.Sprint(i))
		}
		w.refused(422, "too_many_enrolled_mfa_factors", w.do("POST /factors", token, `{"factor_type":"totp","friendly_name":"eleven"}`))
		w.advance(4 * time.Minute)
		token = w.login().str("access_token")
		w.refused(422, "too_many_enrolled_mfa_factors", w.do("POST /factors", token, `{"factor_type":"totp","friendly_name":"eleven"}`))
		w.advance(time.Minute + time.Second)
		token = w.login().str("access_token")
		p = w.enroll(token, "phone") // those that waited have made way
		w.enroll(token, "tablet")
		in := w.must(200, w.verify(token, p, p.code(w, 0)))
		if got := in.body["user"].(map[string]any)["factors"].([]any); len(got) != 1 {
			t.Errorf("factors that were never used stay: %v", got)
		}
	})
}

// TestUnenroll: removing a factor ends what was verified by it.
func TestUnenroll(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		in, phone := w.withApp()
		tablet := w.enroll(in.str("access_token"), "tablet")
		in = w.must(200, w.verify(in.str("access_token"), tablet, tablet.code(w, 0)))
		w.must(200, w.do("POST /factors/recovery-codes", in.str("access_token"), ""))
		w.advance(time.Minute)
		byPhone := w.must(200, w.verify(w.login().str("access_token"), phone, phone.code(w, 0)))
		byTablet := w.must(200, w.verify(w.login().str("access_token"), tablet, tablet.code(w, 0)))
		plain := w.login()

		w.refused(401, "insufficient_aal", w.do("DELETE /factors/"+phone.id, plain.str("access_token"), ""))
		if got := w.must(200, w.do("DELETE /factors/"+phone.id, in.str("access_token"), "")); got.str("id") != phone.id {
			t.Errorf("removed: %s", got.text)
		}
		w.refused(404, "mfa_factor_not_found", w.do("POST /factors/"+phone.id+"/challenge", plain.str("access_token"), ""))
		w.refused(403, "session_not_found", w.do("GET /user", byPhone.str("access_token"), "")) // it was at level 2 by the phone
		w.must(200, w.do("GET /user", byTablet.str("access_token"), ""))
		if got := w.must(200, w.do("GET /factors/recovery-codes", plain.str("access_token"), "")); got.body["remaining"] != float64(10) {
			t.Errorf("recovery codes: %s", got.text)
		}

		w.must(200, w.do("DELETE /factors/"+tablet.id, in.str("access_token"), ""))
		w.refused(403, "session_not_found", w.do("GET /user", byTablet.str("access_token"), ""))
		// The session that did it is back at level 1: its token is to be refreshed.
		if _, err := w.a.Verify(t.Context(), in.str("access_token")); !errors.Is(err, auth.ErrExpired) {
			t.Errorf("the token of level 2: %v", err)
		}
		w.must(200, w.do(refreshLine, "", refreshBody(plain.str("refresh_token"))))
		next := w.must(200, w.do(refreshLine, "", refreshBody(in.str("refresh_token"))))
		if got := w.must(200, w.do("GET /factors/recovery-codes", next.str("access_token"), "")); got.body["remaining"] != float64(0) {
			t.Errorf("recovery codes without a factor: %s", got.text)
		}
		w.refused(401, "insufficient_aal", w.do("POST /factors/recovery-codes", next.str("access_token"), ""))
		if got := w.level(next.str("access_token")); got != "aal1 totp password" {
			t.Errorf("afterwards: %s", got)
		}
		// One that waits can go without level 2.
		p := w.enroll(next.str("access_token"), "again")
		w.must(200, w.do("DELETE /factors/"+p.id, next.str("access_token"), ""))
	})
}

// TestRecoveryCodesGo: used and replaced recovery codes are deleted, since they would
// otherwise stay as long as valid ones.
func TestRecoveryCodesGo(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		in, p := w.withApp()
		token := in.str("access_token")
		left := func() (n int) {
			t.Helper()
			if err := w.db.Bun().NewRaw("select count(*) from auth_codes where kind = 'recovery_code'").Scan(t.Context(), &n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		make := func() []any {
			t.Helper()
			return w.must(200, w.do("POST /factors/recovery-codes", token, "")).body["codes"].([]any)
		}
		codes := make()
		w.must(200, w.do("POST /factors/recovery-codes/verify", w.login().str("access_token"), fmt.Sprintf(`{"code":%q}`, codes[0])))
		if make(); left() != 10 {
			t.Errorf("%d rows of one set", left())
		}
		w.must(204, w.do("DELETE /factors/recovery-codes", token, ""))
		if left() != 0 {
			t.Errorf("%d rows of none", left())
		}
		make()
		w.must(200, w.do("DELETE /factors/"+p.id, token, ""))
		if left() != 0 {
			t.Errorf("%d rows with no factor", left())
		}
	})
}

func TestRecoveryCodes(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		in, _ := w.withApp()
		made := w.must(200, w.do("POST /factors/recovery-codes", in.str("access_token"), ""))
		first := made.body["codes"].([]any)
		if len(first) != 10 || made.body["total"] != float64(10) || made.body["remaining"] != float64(10) || made.str("type") != "recovery_code" {
			t.Errorf("made %s", made.text)
		}
		codes := w.must(200, w.do("POST /factors/recovery-codes", in.str("access_token"), "{}")).body["codes"].([]any)
		use := func(code any) *answer {
			return w.do("POST /factors/recovery-codes/verify", w.login().str("access_token"), fmt.Sprintf(`{"code":%q}`, code))
		}
		w.refused(422, "mfa_verification_failed", use(first[0])) // the old set is good no more
		for i := range 3 {
			typed := strings.ToLower(strings.ReplaceAll(codes[i].(string), "-", " "))
			got := w.must(200, use(typed))
			if got.body["recovery_codes_remaining"] != float64(9-i) || w.level(got.str("access_token")) != "aal2 mfa/recovery_code password" {
				t.Errorf("used: %v at %s", got.body["recovery_codes_remaining"], w.level(got.str("access_token")))
			}
			w.refused(422, "mfa_verification_failed", use(codes[i]))
		}
		for _, wrong := range []string{"x", "ABCD-EFGH-IJKL-MNOP-QRST-UVWX"} {
			w.refused(422, "mfa_verification_failed", use(wrong))
		}
		w.refused(400, "validation_failed", use(""))
		if got := w.must(200, w.do("GET /factors/recovery-codes", w.login().str("access_token"), "")); got.body["remaining"] != float64(7) || got.body["codes"] != nil {
			t.Errorf("GET: %s", got.text)
		}
		// Of another user they are worth nothing.
		bob := strings.ReplaceAll(ann, "ann@", "bob@")
		token := w.must(200, w.do("POST /signup", "", bob)).str("access_token")
		w.refused(422, "mfa_verification_failed", w.do("POST /factors/recovery-codes/verify", token, fmt.Sprintf(`{"code":%q}`, codes[5])))
		w.refused(401, "insufficient_aal", w.do("POST /factors/recovery-codes", token, ""))

		fresh := w.must(200, use(codes[6])).str("access_token")
		w.must(http.StatusNoContent, w.do("DELETE /factors/recovery-codes", fresh, ""))
		w.refused(422, "mfa_verification_failed", use(codes[7]))
	})
}

// TestRecoverWithoutPhone: a user without the phone logs in by a recovery code and replaces
// the factor.
func TestRecoverWithoutPhone(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		in, lost := w.withApp()
		codes := w.must(200, w.do("POST /factors/recovery-codes", in.str("access_token"), "")).body["codes"].([]any)
		got := w.must(200, w.do("POST /factors/recovery-codes/verify", w.login().str("access_token"), fmt.Sprintf(`{"code":%q}`, codes[0])))
		found := w.enroll(got.str("access_token"), "new phone")
		got = w.must(200, w.verify(got.str("access_token"), found, found.code(w, 0)))
		w.must(200, w.do("DELETE /factors/"+lost.id, got.str("access_token"), ""))
		w.refused(403, "session_not_found", w.do("GET /user", in.str("access_token"), "")) // who has the phone is out
		if at := w.level(got.str("access_token")); at != "aal2 totp mfa/recovery_code password" {
			t.Errorf("at %s", at)
		}
	})
}

// TestSecondFactorGuesses: wrong codes and passwords count in one budget, at every
// endpoint, and a login by password does not reset it.
func TestSecondFactorGuesses(t *testing.T) {
	engines(t, usual, func(t *testing.T, w *world) {
		in, p := w.withApp()
		codes := w.must(200, w.do("POST /factors/recovery-codes", in.str("access_token"), "")).body["codes"].([]any)
		second := w.enroll(in.str("access_token"), "tablet")
		w.must(200, w.verify(in.str("access_token"), second, second.code(w, 0)))
		w.advance(time.Minute)
		guesses := []func(token string) *answer{
			func(token string) *answer { return w.verify(token, p, "000000") },
			func(string) *answer { return w.do(passwordLine, "", login("ann@example.org", "wrong")) },
			func(token string) *answer {
				return w.do("POST /factors/recovery-codes/verify", token, `{"code":"AAAA"}`)
			},
			func(token string) *answer { return w.verify(token, second, "000000") },
		}
		token := w.login().str("access_token")
		for i := range 10 {
			if got := guesses[i%len(guesses)](token); got.status == http.StatusTooManyRequests {
				t.Fatalf("guess %d: %s", i, got.text)
			}
			if i == 5 {
				token = w.login().str("access_token") // resets nothing
			}
		}
		for i, guess := range guesses {
			if got := guess(token); !w.limited(got) {
				t.Errorf("way %d is another budget: %d %s", i, got.status, got.text)
			}
		}
		right := fmt.Sprintf(`{"code":%q}`, codes[0])
		if got := w.verify(token, p, p.code(w, 0)); !w.limited(got) {
			t.Errorf("beyond the budget: %d %s", got.status, got.text)
		}
		w.advance(15*time.Minute + time.Second)
		w.must(200, w.do("POST /factors/recovery-codes/verify", w.login().str("access_token"), right))
	})
}

// TestFactorNotices: owners are notified of added and removed factors.
func TestFactorNotices(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		in, p := w.withApp()
		if got := w.mail(accounts.MailNotice, "ann@example.org"); got.values["change"] != "factor_added" {
			t.Errorf("notice %v", got.values)
		}
		w.must(200, w.do("DELETE /factors/"+p.id, in.str("access_token"), ""))
		if got := w.mail(accounts.MailNotice, "ann@example.org"); got.values["change"] != "factor_removed" {
			t.Errorf("notice %v", got.values)
		}
	})
}
