package accounts_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/auth/totp"
	"github.com/seed-7694ebf6/plinth/internal/testkit/attacktest"
)

const cookieName = "__Host-plinth-session"

func withCookies(c *accounts.Config) { c.Cookies = true }

// browser is a client that keeps the cookie and sees no tokens.
type browser struct {
	w      *world
	cookie string
}

func (b *browser) request(line, body string) *http.Request {
	r := b.w.request(line, "", body)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if b.cookie != "" {
		r.AddCookie(&http.Cookie{Name: cookieName, Value: b.cookie})
	}
	return r
}

// do sends a request of the application's own page, which asks for a cookie.
func (b *browser) do(line, body string) *answer {
	b.w.t.Helper()
	r := b.request(line, body)
	r.Header.Set("X-Plinth-Session", "cookie")
	return b.send(r)
}

func (b *browser) send(r *http.Request) *answer {
	b.w.t.Helper()
	a := b.w.send(r)
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		if c.Name != cookieName || c.Path != "/" || c.Domain != "" || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode {
			b.w.t.Errorf("cookie %s", c)
		}
		if b.cookie = c.Value; c.MaxAge < 0 {
			b.cookie = ""
		}
	}
	return a
}

// caller is who makes a request of the application's own resources.
func (b *browser) caller(method string, headers ...string) (auth.Principal, error) {
	r := b.request(method+" /rest/v1/notes", "")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return auth.Authenticate(b.w.a.Authenticator(), r)
}

var jwtForm = regexp.MustCompile(`eyJ[\w-]+\.[\w-]+\.`)

// TestCookie: a client that asks for a cookie gets it in place of tokens, and is
// authenticated by it.
func TestCookie(t *testing.T) {
	engines(t, withCookies, func(t *testing.T, w *world) {
		b := &browser{w: w}
		up := w.must(200, b.do("POST /signup", ann))
		if b.cookie == "" || jwtForm.MatchString(up.text) || strings.Contains(up.text, "refresh_token") || up.str("token_type") != "cookie" {
			t.Fatalf("cookie %q, body %s", b.cookie, up.text)
		}
		id := up.body["user"].(map[string]any)["id"]
		if me := w.must(200, b.do("GET /user", "")); me.str("id") != id {
			t.Errorf("user %s", me.text)
		}
		bearer := w.must(200, w.do("POST /token?grant_type=password", "", ann)).str("access_token")
		want, err := w.a.Verify(t.Context(), bearer)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			p, err := b.caller("POST")
			if err != nil || p.ID != id || p.Kind != auth.User || p.AAL != want.AAL || strings.Join(p.Roles, " ") != strings.Join(want.Roles, " ") {
				t.Errorf("caller %v, by token %v: %v", p, want, err)
			}
		}
		b.w.must(204, b.send(b.request("POST /logout?scope=local", "")))
		if b.cookie != "" {
			t.Error("the cookie stays after the logout")
		}
	})
}

// TestCookieRotates: each change of the level of a session replaces its cookie.
func TestCookieRotates(t *testing.T) {
	engines(t, withCookies, func(t *testing.T, w *world) {
		b := &browser{w: w}
		w.must(200, b.do("POST /signup", ann))
		dead := func(old string, why string) {
			t.Helper()
			if old == b.cookie {
				t.Fatalf("%s: the cookie is the same", why)
			}
			thief := &browser{w: w, cookie: old}
			if _, err := thief.caller("GET"); !errors.Is(err, auth.ErrInvalid) {
				t.Errorf("%s: the cookie of before is good: %v", why, err)
			}
			if got := thief.do("GET /user", ""); got.code() != "session_not_found" || thief.cookie != "" {
				t.Errorf("%s: %d, cookie %q", why, got.status, thief.cookie)
			}
			if _, err := b.caller("GET"); err != nil {
				t.Errorf("%s: the cookie is no good: %v", why, err)
			}
		}
		old := b.cookie
		w.must(200, b.send(b.request(passwordLine, ann))) // has a cookie, so needs not ask
		dead(old, "login")

		// A session that goes on as another one, as after a second factor.
		tokens := w.must(200, w.do(passwordLine, "", ann))
		w.must(200, b.do(refreshLine, refreshBody(tokens.str("refresh_token"))))
		old = b.cookie
		next := w.must(200, w.do(refreshLine, "", refreshBody(tokens.str("refresh_token"))))
		w.must(200, b.do(refreshLine, refreshBody(next.str("refresh_token"))))
		dead(old, "the session goes on")
		if got := w.do("GET /user", next.str("access_token"), ""); got.status == 200 {
			t.Error("its tokens of before are good")
		}

		old = b.cookie
		w.must(204, b.do("POST /logout", ""))
		if _, err := (&browser{w: w, cookie: old}).caller("GET"); !errors.Is(err, auth.ErrInvalid) {
			t.Errorf("after the logout: %v", err)
		}
	})
}

