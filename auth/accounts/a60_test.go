package accounts_test

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/auth/authtest"
)

// with returns a copy of an answer with a parameter changed; no value removes it.
func with(answer url.Values, name string, values ...string) url.Values {
	out := url.Values{}
	for n, v := range answer {
		out[n] = slices.Clone(v)
	}
	if out[name] = values; len(values) == 0 {
		delete(out, name)
	}
	return out
}

const canary = "canary<script>\r\nX: y"

// refused checks that a browser got no session: it is sent to the application with an
// error of ours, and with nothing of what others have written.
func (b *tab) refused(name, code, redirect string, p *page) {
	b.w.t.Helper()
	if p.status != http.StatusSeeOther || p.to == nil {
		b.w.t.Errorf("%s: %d %s", name, p.status, p.text)
		return
	}
	location := p.header.Get("Location")
	if !strings.HasPrefix(location, redirect+"?") || p.query("error_code") != code || p.fragment().Get("error_code") != code {
		b.w.t.Errorf("%s: sent to %s", name, location)
	}
	if p.query("code") != "" || strings.Contains(location, "token=") || strings.Contains(strings.ToLower(location), "canary") || strings.Contains(location, "%0D") {
		b.w.t.Errorf("%s: sent to %s", name, location)
	}
	if p.header.Get("Cache-Control") != "no-store, no-transform" || p.header.Get("Referrer-Policy") != "no-referrer" {
		b.w.t.Errorf("%s: %v", name, p.header)
	}
}

// TestA60 is case A-60: no invalid callback gives a session, and each uses up its state.
func TestA60(t *testing.T) {
	const app = "https://app.example.test/in"
	const begin = "&redirect_to=" + app
	const badState, badAnswer = "bad_oauth_state", "bad_oauth_callback"
	providers(t, nil, func(t *testing.T, w *world, f fakes) {
		tests := []struct {
			name     string
			code     string
			redirect string
			fault    authtest.Fault
			change   func(b *tab, back url.Values) (*tab, string, url.Values)
		}{
			{"NoCookie", badState, siteURL, "", func(_ *tab, v url.Values) (*tab, string, url.Values) { return w.tab(), "trusted", v }},
			{"OtherBrowser", badState, siteURL, "", func(_ *tab, v url.Values) (*tab, string, url.Values) {
				other := w.tab()
				other.leave(f.trusted, "trusted", "")
				return other, "trusted", v
			}},
			{"OtherProvider", badState, siteURL, "", func(b *tab, v url.Values) (*tab, string, url.Values) { return b, "other", v }},
			{"UnknownProvider", badState, siteURL, "", func(b *tab, v url.Values) (*tab, string, url.Values) { return b, "nobody", v }},
			{"NoState", badState, siteURL, "", func(b *tab, v url.Values) (*tab, string, url.Values) { return b, "trusted", with(v, "state") }},
			{"TwoStates", badState, siteURL, "", func(b *tab, v url.Values) (*tab, string, url.Values) {
				return b, "trusted", with(v, "state", v.Get("state"), v.Get("state"))
			}},
			{"MadeUpState", badState, siteURL, "", func(b *tab, v url.Values) (*tab, string, url.Values) {
				return b, "trusted", with(v, "state", canary)
			}},
			{"UsedState", badState, siteURL, "", func(b *tab, v url.Values) (*tab, string, url.Values) {
				if p := b.open("/callback/trusted?"+v.Encode(), nil); p.fragment().Get("access_token") == "" {
					t.Errorf("the first use: %d %v", p.status, p.to)
				}
				return b, "trusted", v
			}},
			{"ExpiredState", badState, siteURL, "", func(b *tab, v url.Values) (*tab, string, url.Values) {
				w.advance(10*time.Minute + time.Second)
				return b, "trusted", v
			}},
			{"WrongNonce", badAnswer, app, authtest.FaultNonce, nil},
			{"NoNonce", badAnswer, app, authtest.FaultNonceMissing, nil},
			{"WrongIss", badAnswer, app, authtest.FaultIss, nil},
			{"MissingIss", badAnswer, app, authtest.FaultIssMissing, nil},
			{"WrongIssOfToken", badAnswer, app, authtest.FaultIssuer, nil},
			{"Denied", badAnswer, app, authtest.FaultDenied, nil},
			{"Down", "unexpected_failure", app, authtest.FaultTokenDown, nil},
			{"ErrorAndCode", badAnswer, app, "", func(b *tab, v url.Values) (*tab, string, url.Values) {
				return b, "trusted", with(v, "error", "access_denied")
			}},
			{"NoCode", badAnswer, app, "", func(b *tab, v url.Values) (*tab, string, url.Values) { return b, "trusted", with(v, "code") }},
			{"CodeOfAnother", badAnswer, app, "", func(b *tab, v url.Values) (*tab, string, url.Values) {
				return b, "trusted", with(v, "code", w.tab().leave(f.trusted, "trusted", "").Get("code"))
			}},
			{"Reflection", "unexpected_failure", app, "", func(b *tab, v url.Values) (*tab, string, url.Values) {
				return b, "trusted", with(with(with(v, "code"), "error", canary), "error_description", canary)
			}},
			{"RedirectInCallback", badAnswer, app, "", func(b *tab, v url.Values) (*tab, string, url.Values) {
				return b, "trusted", with(with(v, "redirect_to", "https://canary.example"), "code")
			}},
		}
		for _, tt := range tests {
			b := w.tab()
			f.trusted.Fail(tt.fault)
			back := b.leave(f.trusted, "trusted", begin)
			provider, sent := "trusted", back
			if tt.change != nil {
				b, provider, sent = tt.change(b, back)
			}
			p := b.open("/callback/"+provider+"?"+sent.Encode(), nil)
			b.refused(tt.name, tt.code, tt.redirect, p)
			f.trusted.Fail(authtest.FaultNone)
			if slices.Equal(sent["state"], back["state"]) { // it is spent
				b.refused(tt.name+" again", badState, siteURL, b.open("/callback/trusted?"+back.Encode(), nil))
			}
		}
	})
}

