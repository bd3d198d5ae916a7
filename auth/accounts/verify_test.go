package accounts_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
)

// confirmed makes accounts that mails confirm.
func confirmed(c *accounts.Config) { c.Autoconfirm = false }

const annMail = `{"email":"ann@example.org"}`

// member joins a member to an object.
func member(body, name, value string) string {
	return strings.TrimSuffix(body, "}") + fmt.Sprintf(`,%q:%q}`, name, value)
}

// verifyHash verifies by the token of a link.
func (w *world) verifyHash(kind string, m *received) *answer {
	w.t.Helper()
	return w.do("POST /verify", "", fmt.Sprintf(`{"type":%q,"token_hash":%q}`, kind, m.token(w)))
}

// verifyDigits verifies by the digits that were mailed.
func (w *world) verifyDigits(kind string, m *received) *answer {
	w.t.Helper()
	return w.do("POST /verify", "", fmt.Sprintf(`{"type":%q,"email":%q,"token":%q}`, kind, m.to, m.values["code"]))
}

// click opens the link of a mail as a browser does and presses the button.
func (w *world) click(m *received) (location *url.URL) {
	w.t.Helper()
	link := m.link(w)
	target := strings.TrimPrefix(link.String(), publicURL)
	page := w.page(http.MethodGet, target)
	if page.Code != 200 {
		w.t.Fatalf("page: %d %s", page.Code, page.Body)
	}
	q := link.Query()
	form := url.Values{"token": {q.Get("token")}, "type": {q.Get("type")}, "redirect_to": {q.Get("redirect_to")}}
	for _, name := range []string{"token", "type", "redirect_to"} {
		if want := fmt.Sprintf(`name="%s" value="%s"`, name, strings.ReplaceAll(form.Get(name), "&", "&amp;")); !strings.Contains(page.Body.String(), want) {
			w.t.Errorf("the page does not have %s:\n%s", want, page.Body)
		}
	}
	rec := w.form(form, nil)
	if rec.Code != http.StatusSeeOther {
		w.t.Fatalf("form: %d %s", rec.Code, rec.Body)
	}
	location, err := url.Parse(rec.Header().Get("Location"))
	if err != nil {
		w.t.Fatal(err)
	}
	return location
}

func (w *world) page(method, target string) *httptest.ResponseRecorder {
	w.t.Helper()
	rec := httptest.NewRecorder()
	w.a.ServeHTTP(rec, httptest.NewRequestWithContext(w.t.Context(), method, target, nil))
	return rec
}

// form sends the form of the page.
func (w *world) form(form url.Values, header http.Header) *httptest.ResponseRecorder {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), http.MethodPost, "/verify", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for name, values := range header {
		r.Header[name] = values
	}
	rec := httptest.NewRecorder()
	w.a.ServeHTTP(rec, r)
	return rec
}

// fragment is what stands behind the # of an address.
func fragment(u *url.URL) url.Values {
	v, _ := url.ParseQuery(u.EscapedFragment())
	return v
}

func TestSignUpConfirmed(t *testing.T) {
	engines(t, confirmed, func(t *testing.T, w *world) {
		up := w.must(200, w.do("POST /signup", "", ann))
		m := w.mail(accounts.MailConfirmation, "ann@example.org")
		if link := m.link(w); link.Query().Get("type") != "signup" || !strings.HasPrefix(link.String(), publicURL+"/verify?") {
			t.Errorf("link %s", link)
		}
		for range 3 { // programs that look at links burn nothing
			w.page(http.MethodHead, strings.TrimPrefix(m.values["link"], publicURL))
			w.page(http.MethodGet, strings.TrimPrefix(m.values["link"], publicURL))
		}
		at := w.click(m)
		v := fragment(at)
		if at.Host != "example.test" || v.Get("type") != "signup" || v.Get("token_type") != "bearer" {
			t.Errorf("arrived at %s", at)
		}
		me := w.must(200, w.do("GET /user", v.Get("access_token"), ""))
		if me.str("id") != up.str("id") || me.str("email_confirmed_at") == "" {
			t.Errorf("user %s", me.text)
		}
		w.must(200, w.do("POST /token?grant_type=password", "", ann))
		if at := w.click(m); at.Query().Get("error_code") != "otp_expired" || fragment(at).Get("error_code") != "otp_expired" {
			t.Errorf("a second time: %s", at)
		}

		// An address that has an account is told of it.
		w.advance(time.Minute)
		w.must(200, w.do("POST /signup", "", strings.Replace(ann, "good", "bad", 1)))
		if m := w.mail(accounts.MailExisting, "ann@example.org"); m.values["link"] != "" || m.values["code"] != "" {
			t.Errorf("the mail has a way in: %v", m.values)
		}
		w.must(200, w.do("POST /token?grant_type=password", "", ann))
	})
}