// TestCookieStepUp: verifying a second factor sets another cookie, at level 2.
func TestCookieStepUp(t *testing.T) {
	engines(t, withCookies, func(t *testing.T, w *world) {
		b := &browser{w: w}
		w.must(200, b.do("POST /signup", ann))
		if p, err := b.caller("GET"); err != nil || p.AAL != 1 {
			t.Fatalf("caller %v, %v", p, err)
		}
		made := w.must(200, b.do("POST /factors", `{"factor_type":"totp","friendly_name":"phone"}`))
		secret, err := totp.DecodeSecret(made.body["totp"].(map[string]any)["secret"].(string))
		if err != nil {
			t.Fatal(err)
		}
		phone := &app{made.str("id"), secret}
		asked := w.must(200, b.do("POST /factors/"+phone.id+"/challenge", "{}"))
		old := b.cookie
		body := fmt.Sprintf(`{"challenge_id":%q,"code":%q}`, asked.str("id"), phone.code(w, 0))
		in := w.must(200, b.send(b.request("POST /factors/"+phone.id+"/verify", body)))
		if p, err := b.caller("GET"); err != nil || p.AAL != 2 || jwtForm.MatchString(in.text) || b.cookie == old {
			t.Errorf("caller %v, %v; %s", p, err, in.text)
		}
		if _, err := (&browser{w: w, cookie: old}).caller("GET"); !errors.Is(err, auth.ErrInvalid) {
			t.Errorf("the cookie of level 1: %v", err)
		}
		// Without the factor the session goes on, at level 1.
		w.must(200, b.do("DELETE /factors/"+phone.id, ""))
		if p, err := b.caller("GET"); err != nil || p.AAL != 1 {
			t.Errorf("without the factor: %v, %v", p, err)
		}
	})
}

// TestCookieOfFlows: a flow of a browser with a cookie, or that asks for one, ends with a
// cookie and no token. Other flows end with tokens.
func TestCookieOfFlows(t *testing.T) {
	change := func(c *accounts.Config) {
		c.Cookies, c.Providers = true, []accounts.Provider{yes{finished: make(chan struct{}, 10)}}
	}
	engines(t, change, func(t *testing.T, w *world) {
		b := &browser{w: w}
		arrived := func(name string, header http.Header, location string, cookie bool) {
			t.Helper()
			got := b.cookie
			for _, c := range (&http.Response{Header: header}).Cookies() {
				if c.Name == cookieName {
					b.cookie = c.Value
				}
			}
			_, fragment, _ := strings.Cut(location, "#")
			v, err := url.ParseQuery(fragment)
			if err != nil || !cookie {
				if v.Get("access_token") == "" || b.cookie != got {
					t.Errorf("%s: sent to %s, cookie %q", name, location, b.cookie)
				}
				return
			}
			if v.Get("token_type") != "cookie" || strings.Contains(location, "access") || strings.Contains(location, "refresh") || b.cookie == got {
				t.Errorf("%s: sent to %s, cookie %q", name, location, b.cookie)
			}
			if _, err := b.caller("GET"); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if _, err := (&browser{w: w, cookie: got}).caller("GET"); got != "" && !errors.Is(err, auth.ErrInvalid) {
				t.Errorf("%s: the cookie of before: %v", name, err)
			}
		}
		click := func(cookie string) (http.Header, string) {
			m := w.mail(accounts.MailMagicLink, "ann@example.org")
			sent := http.Header{}
			if cookie != "" {
				sent.Set("Cookie", cookieName+"="+cookie)
			}
			rec := w.form(url.Values{"token": {m.token(w)}, "type": {"magiclink"}}, sent)
			return rec.Header(), rec.Header().Get("Location")
		}
		w.must(200, w.do("POST /signup", "", ann))
		w.must(200, w.do("POST /otp", "", annMail))
		header, to := click("")
		arrived("link of a client with tokens", header, to, false)
		w.advance(time.Minute)
		w.must(200, b.do("POST /otp", annMail))
		header, to = click("")
		arrived("link of a client that asks for a cookie", header, to, true)
		w.advance(time.Minute)
		w.must(200, w.do("POST /otp", "", annMail))
		header, to = click(b.cookie)
		arrived("link in a browser with a cookie", header, to, true)

		login := func(cookie string) (http.Header, string) {
			at := w.tab()
			if cookie != "" {
				at.cookies[cookieName] = cookie
			}
			p := at.open("/callback/yes?code=x&state="+at.open("/authorize?provider=yes", nil).query("state"), nil)
			return p.header, p.header.Get("Location")
		}
		header, to = login("")
		arrived("provider, with tokens", header, to, false)
		header, to = login(b.cookie)
		arrived("provider, with a cookie", header, to, true)
	})
}

