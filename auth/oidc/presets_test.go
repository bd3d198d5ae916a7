package oidc_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/authtest"
	"github.com/seed-7694ebf6/plinth/auth/jwt"
	"github.com/seed-7694ebf6/plinth/auth/oidc"
)

const (
	tenant   = "11111111-2222-3333-4444-555555555555"
	stranger = "99999999-2222-3333-4444-555555555555"
	personal = "9188040d-6c67-4c5b-b112-36a304b66dad"
)

// microsoft is metadata with a template for an issuer, before the keys of a fake.
func microsoft(t *testing.T, fake *authtest.Provider) (url string) {
	t.Helper()
	var s *httptest.Server
	s = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		issuer := s.URL + "/{tenantid}/v2.0"
		if strings.HasPrefix(r.URL.Path, "/wrong/") {
			issuer = "https://evil.example/{tenantid}/v2.0"
		}
		_ = json.NewEncoder(w).Encode(map[string]any{
			"issuer": issuer, "authorization_endpoint": fake.Issuer() + "/authorize",
			"token_endpoint": fake.Issuer() + "/token", "jwks_uri": fake.Issuer() + "/keys",
			"id_token_signing_alg_values_supported": []string{"ES256"},
		})
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestMicrosoft(t *testing.T) {
	t.Parallel()
	fake := authtest.NewProvider(t)
	host := microsoft(t, fake)
	provider := func(segment string, tenants ...string) *oidc.Provider {
		cfg := oidc.Microsoft(segment, authtest.ClientID, authtest.ClientSecret)
		cfg.Issuer = host + "/" + segment + "/v2.0"
		cfg.InsecureLoopback, cfg.Tenants = true, tenants
		return newProvider(t, cfg)
	}
	issuer := func(tenant string) string { return host + "/" + tenant + "/v2.0" }
	for _, tt := range []struct {
		name     string
		provider *oidc.Provider
		tid, iss any
		good     bool
	}{
		{"Any", provider("common"), tenant, issuer(tenant), true},
		{"Another", provider("common"), stranger, issuer(stranger), true},
		{"Personal", provider("common"), personal, issuer(personal), true},
		{"Disagree", provider("common"), tenant, issuer(stranger), false},
		{"NoTenant", provider("common"), nil, issuer(tenant), false},
		{"TenantIsNone", provider("common"), "x", issuer("x"), false},
		{"TemplateItself", provider("common"), "{tenantid}", issuer("{tenantid}"), false},
		{"OtherHost", provider("common"), tenant, "https://evil.example/" + tenant + "/v2.0", false},
		{"Listed", provider("organizations", tenant), tenant, issuer(tenant), true},
		{"NotListed", provider("organizations", tenant), stranger, issuer(stranger), false},
		{"PersonalInOrganizations", provider("organizations"), personal, issuer(personal), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			who, err := tt.provider.VerifyIDToken(t.Context(), fake.IDToken(map[string]any{"tid": tt.tid, "iss": tt.iss}), auth.IDTokenOptions{})
			if tt.good && (err != nil || who.Issuer != tt.iss) || !tt.good && !errors.Is(err, auth.ErrInvalid) {
				t.Errorf("%v, %v", who, err)
			}
		})
	}
	if got := oidc.Microsoft("consumers", "a", "b").Issuer; got != "https://login.microsoftonline.com/"+personal+"/v2.0" {
		t.Error(got)
	}
	cfg := oidc.Microsoft(tenant, authtest.ClientID, "")
	cfg.Issuer, cfg.InsecureLoopback = issuer(tenant), true
	if _, err := newProvider(t, cfg).VerifyIDToken(t.Context(), fake.IDToken(nil), auth.IDTokenOptions{}); !errors.Is(err, auth.ErrUnavailable) {
		t.Errorf("metadata for several where there is one: %v", err)
	}
	cfg = oidc.Microsoft("common", authtest.ClientID, "")
	cfg.Issuer, cfg.InsecureLoopback = host+"/wrong/common/v2.0", true
	evil := fake.IDToken(map[string]any{"tid": tenant, "iss": "https://evil.example/" + tenant + "/v2.0"})
	if _, err := newProvider(t, cfg).VerifyIDToken(t.Context(), evil, auth.IDTokenOptions{}); !errors.Is(err, auth.ErrUnavailable) {
		t.Errorf("metadata of another: %v", err)
	}
}