// TestA60Redirect: a login leads to an address that the configuration allows, otherwise to
// the application.
func TestA60Redirect(t *testing.T) {
	providers(t, nil, func(t *testing.T, w *world, f fakes) {
		for _, wrong := range []string{
			"//evil.example", `/\evil.example`, "https:evil.example", "javascript:alert(1)", "https://app.example.test@evil.example/",
			"https://app.example.test.evil.example/", "https://evil.example/\r\nSet-Cookie: a=b", "https://app.example.test/..;/x", "https://app.example.test/%2e%2e/x",
			"https://app.example.test/\\evil", "https://app.example.test:444/", "http://app.example.test/", "https://APP.example.test/", "https://app.example.test/#x", "", "data:text/html,x",
		} {
			p := w.tab().login(f.trusted, "trusted", pkce+challengeOf(testVerifier)+"&redirect_to="+url.QueryEscape(wrong))
			if location := p.header.Get("Location"); p.query("code") == "" || !strings.HasPrefix(location, siteURL+"?code=") {
				t.Errorf("%q: sent to %s", wrong, location)
			}
		}
		for _, right := range []string{siteURL, "https://app.example.test", "https://app.example.test/a/b?c=d"} {
			p := w.tab().login(f.trusted, "trusted", pkce+challengeOf(testVerifier)+"&redirect_to="+url.QueryEscape(right))
			if location := p.header.Get("Location"); p.query("code") == "" || !strings.HasPrefix(location, right) {
				t.Errorf("%q: sent to %s", right, location)
			}
		}
	})
}