// TestCookieEnds: the cookie lasts as long as its session, and use extends it.
func TestCookieEnds(t *testing.T) {
	engines(t, withCookies, func(t *testing.T, w *world) {
		b := &browser{w: w}
		w.must(200, b.do("POST /signup", ann))
		for day := 10; day < 30; day += 10 {
			w.advance(10 * 24 * time.Hour)
			if _, err := b.caller("GET"); err != nil {
				t.Fatalf("day %d: %v", day, err)
			}
		}
		w.advance(10*24*time.Hour + time.Second)
		if _, err := b.caller("GET"); !errors.Is(err, auth.ErrInvalid) {
			t.Errorf("after thirty days: %v", err)
		}
		w.must(200, b.do(passwordLine, ann))
		w.advance(15 * 24 * time.Hour)
		if _, err := b.caller("GET"); !errors.Is(err, auth.ErrInvalid) {
			t.Errorf("unused for fifteen days: %v", err)
		}
	})
}

// TestCookieForged: no other secret works as a cookie, and a cookie works as no other
// secret.
func TestCookieForged(t *testing.T) {
	engines(t, withCookies, func(t *testing.T, w *world) {
		b := &browser{w: w}
		tokens := w.must(200, w.do("POST /signup", "", ann))
		access := tokens.str("access_token")
		w.must(200, w.do("GET /user", access, "")) // so that it is remembered
		w.must(200, b.do(passwordLine, ann))
		forged := tampered(t, b.cookie, 0, 15, 16, 47) // of the session, of the code that authenticates it
		for _, value := range append(forged, b.cookie+"A", b.cookie[:len(b.cookie)-2], access, tokens.str("refresh_token"), "x") {
			if _, err := (&browser{w: w, cookie: value}).caller("GET"); !errors.Is(err, auth.ErrInvalid) {
				t.Errorf("%q is taken: %v", value, err)
			}
		}
		if got := w.do("GET /user", b.cookie, ""); got.status != 401 {
			t.Errorf("the cookie as an access token: %d", got.status)
		}
		if got := w.do(refreshLine, "", refreshBody(b.cookie)); got.status != 400 {
			t.Errorf("the cookie as a refresh token: %d", got.status)
		}
		r := b.request("GET /user", "")
		r.AddCookie(&http.Cookie{Name: cookieName, Value: "planted"})
		if got := w.send(r); got.status != 401 {
			t.Errorf("with a cookie planted beside: %d", got.status)
		}
	})
}

// TestCookieLife: a cookie ends with the lifetime of its session, despite use.
func TestCookieLife(t *testing.T) {
	engines(t, withCookies, func(t *testing.T, w *world) {
		b := &browser{w: w}
		w.must(200, b.do("POST /signup", ann))
		for range 2 {
			w.advance(10 * 24 * time.Hour)
			w.must(200, b.do("GET /user", ""))
		}
		w.advance(10*24*time.Hour - time.Minute)
		w.must(200, b.do("GET /user", ""))
		w.advance(time.Minute)
		if got := b.do("GET /user", ""); got.status == 200 {
			t.Errorf("after the lifetime of the session: %d", got.status)
		}
	})
}

// TestCookieOfEndedSession: the cookie of an ended session is refused, also when the list
// of ended sessions, which covers the life of access tokens, has dropped it.
func TestCookieOfEndedSession(t *testing.T) {
	engines(t, withCookies, func(t *testing.T, w *world) {
		b := &browser{w: w}
		w.must(200, b.do("POST /signup", ann))
		cookie := b.cookie
		w.must(204, b.do("POST /logout", ""))
		w.advance(2 * time.Hour)
		a, err := accounts.New(w.db, w.cfg) // it reads the list as it is now
		if err != nil {
			t.Fatal(err)
		}
		late := &browser{w: &world{t: t, db: w.db, a: a, now: w.now}, cookie: cookie}
		if p, err := late.caller("GET"); !errors.Is(err, auth.ErrInvalid) {
			t.Errorf("%v, %v, want that the cookie is not valid", p, err)
		}
	})
}