// TestMicrosoftIss: iss of the callback must be a directory with permission to log in, and
// that of the ID token.
func TestMicrosoftIss(t *testing.T) {
	t.Parallel()
	fake := authtest.NewProvider(t)
	host := microsoft(t, fake)
	issuer := func(tenant string) string { return host + "/" + tenant + "/v2.0" }
	fake.SetUser(map[string]any{"sub": "ada", "tid": tenant, "iss": issuer(tenant), "email": "a@example.org", "name": "Ada"})
	cfg := oidc.Microsoft("common", authtest.ClientID, authtest.ClientSecret)
	cfg.Issuer, cfg.InsecureLoopback, cfg.Tenants = issuer("common"), true, []string{tenant, stranger}
	p := newProvider(t, cfg)
	for _, tt := range []struct {
		name, iss string
		asked     int // for tokens
		good      bool
	}{
		{"Own", issuer(tenant), 1, true},
		{"OfAnother", issuer(stranger), 1, false},
		{"OfNoneListed", issuer(personal), 0, false},
		{"Template", issuer("{tenantid}"), 0, false},
		{"Elsewhere", "https://evil.example/" + tenant + "/v2.0", 0, false},
		{"Long", strings.Repeat("x", 2000), 0, false},
	} {
		flow, back := begin(t, p, fake)
		back.Set("iss", tt.iss)
		before := fake.Asked("/token")
		who, _, err := p.Finish(t.Context(), flow, back)
		if tt.good && (err != nil || who.Issuer != tt.iss) || !tt.good && !errors.Is(err, auth.ErrInvalid) {
			t.Errorf("%s: %v, %v", tt.name, who, err)
		}
		if n := fake.Asked("/token") - before; n != tt.asked {
			t.Errorf("%s: asked for tokens %d times", tt.name, n)
		}
	}
}

// TestApple: the client secret is a signed token, and the name comes with the first code.
func TestApple(t *testing.T) {
	t.Parallel()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := oidc.Apple(authtest.ClientID, "TEAM", "KEY", p8(t, private))
	if err != nil {
		t.Fatal(err)
	}
	secret, err := cfg.ClientSecretFunc(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	key, err := jwt.PublicKey("KEY", private.Public())
	if err != nil {
		t.Fatal(err)
	}
	opened, err := jwt.Open(t.Context(), oneKey{key}, secret)
	if err != nil {
		t.Fatal(err)
	}
	var claims struct {
		Iss, Sub, Aud string
		Iat, Exp      int64
	}
	if err := json.Unmarshal(opened.Payload, &claims); err != nil {
		t.Fatal(err)
	}
	if life := claims.Exp - claims.Iat; opened.Algorithm != "ES256" || claims.Iss != "TEAM" || claims.Sub != authtest.ClientID || claims.Aud != "https://appleid.apple.com" ||
		life <= 0 || life > 15777000 || time.Since(time.Unix(claims.Iat, 0)).Abs() > time.Minute {
		t.Errorf("secret is %s", opened.Payload)
	}

	fake := authtest.NewProvider(t)
	fake.SetUser(map[string]any{"sub": "ada", "email": "x@privaterelay.appleid.com", "email_verified": "true"})
	cfg.Issuer, cfg.InsecureLoopback, cfg.Scopes = fake.Issuer(), true, []string{"openid"}
	cfg.ClientSecretFunc, cfg.ClientSecret = nil, authtest.ClientSecret
	p := newProvider(t, cfg)
	for user, want := range map[string]string{
		`{"name":{"firstName":"Ada","lastName":"Lovelace"},"email":"eve@evil.example"}`: "Ada Lovelace",
		`{"name":{"firstName":"A\u0000"}}`:                                              "",
		`[]`:                                                                            "",
	} {
		flow, back := begin(t, p, fake)
		back.Set("user", user)
		who, _, err := p.Finish(t.Context(), flow, back)
		if err != nil || who.Name != want || who.Email != "x@privaterelay.appleid.com" || !who.EmailVerified {
			t.Errorf("%s: %q %q, %v", user, who.Name, who.Email, err)
		}
	}
	back := url.Values{}
	if to, _, err := p.Begin(t.Context(), auth.LoginOptions{RedirectURI: redirectURI}); err != nil || !strings.Contains(to, "response_mode=form_post") {
		t.Errorf("%s, %v, %v", to, err, back)
	}
}

func TestAppleRefuses(t *testing.T) {
	t.Parallel()
	private, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string][]byte{
		"empty": nil, "no PEM": []byte("secret"), "no PKCS8": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("secret")}),
		"P-384": p8(t, private), "RSA": p8(t, other),
	} {
		if _, err := oidc.Apple("a", "b", "c", file); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func p8(t *testing.T, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// hub is an Enterprise Server of GitHub that knows one code, and is believed for the
// addresses of trust.
func hub(t *testing.T, user, emails string, trust ...string) (p *oidc.Provider, challenge *string) {
	t.Helper()
	challenge = new(string)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /login/oauth/access_token", func(w http.ResponseWriter, r *http.Request) {
		sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
		w.Header().Set("Content-Type", "application/x-www-form-urlencoded")
		switch {
		case r.PostFormValue("client_secret") != "hub-secret":
			_, _ = w.Write([]byte("error=incorrect_client_credentials"))
		case r.PostFormValue("code") != "good" || base64.RawURLEncoding.EncodeToString(sum[:]) != *challenge:
			_, _ = w.Write([]byte("error=bad_verification_code&error_description=The+code+is+wrong"))
		default:
			_, _ = w.Write([]byte("access_token=token&scope=read%3Auser&token_type=bearer"))
		}
	})
	for path, body := range map[string]string{"/user": user, "/user/emails": emails} {
		mux.HandleFunc("GET /api/v3"+path, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer token" || body == "" {
				w.WriteHeader(http.StatusInternalServerError)
			}
			_, _ = w.Write([]byte(body))
		})
	}
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	cfg := oidc.GitHub("hub", "hub-secret")
	cfg.Issuer, cfg.InsecureLoopback, cfg.TrustEmail = s.URL+"/login/oauth", true, trust
	return newProvider(t, cfg), challenge
}