// TestAuthorizeRefused: an invalid request to authorize begins no login, and HEAD neither
// begins nor ends one.
func TestAuthorizeRefused(t *testing.T) {
	providers(t, nil, func(t *testing.T, w *world, f fakes) {
		for target, code := range map[string]string{
			"/authorize":                "validation_failed",
			"/authorize?provider=email": "validation_failed",
			"/authorize?provider=trusted&code_challenge=short":                            "validation_failed",
			"/authorize?provider=trusted&code_challenge_method=s256":                      "validation_failed",
			"/authorize?provider=trusted&scopes=" + url.QueryEscape("a \"b\""):            "validation_failed",
			"/authorize?provider=trusted&prompt=nothing":                                  "validation_failed",
			"/authorize?provider=trusted" + pkce + challengeOf(testVerifier) + "%00":      "validation_failed",
			"/authorize?provider=trusted&login_hint=" + strings.Repeat("x", 400):          "validation_failed",
			"/authorize?provider=trusted&hd=" + strings.Repeat("x", 600) + "&scopes=good": "validation_failed",
		} {
			if got := w.do("GET "+target, "", ""); got.status != 400 || got.code() != code || got.header.Get("Set-Cookie") != "" {
				t.Errorf("%s: %d %s", target, got.status, got.text)
			}
		}
		if got := w.do("HEAD /authorize?provider=trusted", "", ""); got.status != 405 {
			t.Errorf("HEAD: %d", got.status)
		}
		f.other.Fail(authtest.FaultDiscoveryDown)
		if got := w.do("GET /authorize?provider=other", "", ""); got.status != 503 {
			t.Errorf("a provider that is down: %d %s", got.status, got.text)
		}
		b := w.tab()
		back := b.leave(f.trusted, "trusted", "&scopes=calendar&prompt=consent&access_type=offline&unknown=x")
		if got := w.do("HEAD /callback/trusted?"+back.Encode(), "", ""); got.status != 405 {
			t.Errorf("HEAD: %d", got.status)
		}
		if got := w.do("POST /callback/trusted", "", `{}`); got.status != 415 {
			t.Errorf("JSON: %d %s", got.status, got.text)
		}
		if p := b.open("/callback/trusted?"+back.Encode(), nil); p.fragment().Get("access_token") == "" {
			t.Errorf("after HEAD: %d %v", p.status, p.to)
		}
	})
}

// TestAuthorizeAsks checks the parameters that are sent to the provider, and the cookie of
// the flow.
func TestAuthorizeAsks(t *testing.T) {
	providers(t, nil, func(t *testing.T, w *world, f fakes) {
		b := w.tab()
		p := b.open("/authorize?provider=trusted&scopes=calendar+mail&prompt=consent&access_type=offline&login_hint=ada&unknown=x&apikey=y&redirect_uri=https://evil.example&state=z&client_id=q", nil)
		q := p.to.Query()
		for name, want := range map[string]string{
			"scope": "openid email profile calendar mail", "prompt": "consent", "access_type": "offline", "login_hint": "ada", "unknown": "", "apikey": "",
			"redirect_uri": publicURL + "/callback/trusted", "client_id": authtest.ClientID, "code_challenge_method": "S256",
		} {
			if q.Get(name) != want {
				t.Errorf("%s is %q", name, q.Get(name))
			}
		}
		cookie := p.header.Get("Set-Cookie")
		for _, want := range []string{"__Host-plinth-login=", "Path=/", "Max-Age=600", "HttpOnly", "Secure", "SameSite=Lax"} {
			if !strings.Contains(cookie, want) {
				t.Errorf("cookie %q has no %s", cookie, want)
			}
		}
		// A second tab does not disturb the first.
		one := b.leave(f.trusted, "trusted", "")
		two := b.leave(f.trusted, "trusted", "")
		for _, back := range []url.Values{one, two} {
			if p := b.open("/callback/trusted?"+back.Encode(), nil); p.fragment().Get("access_token") == "" {
				t.Errorf("a tab: %d %v", p.status, p.to)
			}
		}
		got := w.must(200, w.do("GET /authorize?provider=trusted&skip_http_redirect=true", "", ""))
		if !strings.HasPrefix(got.str("url"), f.trusted.Issuer()+"/authorize?") {
			t.Errorf("url %s", got.text)
		}
	})
}

// yes is a provider that believes everybody: what it is asked was let through.
type yes struct {
	form     bool
	careless bool // its states are short, and its users have no names
	finished chan struct{}
}

func (yes) Name() string { return "yes" }

func (y yes) Begin(_ context.Context, opts auth.LoginOptions) (string, auth.Flow, error) {
	flow := auth.Flow{Provider: "yes", State: rand.Text(), Nonce: "n", Verifier: "v", RedirectURI: opts.RedirectURI, FormPost: y.form}
	if y.careless && opts.Prompt == "short" {
		flow.State = "short"
	}
	return "https://yes.example/?state=" + flow.State, flow, nil
}

func (y yes) Finish(context.Context, auth.Flow, url.Values) (auth.Identity, auth.ProviderTokens, error) {
	if y.finished != nil {
		y.finished <- struct{}{}
	}
	if y.careless {
		return auth.Identity{Issuer: "https://yes.example"}, auth.ProviderTokens{}, nil
	}
	return auth.Identity{Issuer: "https://yes.example", Subject: "ada"}, auth.ProviderTokens{Access: "access", Refresh: "refresh"}, nil
}

