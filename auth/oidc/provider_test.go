package oidc_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/authtest"
	"github.com/seed-7694ebf6/plinth/auth/oidc"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

func TestLogin(t *testing.T) {
	t.Parallel()
	fake := authtest.NewProvider(t)
	fake.SetUser(map[string]any{
		"sub": "7", "email": "Ann@Example.org", "email_verified": true, "name": "Ann", "locale": "de",
		"picture": "https://example.org/ann.png", "level": 3,
	})
	cfg := config(fake)
	cfg.TrustEmail = []string{"example.org"}
	p := newProvider(t, cfg)
	for _, hidden := range []bool{false, true} {
		fake.HideProfile(hidden)
		who, tokens, err := login(t, p, fake)
		if err != nil {
			t.Fatal(err)
		}
		if who.Provider != "fake" || who.Issuer != fake.Issuer() || who.Subject != "7" || who.Email != "Ann@Example.org" || !who.EmailVerified ||
			who.Name != "Ann" || who.Locale != "de" || who.Picture != "https://example.org/ann.png" || who.Claims["level"] != json.Number("3") {
			t.Errorf("hidden %t: %#v", hidden, who.Claims)
		}
		if tokens.Access == "" || tokens.Refresh == "" || strings.Count(tokens.ID, ".") != 2 || time.Until(tokens.Expiry) < 4*time.Minute {
			t.Errorf("hidden %t: %v", hidden, tokens)
		}
		want := 0
		if hidden {
			want = 1
		}
		if n := fake.Asked("/userinfo"); n != want {
			t.Errorf("UserInfo asked %d times, want %d", n, want)
		}
	}
	if n := fake.Asked("/.well-known/openid-configuration") + fake.Asked("/keys"); n != 2 {
		t.Errorf("metadata and keys asked %d times", n)
	}
}

// TestSecretFunc: a client without a secret, and one that makes its secret.
func TestSecretFunc(t *testing.T) {
	t.Parallel()
	fake := authtest.NewProvider(t)
	cfg := config(fake)
	cfg.ClientSecret = ""
	if _, _, err := login(t, newProvider(t, cfg), fake); !errors.Is(err, auth.ErrUnavailable) {
		t.Errorf("without the secret: %v", err)
	}
	cfg.ClientSecretFunc = func(context.Context) (string, error) { return authtest.ClientSecret, nil }
	if _, _, err := login(t, newProvider(t, cfg), fake); err != nil {
		t.Errorf("with a secret that is made: %v", err)
	}
	cfg.ClientSecretFunc = func(context.Context) (string, error) { return "", errors.New("no key") }
	if _, _, err := login(t, newProvider(t, cfg), fake); !errors.Is(err, auth.ErrUnavailable) {
		t.Errorf("without the key: %v", err)
	}
}

// TestMetadata follows a provider that comes and goes. Each step has the time that passes,
// the fault, whether logins begin and how often the provider was asked until then.
func TestMetadata(t *testing.T) {
	t.Parallel()
	fake := authtest.NewProvider(t)
	var clock testClock
	cfg := config(fake)
	cfg.Now = clock.Now
	p := newProvider(t, cfg) // asks nothing
	for i, step := range []struct {
		later time.Duration
		fault authtest.Fault
		good  bool
		asked int
	}{
		{0, authtest.FaultDiscoveryDown, false, 1},
		{time.Second, authtest.FaultNone, false, 1}, // not so soon
		{5 * time.Second, authtest.FaultNone, true, 2},
		{59 * time.Minute, authtest.FaultDiscoveryDown, true, 2},
		{time.Minute, authtest.FaultDiscoveryDown, true, 3},
		{10 * time.Hour, authtest.FaultDiscoveryIssuer, true, 4},
		{15 * time.Hour, authtest.FaultDiscoveryDown, false, 5},
		{time.Minute, authtest.FaultNone, true, 6},
	} {
		clock.advance(step.later)
		fake.Fail(step.fault)
		_, _, err := p.Begin(t.Context(), auth.LoginOptions{RedirectURI: redirectURI})
		if (err == nil) != step.good || err != nil && !errors.Is(err, auth.ErrUnavailable) {
			t.Errorf("step %d: %v", i, err)
		}
		// The request is beside the login.
		programtest.Until(t, 20*time.Second, fmt.Sprintf("step %d asks for the metadata %d times", i, step.asked), func() bool {
			return fake.Asked("/.well-known/openid-configuration") >= step.asked
		})
		time.Sleep(10 * time.Millisecond)
		if n := fake.Asked("/.well-known/openid-configuration"); n != step.asked {
			t.Errorf("step %d: asked %d times, want %d", i, n, step.asked)
		}
	}
}

