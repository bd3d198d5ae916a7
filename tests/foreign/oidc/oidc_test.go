package oidc_test

import (
	"encoding/json"
	"errors"
	"html"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/oidc"
)

const (
	clientSecret = "secret-of-the-client-0123456789abcdef" // as in provider.mjs
	callbackURI  = "https://notes.example/callback"
)

// clock is a time that tests set.
type clock struct{ ahead atomic.Int64 }

func (c *clock) Now() time.Time          { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) advance(d time.Duration) { c.ahead.Add(int64(d)) }

func newProvider(t *testing.T, issuer, client, secret string, c *clock) *oidc.Provider {
	t.Helper()
	return named(t, "foreign", issuer, client, secret, c)
}

func named(t *testing.T, name, issuer, client, secret string, c *clock) *oidc.Provider {
	t.Helper()
	p, err := oidc.New(oidc.Config{
		Name: name, Issuer: issuer, ClientID: client, ClientSecret: secret, InsecureLoopback: true,
		Now: c.Now, Skew: time.Minute, TrustEmail: []string{"example.org"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// begin begins a login and lets the browser go through it.
func begin(t *testing.T, p *oidc.Provider, b *browser, opts auth.LoginOptions) (auth.Flow, url.Values) {
	t.Helper()
	opts.RedirectURI = callbackURI
	to, flow, err := p.Begin(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	back, page := b.open(to)
	if back == nil || !strings.HasPrefix(back.String(), callbackURI+"?") {
		t.Fatalf("the browser is at %v\n%s", back, page)
	}
	return flow, back.Query()
}

func login(t *testing.T, p *oidc.Provider) (auth.Identity, auth.ProviderTokens, error) {
	t.Helper()
	flow, back := begin(t, p, newBrowser(t), auth.LoginOptions{})
	return p.Finish(t.Context(), flow, back)
}

// TestForeign goes through everything with one process, which takes a second to start.
func TestForeign(t *testing.T) {
	t.Parallel()
	app := newApplication(t)
	f := start(t, app.url+"/callback/foreign", app.url+"/callback/twin")
	for _, client := range []string{"rs256", "es256", "eddsa"} {
		t.Run("Login/"+client, func(t *testing.T) { testLogin(t, newProvider(t, f.Issuer, client, clientSecret, new(clock))) })
	}
	t.Run("Refused", func(t *testing.T) { testRefused(t, f) })
	t.Run("WrongIssuer", func(t *testing.T) { testWrongIssuer(t, f) })
	t.Run("Logout", func(t *testing.T) { testLogout(t, f) })
	t.Run("Accounts", func(t *testing.T) { testAccounts(t, app, f) })
	t.Run("Rotation", func(t *testing.T) { testRotation(t, f) })
}

func testLogin(t *testing.T, p *oidc.Provider) {
	who, tokens, err := login(t, p)
	if err != nil {
		t.Fatal(err)
	}
	// By the code flow, this provider leaves name and address to UserInfo.
	if who.Subject != "ada" || who.Email != "ada@example.org" || !who.EmailVerified || who.Name != "Ada Lovelace" {
		t.Errorf("%v %v", who, who.Claims)
	}
	if tokens.Access == "" || tokens.ID == "" {
		t.Errorf("%v", tokens)
	}
	again, err := p.VerifyIDToken(t.Context(), tokens.ID, auth.IDTokenOptions{AccessToken: tokens.Access, IssuedNonce: who.Claims["nonce"].(string)})
	if err != nil || again.Subject != "ada" {
		t.Errorf("its ID token: %v", err)
	}
}

// testRefused: the provider refuses what it must, and so its answers are read right.
func testRefused(t *testing.T, f foreign) {
	p := newProvider(t, f.Issuer, "es256", clientSecret, new(clock))
	flow, back := begin(t, p, newBrowser(t), auth.LoginOptions{})
	data, err := json.Marshal(flow)
	if err != nil {
		t.Fatal(err)
	}
	var wrong auth.Flow
	data = regexp.MustCompile(`"verifier":"[^"]*`).ReplaceAll(data, []byte(`"verifier":"`+strings.Repeat("x", 43)))
	if err := json.Unmarshal(data, &wrong); err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.Finish(t.Context(), wrong, back); !isAnswer(err, "invalid_grant", auth.ErrInvalid) {
		t.Errorf("another verifier: %v", err)
	}
	flow, back = begin(t, p, newBrowser(t), auth.LoginOptions{})
	if _, _, err := p.Finish(t.Context(), flow, back); err != nil {
		t.Error(err)
	}
	if _, _, err := p.Finish(t.Context(), flow, back); !isAnswer(err, "invalid_grant", auth.ErrInvalid) {
		t.Errorf("the code again: %v", err)
	}
	if _, _, err := login(t, newProvider(t, f.Issuer, "es256", "not "+clientSecret, new(clock))); !isAnswer(err, "invalid_client", auth.ErrUnavailable) {
		t.Errorf("another secret: %v", err)
	}
	flow, back = begin(t, p, newBrowser(t), auth.LoginOptions{Prompt: "none"})
	if _, _, err := p.Finish(t.Context(), flow, back); !isAnswer(err, "login_required", auth.ErrInvalid) {
		t.Errorf("nobody is logged in there: %v", err)
	}
}

func isAnswer(err error, code string, means error) bool {
	answer, ok := errors.AsType[*oidc.AnswerError](err)
	return ok && answer.Code == code && errors.Is(err, means)
}

// testWrongIssuer: the twin says it is another issuer than signs its tokens.
func testWrongIssuer(t *testing.T, f foreign) {
	p := newProvider(t, f.Twin, "es256", clientSecret, new(clock))
	flow, back := begin(t, p, newBrowser(t), auth.LoginOptions{})
	if back.Get("iss") != f.Issuer {
		t.Fatalf("iss is %q", back.Get("iss"))
	}
	if _, _, err := p.Finish(t.Context(), flow, back); !errors.Is(err, auth.ErrInvalid) {
		t.Errorf("iss of another: %v", err)
	}
	flow, back = begin(t, p, newBrowser(t), auth.LoginOptions{})
	back.Del("iss") // as at a provider that sends none
	if _, _, err := p.Finish(t.Context(), flow, back); !errors.Is(err, auth.ErrInvalid) || !strings.Contains(err.Error(), "ID token") {
		t.Errorf("ID token of another: %v", err)
	}
	p = newProvider(t, f.Issuer+"/", "es256", clientSecret, new(clock))
	if _, _, err := p.Begin(t.Context(), auth.LoginOptions{RedirectURI: callbackURI}); !errors.Is(err, auth.ErrUnavailable) {
		t.Errorf("metadata of another: %v", err)
	}
	p = newProvider(t, f.Issuer, "es256", clientSecret, new(clock))
	flow, back = begin(t, p, newBrowser(t), auth.LoginOptions{})
	back.Del("iss")
	if _, _, err := p.Finish(t.Context(), flow, back); !errors.Is(err, auth.ErrInvalid) {
		t.Errorf("no iss though it is promised: %v", err)
	}
}

// testLogout ends the session at the provider.
func testLogout(t *testing.T, f foreign) {
	p := newProvider(t, f.Issuer, "es256", clientSecret, new(clock))
	b := newBrowser(t)
	flow, back := begin(t, p, b, auth.LoginOptions{})
	_, tokens, err := p.Finish(t.Context(), flow, back)
	if err != nil {
		t.Fatal(err)
	}
	flow, back = begin(t, p, b, auth.LoginOptions{Prompt: "none"})
	if _, _, err := p.Finish(t.Context(), flow, back); err != nil {
		t.Errorf("before logging out: %v", err)
	}
	to, err := p.EndSessionURL(t.Context(), oidc.EndSession{IDToken: tokens.ID, RedirectURI: "https://notes.example/bye", State: "seen"})
	if err != nil {
		t.Fatal(err)
	}
	_, page := b.open(to)
	action := regexp.MustCompile(`action="([^"]+)"`).FindStringSubmatch(page)
	xsrf := regexp.MustCompile(`name="xsrf" value="([^"]+)"`).FindStringSubmatch(page)
	if action == nil || xsrf == nil {
		t.Fatalf("the page has no form\n%s", page)
	}
	left, page := b.submit(html.UnescapeString(action[1]), url.Values{"xsrf": {xsrf[1]}, "logout": {"yes"}})
	if left == nil || left.String() != "https://notes.example/bye?state=seen" {
		t.Errorf("the browser is at %v\n%s", left, page)
	}
	flow, back = begin(t, p, b, auth.LoginOptions{Prompt: "none"})
	if _, _, err := p.Finish(t.Context(), flow, back); !isAnswer(err, "login_required", auth.ErrInvalid) {
		t.Errorf("after logging out: %v", err)
	}
}

// testRotation: the keys of the provider change while it is used.
func testRotation(t *testing.T, f foreign) {
	var c clock
	p := newProvider(t, f.Issuer, "es256", clientSecret, &c)
	who, first, err := login(t, p)
	if err != nil {
		t.Fatal(err)
	}
	verify := func() error {
		_, err := p.VerifyIDToken(t.Context(), first.ID, auth.IDTokenOptions{IssuedNonce: who.Claims["nonce"].(string)})
		return err
	}
	f.rotate(t, "keep")
	c.advance(31 * time.Second)
	if _, _, err := login(t, p); err != nil {
		t.Errorf("with a new key: %v", err)
	}
	if err := verify(); err != nil {
		t.Errorf("the old key while both are published: %v", err)
	}
	f.rotate(t, "")
	c.advance(31 * time.Second)
	if _, _, err := login(t, p); err != nil {
		t.Errorf("with the newest key: %v", err)
	}
	if err := verify(); !errors.Is(err, auth.ErrInvalid) {
		t.Errorf("a key that is withdrawn: %v", err)
	}
}