func TestGitHub(t *testing.T) {
	t.Parallel()
	const user = `{"id":4503599627370497,"login":"ada","name":"Ada","avatar_url":"https://example.org/a.png","email":"public@example.org"}`
	box := func(email string, primary, verified bool) string {
		return fmt.Sprintf(`{"email":%q,"primary":%t,"verified":%t}`, email, primary, verified)
	}
	for _, tt := range []struct {
		name, user, emails, code string
		email, shown             string
		want                     error
	}{
		{"Elsewhere", user, "[" + box("ada@example.com", true, true) + "]", "good", "ada@example.com", "Ada", nil},
		{"Primary", user, "[" + box("old@example.org", false, true) + "," + box("ada@example.org", true, true) + "]", "good", "ada@example.org", "Ada", nil},
		{"PrimaryNotVerified", user, "[" + box("old@example.org", false, true) + "," + box("ada@example.org", true, false) + "]", "good", "", "Ada", nil},
		{"NoName", `{"id":1,"login":"ada","name":null}`, "[]", "good", "", "ada", nil},
		{"BadCode", user, "[]", "bad", "", "", auth.ErrInvalid},
		{"NoNumber", `{"id":0,"login":"ada"}`, "[]", "good", "", "", auth.ErrUnavailable},
		{"NumberWithFraction", `{"id":1.5}`, "[]", "good", "", "", auth.ErrUnavailable},
		{"NoUser", "", "[]", "good", "", "", auth.ErrUnavailable},
		{"NoEmails", user, "", "good", "", "", auth.ErrUnavailable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, challenge := hub(t, tt.user, tt.emails, "example.org")
			to, flow, err := p.Begin(t.Context(), auth.LoginOptions{RedirectURI: redirectURI})
			if err != nil {
				t.Fatal(err)
			}
			u, _ := url.Parse(to)
			*challenge = u.Query().Get("code_challenge")
			if u.Query().Get("scope") != "read:user user:email" || u.Query().Get("code_challenge_method") != "S256" {
				t.Errorf("URL is %s", to)
			}
			who, tokens, err := p.Finish(t.Context(), flow, url.Values{"state": {flow.State}, "code": {tt.code}})
			if !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
				t.Fatalf("error is %v", err)
			}
			if err != nil {
				return
			}
			var id struct{ ID json.Number }
			_ = json.Unmarshal([]byte(tt.user), &id)
			if who.Subject != id.ID.String() || who.Email != tt.email || who.EmailVerified != strings.HasSuffix(tt.email, "@example.org") || who.Name != tt.shown ||
				who.Claims["preferred_username"] != "ada" || who.Provider != "github" || tokens.Access != "token" {
				t.Errorf("%v %v", who.Claims, who)
			}
		})
	}
	p, challenge := hub(t, user, "[]")
	_, flow, err := p.Begin(t.Context(), auth.LoginOptions{RedirectURI: redirectURI})
	if err != nil {
		t.Fatal(err)
	}
	*challenge = "that of another login"
	if _, _, err := p.Finish(t.Context(), flow, url.Values{"state": {flow.State}, "code": {"good"}}); !errors.Is(err, auth.ErrInvalid) {
		t.Errorf("another verifier: %v", err)
	}
	if _, _, err := p.Finish(t.Context(), flow, url.Values{"state": {"x"}, "code": {"good"}}); !errors.Is(err, auth.ErrInvalid) {
		t.Errorf("another state: %v", err)
	}
}