// TestCookieOff: without the setting cookies are neither set nor accepted.
func TestCookieOff(t *testing.T) {
	engines(t, withCookies, func(t *testing.T, w *world) {
		b := &browser{w: w}
		w.must(200, b.do("POST /signup", ann))
		on := b.cookie
		cfg := w.cfg
		cfg.Cookies = false
		a, err := accounts.New(w.db, cfg)
		if err != nil {
			t.Fatal(err)
		}
		off := &browser{w: &world{t: t, db: w.db, a: a, now: w.now}}
		if got := w.must(200, off.do(passwordLine, ann)); got.str("access_token") == "" || off.cookie != "" {
			t.Errorf("%s with %v", got.text, got.header)
		}
		off.cookie = on
		if p, err := off.caller("GET"); err != nil || p.Kind != auth.Anonymous {
			t.Errorf("caller %v, %v", p, err)
		}
	})
}

// elsewhere are the headers of pages of other origins. The last is the own host by plain
// HTTP, which a browser that is too old for Sec-Fetch-Site is not refused for where Host
// says the same, see http.CrossOriginProtection.
var elsewhere = append(attacktest.OtherPages("example.test"), []string{"Origin", "http://example.test"})

var here = [][]string{
	{"Sec-Fetch-Site", "same-origin"},
	{"Sec-Fetch-Site", "none"},
	{"Origin", "https://example.test"},
	{"Sec-Fetch-Site", "same-site", "Origin", "https://app.example.test"},
	{},
}

// TestCookieCSRF: a page of another origin can change nothing by the cookie, with any route
// and method.
func TestCookieCSRF(t *testing.T) {
	change := func(c *accounts.Config) { c.Cookies, c.CookieOrigins = true, []string{"https://app.example.test"} }
	engines(t, change, func(t *testing.T, w *world) {
		b := &browser{w: w}
		w.must(200, b.do("POST /signup", ann))
		send := func(method, path string, headers []string, change func(*http.Request)) *answer {
			r := w.request(method+" /"+path, "", "{}")
			for i := 0; i < len(headers); i += 2 {
				r.Header.Set(headers[i], headers[i+1])
			}
			change(r)
			return w.send(r)
		}
		cookie := func(r *http.Request) { r.AddCookie(&http.Cookie{Name: cookieName, Value: b.cookie}) }
		asking := func(r *http.Request) { r.Header.Set("X-Plinth-Session", "cookie") }
		basic := func(r *http.Request) { cookie(r); r.SetBasicAuth("a", "b") }
		key := func(r *http.Request) { cookie(r); r.Header.Set("Apikey", "sb_publishable_0123456789") }
		params := regexp.MustCompile(`\{\w+\}`)
		for _, rt := range accounts.Routes() {
			path := params.ReplaceAllString(rt[1], "0192f0c1-2345-7abc-8def-0123456789ab")
			for _, method := range []string{rt[0], "POST", "PUT", "PATCH", "DELETE"} {
				if method == http.MethodGet || method == http.MethodHead {
					continue
				}
				for _, headers := range elsewhere {
					for _, change := range []func(*http.Request){cookie, asking, basic, key} {
						if got := send(method, path, headers, change); got.status != 403 || got.code() != "cross_origin_request" {
							t.Errorf("%s /%s from %v: %d %s", method, path, headers, got.status, got.text)
						}
					}
				}
			}
		}
		for _, headers := range here {
			if got := send("POST", "token?grant_type=password", headers, asking); got.code() != "invalid_credentials" {
				t.Errorf("login from %v: %d %s", headers, got.status, got.text)
			}
		}
		b.w.must(200, b.do("GET /user", "")) // nothing of all that has ended the session
	})
}