// TestKeysOutliveMetadata: new metadata with the same address of keys keep the keys.
func TestKeysOutliveMetadata(t *testing.T) {
	t.Parallel()
	fake := authtest.NewProvider(t)
	var clock testClock
	cfg := config(fake)
	cfg.Now = clock.Now
	p := newProvider(t, cfg)
	token := fake.IDToken(map[string]any{"exp": time.Now().Add(3 * time.Hour).Unix()})
	verify := func() error {
		_, err := p.VerifyIDToken(t.Context(), token, auth.IDTokenOptions{})
		return err
	}
	if err := verify(); err != nil {
		t.Fatal(err)
	}
	fake.Fail(authtest.FaultKeysDown)
	clock.advance(61 * time.Minute)
	programtest.Until(t, 20*time.Second, "the metadata are asked for again", func() bool {
		if err := verify(); err != nil { // asks for metadata beside it
			t.Fatal(err)
		}
		return fake.Asked("/.well-known/openid-configuration") >= 2
	})
	time.Sleep(20 * time.Millisecond) // so that they arrive
	if err := verify(); err != nil {
		t.Errorf("with new metadata and no answer for keys: %v", err)
	}
}

// TestGone: an unreachable provider is an error and no refusal, and the error has no URL.
func TestGone(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	p := newProvider(t, oidc.Config{Name: "gone", Issuer: gone.URL, ClientID: "me", InsecureLoopback: true})
	_, _, err := p.Begin(t.Context(), auth.LoginOptions{RedirectURI: redirectURI})
	if !errors.Is(err, auth.ErrUnavailable) || strings.Contains(err.Error(), "openid-configuration") {
		t.Errorf("error is %v", err)
	}
	if _, err := p.EndSessionURL(t.Context(), oidc.EndSession{}); !errors.Is(err, auth.ErrUnavailable) {
		t.Errorf("error is %v", err)
	}
	if p.Name() != "gone" {
		t.Errorf("name is %q", p.Name())
	}
}

// TestRotation: after the cooldown a new key is valid at once, and a withdrawn one is not.
func TestRotation(t *testing.T) {
	t.Parallel()
	fake := authtest.NewProvider(t)
	var clock testClock
	cfg := config(fake)
	cfg.Now, cfg.Skew = clock.Now, time.Minute
	p := newProvider(t, cfg)
	verify := func(token string) error {
		_, err := p.VerifyIDToken(t.Context(), token, auth.IDTokenOptions{})
		return err
	}
	late := map[string]any{"exp": time.Now().Add(time.Hour).Unix()}
	first := fake.IDToken(late)
	if err := verify(first); err != nil {
		t.Fatal(err)
	}
	fake.RotateKeys(1)
	second := fake.IDToken(late)
	if err := verify(second); !errors.Is(err, auth.ErrInvalid) {
		t.Errorf("a new key within the cooldown: %v", err)
	}
	clock.advance(31 * time.Second)
	if err := verify(second); err != nil {
		t.Errorf("a new key: %v", err)
	}
	if err := verify(first); err != nil {
		t.Errorf("the old key while both are published: %v", err)
	}
	fake.RotateKeys(0)
	clock.advance(31 * time.Second)
	if err := verify(fake.IDToken(late)); err != nil {
		t.Errorf("the newest key: %v", err)
	}
	if err := verify(first); !errors.Is(err, auth.ErrInvalid) {
		t.Errorf("a key that is withdrawn: %v", err)
	}
	if n := fake.Asked("/keys"); n != 3 {
		t.Errorf("keys asked for %d times, want 3", n)
	}
}