func TestVerifyDigits(t *testing.T) {
	engines(t, confirmed, func(t *testing.T, w *world) {
		w.must(200, w.do("POST /signup", "", ann))
		m := w.mail(accounts.MailConfirmation, "ann@example.org")
		if code := m.values["code"]; len(code) != 6 || m.values["expires"] != "10m0s" {
			t.Errorf("values %v", m.values)
		}
		for _, wrong := range []string{
			`{"type":"signup","email":"bob@example.org","token":"` + m.values["code"] + `"}`,
			`{"type":"recovery","email":"ann@example.org","token":"` + m.values["code"] + `"}`,
			`{"type":"invite","email":"ann@example.org","token":"` + m.values["code"] + `"}`,
			`{"type":"signup","email":"ann@example.org","token":"12345"}`,
			`{"type":"signup","email":"ann@example.org","token":"` + m.token(w) + `"}`,
			`{"type":"signup","token_hash":"` + m.values["code"] + `"}`,
			`{"type":"recovery","token_hash":"` + m.token(w) + `"}`,
		} {
			if got := w.do("POST /verify", "", wrong); got.status != 403 || got.code() != "otp_expired" {
				t.Errorf("%s: %d %s", wrong, got.status, got.text)
			}
		}
		for _, wrong := range []string{
			`{}`, `{"type":"signup"}`, `{"type":"x","token_hash":"x"}`, `{"type":"signup","token":"123456"}`, `{"type":"sms","token":"1"}`,
			`{"type":"signup","token_hash":"x","email":"ann@example.org"}`, `{"type":["signup"],"token_hash":"x"}`,
		} {
			if got := w.do("POST /verify", "", wrong); got.status != 400 || got.code() != "validation_failed" {
				t.Errorf("%s: %d %s", wrong, got.status, got.text)
			}
		}
		in := w.must(200, w.verifyDigits("email", m))
		w.must(200, w.do("GET /user", in.str("access_token"), ""))
		if got := w.verifyDigits("email", m); got.status != 403 {
			t.Errorf("a second time: %s", got.text)
		}
		if got := w.verifyHash("signup", m); got.status != 403 {
			t.Errorf("the link of digits that were used: %s", got.text)
		}
	})
}

// TestCodesExpire: codes are valid for ten minutes, links for half an hour, and only those
// of the last mail.
func TestCodesExpire(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		w.must(200, w.do("POST /signup", "", ann))
		ask := func() *received {
			w.must(200, w.do("POST /recover", "", annMail))
			return w.mail(accounts.MailRecovery, "ann@example.org")
		}
		first := ask()
		w.advance(time.Minute)
		second := ask()
		if got := w.verifyHash("recovery", first); got.status != 403 {
			t.Error("the mail before is still good")
		}
		w.advance(10*time.Minute + time.Second)
		if got := w.verifyDigits("recovery", second); got.status != 403 {
			t.Error("digits are good for too long")
		}
		w.advance(19 * time.Minute)
		w.must(200, w.verifyHash("recovery", second))
		third := ask()
		w.advance(30 * time.Minute)
		if got := w.verifyHash("recovery", third); got.status != 403 {
			t.Error("links are good for too long")
		}
	})
}

