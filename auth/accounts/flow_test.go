package accounts_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
)

const pkceLine = "POST /token?grant_type=pkce"

func exchangeBody(code, verifier string) string {
	return fmt.Sprintf(`{"auth_code":%q,"code_verifier":%q}`, code, verifier)
}

// TestPKCE: a flow with a challenge ends with a code, which is valid once, for five
// minutes, together with its verifier.
func TestPKCE(t *testing.T) {
	engines(t, confirmed, func(t *testing.T, w *world) {
		w.account("ann@example.org")
		begin := func() string {
			w.advance(time.Minute)
			w.must(200, w.do("POST /recover", "", strings.TrimSuffix(annMail, "}")+`,"code_challenge":"`+challenge+`","code_challenge_method":"s256"}`))
			m := w.mail(accounts.MailRecovery, "ann@example.org")
			if token := m.token(w); !strings.HasPrefix(token, "pkce_") {
				t.Errorf("token %q", token)
			}
			at := w.click(m)
			if at.Fragment != "" || at.Query().Get("access_token") != "" {
				t.Errorf("arrived with tokens at %s", at)
			}
			return at.Query().Get("code")
		}
		code := begin()
		in := w.must(200, w.do(pkceLine, "", exchangeBody(code, verifier)))
		if !strings.Contains(w.do("GET /user", in.str("access_token"), "").text, "ann@example.org") {
			t.Error("no session")
		}
		w.refused(404, "flow_state_not_found", w.do(pkceLine, "", exchangeBody(code, verifier)))

		code = begin()
		other := strings.Repeat("x", 43)
		w.refused(400, "bad_code_verifier", w.do(pkceLine, "", exchangeBody(code, other)))
		w.refused(404, "flow_state_not_found", w.do(pkceLine, "", exchangeBody(code, verifier)))  // spent by who had no verifier
		w.refused(400, "bad_code_verifier", w.do(pkceLine, "", exchangeBody(begin(), challenge))) // as if it were plain
		w.refused(400, "bad_code_verifier", w.do(pkceLine, "", exchangeBody(begin(), "short")))
		for _, body := range []string{exchangeBody(begin(), ""), exchangeBody("", verifier), `{}`, `{"auth_code":["x"],"code_verifier":"x"}`} {
			w.refused(400, "validation_failed", w.do(pkceLine, "", body))
		}
		code = begin()
		w.advance(5*time.Minute + time.Second)
		w.refused(404, "flow_state_not_found", w.do(pkceLine, "", exchangeBody(code, verifier)))

		// The code of a mail is none of a flow, and the other way about.
		w.must(200, w.do("POST /otp", "", annMail))
		m := w.mail(accounts.MailMagicLink, "ann@example.org")
		w.refused(404, "flow_state_not_found", w.do(pkceLine, "", exchangeBody(m.token(w), verifier)))
		w.refused(403, "otp_expired", w.do("POST /verify", "", fmt.Sprintf(`{"type":"magiclink","token_hash":%q}`, begin())))
	})
}

// pkceCode begins a flow by a recovery and returns the code that its link gives.
func (w *world) pkceCode() string {
	w.t.Helper()
	w.advance(time.Minute)
	w.must(200, w.do("POST /recover", "", strings.TrimSuffix(annMail, "}")+`,"code_challenge":"`+challenge+`","code_challenge_method":"s256"}`))
	return w.click(w.mail(accounts.MailRecovery, "ann@example.org")).Query().Get("code")
}

// TestPKCEReplay: a code that is used again ends the session it was exchanged for (RFC 6749 section 4.1.2),
// also with a wrong verifier and after the session was rotated, and no other session.
func TestPKCEReplay(t *testing.T) {
	cookies := func(c *accounts.Config) { confirmed(c); c.Cookies = true }
	engines(t, cookies, func(t *testing.T, w *world) {
		w.account("ann@example.org")
		for _, again := range []string{verifier, strings.Repeat("x", 43)} {
			code := w.pkceCode()
			in := w.must(200, w.do(pkceLine, "", exchangeBody(code, verifier)))
			w.refused(404, "flow_state_not_found", w.do(pkceLine, "", exchangeBody(code, again)))
			w.refused(403, "session_not_found", w.do("GET /user", in.str("access_token"), ""))
			w.refused(400, "session_expired", w.do("POST /token?grant_type=refresh_token", "", `{"refresh_token":"`+in.str("refresh_token")+`"}`))
			w.refused(404, "flow_state_not_found", w.do(pkceLine, "", exchangeBody(code, verifier)))
		}
		code, b := w.pkceCode(), &browser{w: w}
		w.must(200, b.do(pkceLine, exchangeBody(code, verifier)))
		first := b.cookie
		if w.must(200, b.do("PUT /user", `{"password":"another good password"}`)); b.cookie == first {
			t.Fatal("the cookie was not rotated")
		}
		w.refused(404, "flow_state_not_found", w.do(pkceLine, "", exchangeBody(code, verifier)))
		w.refused(403, "session_not_found", b.do("GET /user", ""))
		w.must(200, w.do("POST /token?grant_type=password", "", strings.Replace(ann, "a good", "another good", 1)))
	})
}

