package accounts_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/auth/authtest"
	"github.com/seed-7694ebf6/plinth/auth/oidc"
	"github.com/seed-7694ebf6/plinth/store/storetest"
)

const (
	siteURL      = "https://example.test"
	testVerifier = "a-verifier-of-at-least-43-characters-0123456789"
)

func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

type authtestProvider = authtest.Provider

// fakes are the providers of a test: one that is believed for every address and one
// that is believed for none.
type fakes struct{ trusted, other *authtest.Provider }

func newFakes(t *testing.T) fakes { return fakes{authtest.NewProvider(t), authtest.NewProvider(t)} }

// config gives accounts the fakes.
func (f fakes) config(t *testing.T) func(*accounts.Config) {
	return func(c *accounts.Config) {
		c.ManualLinking = true
		c.Anonymous = true
		c.RedirectURLs = []string{"https://app.example.test/*"}
		for name, fake := range map[string]*authtest.Provider{"trusted": f.trusted, "other": f.other} {
			cfg := oidc.Config{
				Name: name, Issuer: fake.Issuer(), ClientID: authtest.ClientID, ClientSecret: authtest.ClientSecret, InsecureLoopback: true,
			}
			if name == "trusted" {
				cfg.TrustEmail = []string{"*"}
			}
			p, err := oidc.New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			c.Providers = append(c.Providers, p)
		}
	}
}

// providers runs a test on both engines, each with providers of its own.
func providers(t *testing.T, change func(*accounts.Config), test func(t *testing.T, w *world, f fakes), opts ...storetest.Option) {
	t.Helper()
	var made sync.Map // fakes by the first of the providers
	engines(t, func(c *accounts.Config) {
		f := newFakes(t)
		f.config(t)(c)
		made.Store(c.Providers[0], f)
		if change != nil {
			change(c)
		}
	}, func(t *testing.T, w *world) {
		f, _ := made.Load(w.cfg.Providers[0])
		test(t, w, f.(fakes))
	}, opts...)
}

// tab keeps the cookies of one.
type tab struct {
	w       *world
	cookies map[string]string
}

func (w *world) tab() *tab { return &tab{w, map[string]string{}} }

// page is what a browser is answered.
type page struct {
	status int
	header http.Header
	text   string
	to     *url.URL // where it is sent
}

// open asks for an address of the accounts; a form is posted.
func (b *tab) open(target string, form url.Values, headers ...string) *page {
	b.w.t.Helper()
	method, body := http.MethodGet, ""
	if form != nil {
		method, body = http.MethodPost, form.Encode()
	}
	r := httptest.NewRequestWithContext(b.w.t.Context(), method, target, strings.NewReader(body))
	r.RemoteAddr = "192.0.2.1:1234"
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	rec := httptest.NewRecorder()
	b.w.a.ServeHTTP(rec, r)
	for _, c := range rec.Result().Cookies() {
		b.cookies[c.Name] = c.Value
	}
	p := &page{status: rec.Code, header: rec.Header(), text: rec.Body.String()}
	if location := rec.Header().Get("Location"); location != "" {
		var err error
		if p.to, err = url.Parse(location); err != nil {
			b.w.t.Fatal(err)
		}
	}
	return p
}

// query is one parameter of where a browser is sent.
func (p *page) query(name string) string {
	if p.to == nil {
		return ""
	}
	return p.to.Query().Get(name)
}

// fragment are the parameters behind #.
func (p *page) fragment() url.Values {
	if p.to == nil {
		return nil
	}
	v, err := url.ParseQuery(p.to.Fragment)
	if err != nil {
		return nil
	}
	return v
}

// leave begins a login and returns what the provider answers.
func (b *tab) leave(fake *authtest.Provider, provider, more string) url.Values {
	b.w.t.Helper()
	p := b.open("/authorize?provider="+provider+more, nil)
	if p.status != http.StatusFound {
		b.w.t.Fatalf("authorize: %d %s", p.status, p.text)
	}
	return fake.Authorize(p.to.String())
}

// login goes through a login.
func (b *tab) login(fake *authtest.Provider, provider, more string) *page {
	b.w.t.Helper()
	back := b.leave(fake, provider, more)
	return b.open("/callback/"+provider+"?"+back.Encode(), nil)
}

const pkce = "&code_challenge_method=s256&code_challenge="

// session goes through a login with PKCE and exchanges its code.
func (b *tab) session(fake *authtest.Provider, provider string) *answer {
	b.w.t.Helper()
	p := b.login(fake, provider, pkce+challengeOf(testVerifier))
	return b.exchange(p, testVerifier)
}

// exchange exchanges the code that a browser has come with.
func (b *tab) exchange(p *page, verifier string) *answer {
	b.w.t.Helper()
	if p.query("code") == "" {
		b.w.t.Fatalf("no code: %d %v %s", p.status, p.to, p.text)
	}
	return b.w.do("POST /token?grant_type=pkce", "", `{"auth_code":"`+p.query("code")+`","code_verifier":"`+verifier+`"}`)
}

// userOf is the user in a session's answer.
func userOf(a *answer) map[string]any {
	u, _ := a.body["user"].(map[string]any)
	return u
}

// identitiesOf are the providers of a user's identities.
func identitiesOf(u map[string]any) (names []string) {
	list, _ := u["identities"].([]any)
	for _, i := range list {
		names = append(names, i.(map[string]any)["provider"].(string))
	}
	return names
}

// claimsOf reads the claims of a token.
func claimsOf(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("no token: %q", token)
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(raw, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

// sql changes the database behind the back of accounts.
func (w *world) sql(text string, args ...any) {
	w.t.Helper()
	if _, err := w.db.Bun().ExecContext(w.t.Context(), text, args...); err != nil {
		w.t.Fatal(err)
	}
}