// TestOneUse: of 50 simultaneous requests with one code one succeeds.
func TestOneUse(t *testing.T) {
	const flowCode = "code of a flow"
	ways := map[string]func(w *world) func() bool{
		"signup": func(w *world) func() bool {
			w.must(200, w.do("POST /signup", "", `{"email":"signup@example.org","password":"a good password"}`))
			m := w.mail(accounts.MailConfirmation, "signup@example.org")
			return func() bool { return w.verifyDigits("signup", m).status == 200 }
		},
		"link of a magic link": func(w *world) func() bool {
			w.must(200, w.do("POST /otp", "", `{"email":"magic@example.org"}`))
			m := w.mail(accounts.MailMagicLink, "magic@example.org")
			return func() bool { return w.verifyHash("magiclink", m).status == 200 }
		},
		"digits of a magic link": func(w *world) func() bool {
			w.must(200, w.do("POST /otp", "", `{"email":"digits@example.org"}`))
			m := w.mail(accounts.MailMagicLink, "digits@example.org")
			return func() bool { return w.verifyDigits("email", m).status == 200 }
		},
		"recovery": func(w *world) func() bool {
			w.account("recovery@example.org")
			w.must(200, w.do("POST /recover", "", `{"email":"recovery@example.org"}`))
			m := w.mail(accounts.MailRecovery, "recovery@example.org")
			return func() bool { return w.verifyHash("recovery", m).status == 200 }
		},
		"invite": func(w *world) func() bool {
			w.must(200, w.do("POST /invite", secretKey, `{"email":"invite@example.org"}`))
			m := w.mail(accounts.MailInvite, "invite@example.org")
			return func() bool { return w.verifyHash("invite", m).status == 200 }
		},
		"change of address": func(w *world) func() bool {
			token := w.account("old@example.org")
			w.must(200, w.do("PUT /user", token, `{"email":"new@example.org"}`))
			mails := byAddress(w.mails())
			w.must(200, w.verifyHash("email_change", mails["old@example.org"]))
			return func() bool { return w.verifyHash("email_change", mails["new@example.org"]).status == 200 }
		},
		"nonce": func(w *world) func() bool {
			token := w.account("nonce@example.org")
			w.must(200, w.do("GET /reauthenticate", token, ""))
			m := w.mail(accounts.MailReauthentication, "nonce@example.org")
			var mu sync.Mutex
			n := 0
			return func() bool {
				mu.Lock()
				n++
				body := fmt.Sprintf(`{"password":"another password %d","nonce":%q}`, n, m.values["code"])
				mu.Unlock()
				return w.do("PUT /user", token, body).status == 200
			}
		},
		"sign-up by phone": func(w *world) func() bool {
			w.must(200, w.do("POST /signup", "", `{"phone":"+4930000001","password":"a good password"}`))
			m := w.sms(accounts.SMSConfirmation, "+4930000001")
			return func() bool { return w.verifySMS("sms", m).status == 200 }
		},
		"login by phone": func(w *world) func() bool {
			w.must(200, w.do("POST /otp", "", `{"phone":"+4930000002"}`))
			m := w.sms(accounts.SMSLogin, "+4930000002")
			return func() bool { return w.verifySMS("sms", m).status == 200 }
		},
		"phone as a factor": func(w *world) func() bool {
			in := w.account("factor@example.org")
			f := w.must(200, w.do("POST /factors", in, `{"factor_type":"phone","phone":"+4930000004"}`))
			asked := w.must(200, w.do("POST /factors/"+f.str("id")+"/challenge", in, "{}"))
			m := w.sms(accounts.SMSFactor, "+4930000004")
			body := fmt.Sprintf(`{"challenge_id":%q,"code":%q}`, asked.str("id"), m.values["code"])
			return func() bool { return w.do("POST /factors/"+f.str("id")+"/verify", in, body).status == 200 }
		},
		"change of number": func(w *world) func() bool {
			w.must(200, w.do("PUT /user", w.account("mover@example.org"), `{"phone":"+4930000003"}`))
			m := w.sms(accounts.SMSPhoneChange, "+4930000003")
			return func() bool { return w.verifySMS("phone_change", m).status == 200 }
		},
		flowCode: func(w *world) func() bool {
			w.must(200, w.do("POST /otp", "", member(`{"email":"flow@example.org"}`, "code_challenge", challenge)))
			code := w.click(w.mail(accounts.MailMagicLink, "flow@example.org")).Query().Get("code")
			return func() bool {
				return w.do("POST /token?grant_type=pkce", "", fmt.Sprintf(`{"auth_code":%q,"code_verifier":%q}`, code, verifier)).status == 200
			}
		},
	}
	engines(t, func(c *accounts.Config) { withSMS(c); withSecretKey(c) }, func(t *testing.T, w *world) {
		for name, prepare := range ways {
			use := prepare(w)
			var wg sync.WaitGroup
			start, won := make(chan struct{}), make(chan bool, 50)
			for range cap(won) {
				wg.Go(func() {
					<-start
					won <- use()
				})
			}
			close(start)
			wg.Wait()
			close(won)
			n := 0
			for ok := range won {
				if ok {
					n++
				}
			}
			// A replayed PKCE code lets nobody in, see TestPKCEReplayAtOnce.
			if n > 1 || n == 0 && name != flowCode {
				t.Errorf("%s: %d successes", name, n)
			}
			w.mails() // notices
		}
	})
}

// account makes a confirmed account with the password of ann and returns an access
// token of it.
func (w *world) account(email string) string {
	w.t.Helper()
	w.must(200, w.do("POST /signup", "", fmt.Sprintf(`{"email":%q,"password":"a good password"}`, email)))
	return w.must(200, w.verifyHash("signup", w.mail(accounts.MailConfirmation, email))).str("access_token")
}

// byAddress orders mails by who gets them.
func byAddress(mails []*received) map[string]*received {
	out := make(map[string]*received, len(mails))
	for _, m := range mails {
		out[m.to] = m
	}
	return out
}