// TestCookieCSRFOfResources: nor can it by the resources that accounts protect.
func TestCookieCSRFOfResources(t *testing.T) {
	engines(t, withCookies, func(t *testing.T, w *world) {
		b := &browser{w: w}
		w.must(200, b.do("POST /signup", ann))
		token := w.must(200, w.do(passwordLine, "", ann)).str("access_token")
		caller := func(method string, headers []string, bearer string) (auth.Principal, error) {
			r := w.request(method+" /rest/v1/notes", bearer, "")
			r.AddCookie(&http.Cookie{Name: cookieName, Value: b.cookie})
			for i := 0; i < len(headers); i += 2 {
				r.Header.Set(headers[i], headers[i+1])
			}
			return auth.Authenticate(w.a.Authenticator(), r)
		}
		for _, headers := range elsewhere {
			for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
				if _, err := caller(method, headers, ""); !errors.Is(err, auth.ErrCrossOrigin) {
					t.Errorf("%s from %v: %v", method, headers, err)
				}
				if p, err := caller(method, headers, token); err != nil || p.Kind != auth.User {
					t.Errorf("%s from %v with a token: %v", method, headers, err)
				}
			}
			if p, err := caller("GET", headers, ""); err != nil || p.Kind != auth.User {
				t.Errorf("GET from %v: %v", headers, err)
			}
			if _, err := caller("GET", append([]string{"Upgrade", "websocket"}, headers...), ""); !errors.Is(err, auth.ErrCrossOrigin) {
				t.Errorf("WebSocket from %v: %v", headers, err)
			}
		}
	})
}

// TestA52 is case A-52: no answer of the accounts may be stored by caches.
func TestA52(t *testing.T) {
	engines(t, withCookies, func(t *testing.T, w *world) {
		b := &browser{w: w}
		answers := []*answer{
			b.do("POST /signup", ann), b.do(passwordLine, ann), b.do("GET /user", ""), b.do(passwordLine, `{}`), b.do("GET /nothing", ""),
			b.do("PUT /token", ""), w.do("GET /user", "", ""), w.do("GET /user", "x", ""), w.do(passwordLine, "", ann), w.do("HEAD /user", "", ""),
		}
		r := b.request("GET /user", "")
		r.Header.Set("If-None-Match", "*")
		answers = append(answers, b.send(r), b.do("POST /logout", ""))
		for _, rt := range accounts.Routes() {
			if !strings.HasPrefix(rt[1], ".well-known/") { // of nobody
				answers = append(answers, b.do(rt[0]+" /"+rt[1], "{}"))
			}
		}
		for _, a := range answers {
			want := "no-store, no-transform"
			if a.status >= 400 {
				want = "no-store" // errors tell no secrets
			}
			if a.header.Get("Cache-Control") != want || a.header.Get("ETag") != "" {
				t.Errorf("%d %s: %v", a.status, a.text, a.header)
			}
		}
	})
}

// TestCookieOriginsInAnyForm: an origin is trusted in the form that browsers send, whatever
// its form in the configuration.
func TestCookieOriginsInAnyForm(t *testing.T) {
	engines(t, func(c *accounts.Config) { c.Cookies, c.CookieOrigins = true, []string{"https://App.example.test:443"} }, func(_ *testing.T, w *world) {
		b := &browser{w: w}
		w.must(200, b.do("POST /signup", ann))
		r := w.request("PUT /user", "", `{"data":{}}`)
		r.AddCookie(&http.Cookie{Name: cookieName, Value: b.cookie})
		r.Header.Set("Sec-Fetch-Site", "same-site")
		r.Header.Set("Origin", "https://app.example.test")
		w.must(200, w.send(r))
	})
}

// TestReauthenticationCSRF: GET /reauthenticate sends a code and invalidates earlier ones,
// so a page of another origin cannot make a browser request it.
func TestReauthenticationCSRF(t *testing.T) {
	engines(t, func(c *accounts.Config) { c.Cookies, c.CookieOrigins = true, []string{"https://app.example.test"} }, func(t *testing.T, w *world) {
		b := &browser{w: w}
		w.must(200, b.do("POST /signup", ann))
		ask := func(headers []string) *answer {
			r := w.request("GET /reauthenticate", "", "")
			r.AddCookie(&http.Cookie{Name: cookieName, Value: b.cookie})
			for i := 0; i < len(headers); i += 2 {
				r.Header.Set(headers[i], headers[i+1])
			}
			return w.send(r)
		}
		for _, headers := range elsewhere {
			w.must(403, ask(headers))
		}
		if mails := w.mails(); len(mails) != 0 {
			t.Errorf("%d mails", len(mails))
		}
		for _, headers := range here {
			w.must(200, ask(headers))
			w.mail(accounts.MailReauthentication, "ann@example.org")
			w.advance(2 * time.Minute)
		}
	})
}