// TestStateOnce: of fifty simultaneous callbacks with one state one succeeds.
func TestStateOnce(t *testing.T) {
	y := yes{finished: make(chan struct{}, 1000)}
	engines(t, func(c *accounts.Config) { c.Providers = []accounts.Provider{y} }, func(t *testing.T, w *world) {
		b := w.tab()
		state := b.open("/authorize?provider=yes", nil).query("state")
		var wg sync.WaitGroup
		var mu sync.Mutex
		let := 0
		for range 50 {
			mine := &tab{w, map[string]string{"__Host-plinth-login": b.cookies["__Host-plinth-login"]}}
			wg.Go(func() {
				p := mine.open("/callback/yes?code=x&state="+state, nil)
				mu.Lock()
				defer mu.Unlock()
				if p.fragment().Get("access_token") != "" && p.fragment().Get("provider_refresh_token") == "refresh" {
					let++
				} else {
					mine.refused("parallel", "bad_oauth_state", siteURL, p)
				}
			})
		}
		wg.Wait()
		if let != 1 {
			t.Errorf("%d of 50 were let through", let)
		}
	})
}

// TestFirstLogins: twenty simultaneous first logins of one person make one account.
func TestFirstLogins(t *testing.T) {
	y := yes{finished: make(chan struct{}, 1000)}
	engines(t, func(c *accounts.Config) { c.Providers = []accounts.Provider{y} }, func(t *testing.T, w *world) {
		var wg sync.WaitGroup
		users := make([]any, 20)
		for i := range users {
			wg.Go(func() {
				b := w.tab()
				state := b.open("/authorize?provider=yes"+pkce+challengeOf(testVerifier), nil).query("state")
				users[i] = userOf(b.exchange(b.open("/callback/yes?code=x&state="+state, nil), testVerifier))["id"]
			})
		}
		wg.Wait()
		for _, id := range users {
			if id == nil || id != users[0] {
				t.Fatalf("users %v", users)
			}
		}
	})
}

// TestFormPost: a provider with response_mode=form_post can only call back by a form, with
// a cookie of its own that is SameSite=None.
func TestFormPost(t *testing.T) {
	y := yes{form: true, finished: make(chan struct{}, 1000)}
	engines(t, func(c *accounts.Config) { c.Providers = []accounts.Provider{y} }, func(t *testing.T, w *world) {
		b := w.tab()
		begun := func() string {
			p := b.open("/authorize?provider=yes", nil)
			if cookie := p.header.Get("Set-Cookie"); !strings.Contains(cookie, "__Host-plinth-login-post=") || !strings.Contains(cookie, "SameSite=None") || !strings.Contains(cookie, "Secure") {
				t.Errorf("cookie %q", cookie)
			}
			return p.query("state")
		}
		b.refused("by a query", "bad_oauth_state", siteURL, b.open("/callback/yes?code=x&state="+begun(), nil))
		state := begun()
		b.refused("with the state in the query", "bad_oauth_state", siteURL, b.open("/callback/yes?state="+state, url.Values{"code": {"x"}}))
		form := url.Values{"code": {"x"}, "state": {state}}
		b.refused("of another browser", "bad_oauth_state", siteURL, w.tab().open("/callback/yes", form))
		form.Set("state", begun())
		p := b.open("/callback/yes", form, "Origin", "https://yes.example", "Sec-Fetch-Site", "cross-site")
		if p.fragment().Get("access_token") == "" {
			t.Errorf("by a form: %d %v", p.status, p.to)
		}
	})
}

// TestCarelessProvider: a provider with guessable states, or without a subject, logs nobody
// in.
func TestCarelessProvider(t *testing.T) {
	engines(t, func(c *accounts.Config) { c.Providers = []accounts.Provider{yes{careless: true}} }, func(t *testing.T, w *world) {
		if got := w.do("GET /authorize?provider=yes&prompt=short", "", ""); got.status != 500 {
			t.Errorf("a short state: %d %s", got.status, got.text)
		}
		b := w.tab()
		state := b.open("/authorize?provider=yes", nil).query("state")
		b.refused("nobody", "unexpected_failure", siteURL, b.open("/callback/yes?code=x&state="+state, nil))
	})
}