func TestBegin(t *testing.T) {
	t.Parallel()
	fake := authtest.NewProvider(t)
	cfg := config(fake)
	cfg.ResponseMode = oidc.ResponseFormPost
	p := newProvider(t, cfg)
	to, flow, err := p.Begin(t.Context(), auth.LoginOptions{
		RedirectURI: redirectURI, LoginHint: "ann@example.org", Prompt: "login consent", Scopes: []string{"openid", "calendar"},
		Params: map[string]string{"access_type": "offline"},
	})
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	got := u.Query()
	for name, want := range map[string]string{
		"response_type": "code", "client_id": authtest.ClientID, "redirect_uri": redirectURI, "scope": "openid email profile calendar",
		"state": flow.State, "nonce": member(t, flow, "nonce"), "code_challenge_method": "S256", "response_mode": "form_post",
		"login_hint": "ann@example.org", "prompt": "login consent", "access_type": "offline",
	} {
		if got.Get(name) != want || len(got[name]) != 1 {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	if len(got.Get("code_challenge")) != 43 || len(flow.State) < 22 || strings.Contains(to, member(t, flow, "verifier")) || strings.Contains(to, authtest.ClientSecret) {
		t.Errorf("URL is %s", to)
	}
	if life := time.Until(time.Unix(flow.Ends, 0)); life < 9*time.Minute || life > 10*time.Minute || flow.Provider != "fake" {
		t.Errorf("flow of %q ends in %v", flow.Provider, life)
	}
	_, again, err := p.Begin(t.Context(), auth.LoginOptions{RedirectURI: redirectURI})
	if err != nil || again.State == flow.State || member(t, again, "verifier") == member(t, flow, "verifier") || member(t, again, "nonce") == member(t, flow, "nonce") {
		t.Errorf("two logins have the same secrets: %v", err)
	}
}

func TestBeginRefuses(t *testing.T) {
	t.Parallel()
	p := newProvider(t, config(authtest.NewProvider(t)))
	many := make(map[string]string)
	for i := range 11 {
		many[fmt.Sprint("p", i)] = "x"
	}
	for name, opts := range map[string]auth.LoginOptions{
		"NoRedirect":       {},
		"RelativeRedirect": {RedirectURI: "/callback"},
		"OtherScheme":      {RedirectURI: "javascript:alert(1)"},
		"PlainHTTP":        {RedirectURI: "http://notes.example/callback"},
		"RedirectUser":     {RedirectURI: "https://ok@evil.example/"},
		"RedirectFragment": {RedirectURI: redirectURI + "#x"},
		"LongHint":         {RedirectURI: redirectURI, LoginHint: strings.Repeat("x", 321)},
		"UnknownPrompt":    {RedirectURI: redirectURI, Prompt: "always"},
		"ScopeWithSpace":   {RedirectURI: redirectURI, Scopes: []string{"a b"}},
		"EmptyScope":       {RedirectURI: redirectURI, Scopes: []string{""}},
		"ManyScopes":       {RedirectURI: redirectURI, Scopes: strings.Split(strings.Repeat("x,", 20)+"x", ",")},
		"ParamState":       {RedirectURI: redirectURI, Params: map[string]string{"state": "x"}},
		"ParamRequest":     {RedirectURI: redirectURI, Params: map[string]string{"request_uri": "x"}},
		"LongParam":        {RedirectURI: redirectURI, Params: map[string]string{"x": strings.Repeat("x", 512)}},
		"ManyParams":       {RedirectURI: redirectURI, Params: many},
	} {
		if to, _, err := p.Begin(t.Context(), opts); err == nil || to != "" {
			t.Errorf("%s: %q", name, to)
		}
	}
	for _, good := range []string{"http://127.0.0.1:8090/callback", "http://localhost:8090/callback", "http://[::1]:1/"} {
		if _, _, err := p.Begin(t.Context(), auth.LoginOptions{RedirectURI: good}); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
}

func TestNew(t *testing.T) {
	t.Parallel()
	good := oidc.Config{Name: "x", Issuer: "https://issuer.example", ClientID: "me"}
	if _, err := oidc.New(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*oidc.Config){
		"NoName":          func(c *oidc.Config) { c.Name = "" },
		"NameWithSlash":   func(c *oidc.Config) { c.Name = "a/b" },
		"NoClient":        func(c *oidc.Config) { c.ClientID = "" },
		"NoIssuer":        func(c *oidc.Config) { c.Issuer = "" },
		"PlainIssuer":     func(c *oidc.Config) { c.Issuer = "http://issuer.example" },
		"LoopbackIssuer":  func(c *oidc.Config) { c.Issuer = "https://127.0.0.1" },
		"IssuerWithQuery": func(c *oidc.Config) { c.Issuer += "?x" },
		"TwoSecrets": func(c *oidc.Config) {
			c.ClientSecret, c.ClientSecretFunc = "x", func(context.Context) (string, error) { return "", nil }
		},
		"AlgNone":         func(c *oidc.Config) { c.Algorithms = []string{"none"} },
		"AlgSecret":       func(c *oidc.Config) { c.Algorithms = []string{"RS256", "HS256"} },
		"NoAlg":           func(c *oidc.Config) { c.Algorithms = []string{} },
		"NoOpenID":        func(c *oidc.Config) { c.Scopes = []string{"email"} },
		"LongSkew":        func(c *oidc.Config) { c.Skew = time.Hour },
		"ResponseMode":    func(c *oidc.Config) { c.ResponseMode = "fragment" },
		"EmptyAudience":   func(c *oidc.Config) { c.Audiences = []string{""} },
		"TenantsOfNobody": func(c *oidc.Config) { c.Tenants = []string{} },
		"TrustAddress":    func(c *oidc.Config) { c.TrustEmail = []string{"ann@example.org"} },
		"TenantDomain":    func(c *oidc.Config) { *c = oidc.Microsoft("contoso.com", "me", "x") },
		"TenantName": func(c *oidc.Config) {
			*c = oidc.Microsoft("common", "me", "x")
			c.Tenants = []string{"contoso.com"}
		},
		"HubElsewhere": func(c *oidc.Config) {
			*c = oidc.GitHub("me", "x")
			c.Issuer = "https://github.com"
		},
	} {
		cfg := good
		change(&cfg)
		if _, err := oidc.New(cfg); err == nil {
			t.Errorf("%s is accepted", name)
		} else if strings.Contains(err.Error(), "%!") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestPrint: printing and logging show no secret.
func TestPrint(t *testing.T) {
	t.Parallel()
	fake := authtest.NewProvider(t)
	cfg := config(fake)
	p := newProvider(t, cfg)
	flow, back := begin(t, p, fake)
	who, tokens, err := p.Finish(t.Context(), flow, back)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for _, value := range []any{cfg, &cfg, p, flow, &flow, who, &who, tokens, &tokens} {
		_, _ = fmt.Fprintf(&out, "%v %+v %#v %s %d %q\n", value, value, value, value, value, value)
		for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
			switch value.(type) {
			case oidc.Config, *oidc.Config, *oidc.Provider: // they are settings, not values
			default:
				slog.New(h).Info("x", "value", value)
			}
		}
	}
	if text, err := json.Marshal(tokens); err != nil || string(text) != "{}" {
		t.Errorf("JSON of tokens is %s, %v", text, err)
	}
	for name, secret := range map[string]string{
		"client secret": authtest.ClientSecret, "state": flow.State, "verifier": member(t, flow, "verifier"), "nonce": member(t, flow, "nonce"),
		"access token": tokens.Access, "refresh token": tokens.Refresh, "ID token": tokens.ID, "address": who.Email, "name": who.Name,
	} {
		if secret == "" || strings.Contains(out.String(), secret) {
			t.Errorf("the %s is printed", name)
		}
	}
}

func TestEndSessionURL(t *testing.T) {
	t.Parallel()
	fake := authtest.NewProvider(t)
	p := newProvider(t, config(fake))
	got, err := p.EndSessionURL(t.Context(), oidc.EndSession{IDToken: "a.b.c", RedirectURI: "https://notes.example/", State: "s"})
	want := fake.Issuer() + "/logout?client_id=client&id_token_hint=a.b.c&post_logout_redirect_uri=https%3A%2F%2Fnotes.example%2F&state=s"
	if got != want || err != nil {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := p.EndSessionURL(t.Context(), oidc.EndSession{RedirectURI: "javascript:1"}); err == nil {
		t.Error("a redirect to anywhere is accepted")
	}
	if _, err := newProvider(t, oidc.GitHub("a", "b")).EndSessionURL(t.Context(), oidc.EndSession{}); !errors.Is(err, oidc.ErrNoEndSession) {
		t.Error(err)
	}
}

// TestGuarded: without InsecureLoopback no provider on this machine is asked, also if
// metadata name it.
func TestGuarded(t *testing.T) {
	t.Parallel()
	fake := authtest.NewProvider(t)
	cfg := config(fake)
	cfg.InsecureLoopback = false
	if _, err := oidc.New(cfg); err == nil {
		t.Error("an issuer on loopback is accepted")
	}
	if n := fake.Asked("/.well-known/openid-configuration"); n != 0 {
		t.Errorf("asked %d times", n)
	}
}