// TestPKCEReplayOfOthers: a replayed code does not end other sessions of the user.
func TestPKCEReplayOfOthers(t *testing.T) {
	engines(t, confirmed, func(t *testing.T, w *world) {
		w.account("ann@example.org")
		other := w.must(200, w.do("POST /token?grant_type=password", "", ann))
		code := w.pkceCode()
		w.must(200, w.do(pkceLine, "", exchangeBody(code, verifier)))
		w.refused(404, "flow_state_not_found", w.do(pkceLine, "", exchangeBody(code, verifier)))
		w.must(200, w.do("GET /user", other.str("access_token"), ""))
	})
}

// TestPKCEReplayAtOnce: of simultaneous exchanges of one code at most one succeeds, and no
// session is left.
func TestPKCEReplayAtOnce(t *testing.T) {
	engines(t, confirmed, func(t *testing.T, w *world) {
		w.account("ann@example.org")
		code := w.pkceCode()
		answers := make([]*answer, 8)
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() { answers[i] = w.do(pkceLine, "", exchangeBody(code, verifier)) })
		}
		all.Wait()
		entered := 0
		for _, a := range answers {
			if a.status != 200 {
				w.refused(404, "flow_state_not_found", a)
				continue
			}
			entered++
			w.refused(403, "session_not_found", w.do("GET /user", a.str("access_token"), ""))
		}
		if entered > 1 {
			t.Errorf("%d exchanges succeeded", entered)
		}
	})
}

func TestPKCERefusedAtTheStart(t *testing.T) {
	engines(t, confirmed, func(t *testing.T, w *world) {
		for _, members := range []string{
			`"code_challenge":"short"`, `"code_challenge":"` + strings.Repeat("x", 129) + `"`, `"code_challenge":"` + strings.Repeat("+", 43) + `"`,
			`"code_challenge":"` + challenge + `","code_challenge_method":"none"`, `"code_challenge_method":"s256"`, `"code_challenge":1`,
		} {
			w.refused(400, "validation_failed", w.do("POST /otp", "", `{"email":"ann@example.org",`+members+`}`))
		}
		w.must(200, w.do("POST /otp", "", `{"email":"ann@example.org","code_challenge":null,"code_challenge_method":null,"gotrue_meta_security":{}}`))
	})
}

// TestPage: other sites cannot frame, script or submit the page.
func TestPage(t *testing.T) {
	engines(t, confirmed, func(t *testing.T, w *world) {
		const hostile = `"><script>alert(1)</script>`
		page := w.page(http.MethodGet, "/verify?type=recovery&token="+url.QueryEscape(hostile)+"&redirect_to="+url.QueryEscape(hostile))
		if page.Code != 200 || strings.Contains(page.Body.String(), "<script") {
			t.Errorf("%d %s", page.Code, page.Body)
		}
		for name, want := range map[string]string{
			"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store, no-transform", "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff",
			"Referrer-Policy": "same-origin",
		} {
			if got := page.Header().Get(name); got != want {
				t.Errorf("%s: %q", name, got)
			}
		}
		policy := page.Header().Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self' https://example.test"} {
			if !strings.Contains(policy+";", part+";") {
				t.Errorf("policy %q lacks %q", policy, part)
			}
		}
		if strings.Contains(policy, "unsafe") || strings.Contains(policy, "script-src") {
			t.Errorf("policy %q", policy)
		}
		if head := w.page(http.MethodHead, "/verify?type=recovery&token=x"); head.Code != 200 || head.Body.Len() != 0 {
			t.Errorf("HEAD: %d, %d bytes", head.Code, head.Body.Len())
		}
		for _, target := range []string{"/verify", "/verify?type=recovery", "/verify?token=x", "/verify?token=x&type=x", "/verify?type=recovery&token=" + strings.Repeat("x", 300)} {
			if got := w.page(http.MethodGet, target); got.Code != 400 {
				t.Errorf("%s: %d", target, got.Code)
			}
		}

		w.must(200, w.do("POST /otp", "", annMail))
		m := w.mail(accounts.MailMagicLink, "ann@example.org")
		form := url.Values{"token": {m.token(w)}, "type": {"magiclink"}}
		for _, header := range []http.Header{
			{"Sec-Fetch-Site": {"cross-site"}},
			{"Sec-Fetch-Site": {"same-site"}},
			{"Sec-Fetch-Site": nil, "Origin": {"https://evil.test"}},
			{"Sec-Fetch-Site": nil, "Origin": {"null"}},
		} {
			if got := w.form(form, header); got.Code != http.StatusForbidden {
				t.Errorf("%v: %d %s", header, got.Code, got.Body)
			}
		}
		if got := w.form(form, http.Header{"Sec-Fetch-Site": nil, "Origin": {"https://example.test"}}); got.Code != http.StatusSeeOther {
			t.Errorf("own origin: %d %s", got.Code, got.Body)
		}
	})
}
