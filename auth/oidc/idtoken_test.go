package oidc_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/authtest"
	"github.com/seed-7694ebf6/plinth/auth/oidc"
)

func hexSum(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// TestTextThatIsNoJWT: a text that is no JWT is refused without a request to the provider.
func TestTextThatIsNoJWT(t *testing.T) {
	t.Parallel()
	fake := authtest.NewProvider(t)
	p := newProvider(t, config(fake))
	parts := strings.Split(fake.IDToken(nil), ".")
	for _, text := range []string{
		"", "x", "x.y.z", parts[0], parts[0] + "." + parts[1], "{}." + parts[1] + "." + parts[2], parts[0] + "." + parts[1] + "." + parts[2] + ".x",
		"e30K." + parts[1] + ".!", strings.Repeat("x", 1<<20),
	} {
		if _, err := p.VerifyIDToken(t.Context(), text, auth.IDTokenOptions{}); !errors.Is(err, auth.ErrInvalid) {
			t.Errorf("%.40q: %v", text, err)
		}
	}
	if n := fake.Asked("/.well-known/openid-configuration"); n != 0 {
		t.Errorf("the provider was asked %d times", n)
	}
	if _, err := p.VerifyIDToken(t.Context(), fake.IDToken(nil), auth.IDTokenOptions{}); err != nil || fake.Asked("/.well-known/openid-configuration") != 1 {
		t.Errorf("a good one: %v", err)
	}
}

func TestVerifyIDToken(t *testing.T) {
	t.Parallel()
	fake := authtest.NewProvider(t)
	cfg := config(fake)
	cfg.Audiences = []string{"ios", "android"}
	p := newProvider(t, cfg)
	sum := sha256.Sum256([]byte("access"))
	hash := base64.RawURLEncoding.EncodeToString(sum[:16])
	for _, tt := range []struct {
		name   string
		claims map[string]any
		opts   auth.IDTokenOptions
		good   bool
	}{
		{"NoNonce", nil, auth.IDTokenOptions{}, true},
		{"NonceHashed", map[string]any{"nonce": hexSum("made up")}, auth.IDTokenOptions{Nonce: "made up"}, true},
		{"NonceAsItIs", map[string]any{"nonce": "made up"}, auth.IDTokenOptions{Nonce: "made up"}, false},     // who stole the token has it
		{"HashAsNonce", map[string]any{"nonce": hexSum("x")}, auth.IDTokenOptions{Nonce: hexSum("x")}, false}, // likewise
		{"NonceOfAnother", map[string]any{"nonce": hexSum("x")}, auth.IDTokenOptions{Nonce: "y"}, false},
		{"NonceInTokenOnly", map[string]any{"nonce": hexSum("x")}, auth.IDTokenOptions{}, false},
		{"NonceInCallOnly", nil, auth.IDTokenOptions{Nonce: "x"}, false},
		{"EmptyNonce", map[string]any{"nonce": ""}, auth.IDTokenOptions{}, false},
		{"NumberAsNonce", map[string]any{"nonce": 1}, auth.IDTokenOptions{Nonce: "1"}, false},
		{"IssuedNonce", map[string]any{"nonce": "ours"}, auth.IDTokenOptions{IssuedNonce: "ours"}, true},
		{"IssuedNonceHashed", map[string]any{"nonce": hexSum("ours")}, auth.IDTokenOptions{IssuedNonce: "ours"}, false},
		{"IssuedNonceOfAnother", map[string]any{"nonce": "theirs"}, auth.IDTokenOptions{IssuedNonce: "ours"}, false},
		{"OfAnApp", map[string]any{"aud": "ios"}, auth.IDTokenOptions{}, true},
		{"OfAnAppForUs", map[string]any{"azp": "another-app"}, auth.IDTokenOptions{}, true}, // as Google's on Android
		{"OfAnotherApp", map[string]any{"aud": "windows"}, auth.IDTokenOptions{}, false},
		{"ForSeveral", map[string]any{"aud": []string{"another", "ios"}, "azp": "ios"}, auth.IDTokenOptions{}, true},
		{"ForSeveralOfAnother", map[string]any{"aud": []string{"another", "ios"}, "azp": "another"}, auth.IDTokenOptions{}, false},
		{"AudienceOfOne", map[string]any{"aud": []string{authtest.ClientID}}, auth.IDTokenOptions{}, true},
		{"AudienceOfNumbers", map[string]any{"aud": []any{authtest.ClientID, 1}}, auth.IDTokenOptions{}, false},
		{"NoAudience", map[string]any{"aud": nil}, auth.IDTokenOptions{}, false},
		{"AtHash", map[string]any{"at_hash": hash}, auth.IDTokenOptions{AccessToken: "access"}, true},
		{"AtHashOfAnother", map[string]any{"at_hash": hash}, auth.IDTokenOptions{AccessToken: "other"}, false},
		{"AtHashEmpty", map[string]any{"at_hash": ""}, auth.IDTokenOptions{AccessToken: "access"}, false},
		{"NoAtHash", nil, auth.IDTokenOptions{AccessToken: "access"}, true},
		{"NotYet", map[string]any{"nbf": time.Now().Add(time.Minute).Unix()}, auth.IDTokenOptions{}, false},
		{"JustExpired", map[string]any{"exp": time.Now().Add(-20 * time.Second).Unix()}, auth.IDTokenOptions{}, true}, // clocks differ
		{"LongExpired", map[string]any{"exp": time.Now().Add(-31 * time.Second).Unix()}, auth.IDTokenOptions{}, false},
		{"IssuerInAnotherCase", map[string]any{"iss": "https://issuer.test", "iſs": fake.Issuer()}, auth.IDTokenOptions{}, false}, // the same to encoding/json
		{"IssuerInCapitals", map[string]any{"iss": "https://issuer.test", "ISS": fake.Issuer()}, auth.IDTokenOptions{}, false},
		{"ExpInCapitals", map[string]any{"exp": nil, "EXP": time.Now().Add(time.Hour).Unix()}, auth.IDTokenOptions{}, false},
		{"SubInCapitals", map[string]any{"sub": nil, "Sub": "ada"}, auth.IDTokenOptions{}, false},
		{"LogoutToken", map[string]any{"nonce": nil, "events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}}}, auth.IDTokenOptions{}, false},
		{"LongSub", map[string]any{"sub": strings.Repeat("x", 256)}, auth.IDTokenOptions{}, false},
		{"LineInSub", map[string]any{"sub": "a\nb"}, auth.IDTokenOptions{}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			who, err := p.VerifyIDToken(t.Context(), fake.IDToken(tt.claims), tt.opts)
			if tt.good && (err != nil || who.Subject != "ada") || !tt.good && !errors.Is(err, auth.ErrInvalid) {
				t.Errorf("%v, %v", who, err)
			}
		})
	}
	for name, raw := range map[string]string{
		"empty": "", "access token": fake.AccessToken(nil), "JSON": `{"payload":"","signatures":[]}`, "long": strings.Repeat("x", 1<<20),
		"cut": fake.IDToken(nil)[:100], "five parts": "a.b.c.d.e",
	} {
		if _, err := p.VerifyIDToken(t.Context(), raw, auth.IDTokenOptions{}); !errors.Is(err, auth.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := p.VerifyIDToken(t.Context(), fake.IDToken(nil), auth.IDTokenOptions{Nonce: "x", IssuedNonce: "x"}); err == nil {
		t.Error("two sorts of nonces are accepted")
	}
	if _, err := newProvider(t, oidc.GitHub("a", "b")).VerifyIDToken(t.Context(), fake.IDToken(nil), auth.IDTokenOptions{}); !errors.Is(err, auth.ErrInvalid) {
		t.Errorf("GitHub: %v", err)
	}
}

// TestEmailVerified: an address counts as verified only if the provider says so and is
// trusted, since accounts are linked by it (case A-12).
func TestEmailVerified(t *testing.T) {
	t.Parallel()
	fake := authtest.NewProvider(t)
	of := func(cfg oidc.Config, trust ...string) oidc.Config {
		cfg.Issuer, cfg.ClientID, cfg.InsecureLoopback, cfg.TrustEmail = fake.Issuer(), authtest.ClientID, true, trust
		return cfg
	}
	plain := oidc.Config{Name: "plain"}
	google := oidc.Google("", "")
	microsoft := oidc.Microsoft("11111111-2222-3333-4444-555555555555", "", "")
	says := func(email string, more ...any) map[string]any {
		claims := map[string]any{"email": email, "email_verified": true}
		for i := 0; i < len(more); i += 2 {
			claims[more[i].(string)] = more[i+1]
		}
		return claims
	}
	for _, tt := range []struct {
		name   string
		cfg    oidc.Config
		claims map[string]any
		want   bool
	}{
		{"NobodyBelieved", of(plain), says("ann@example.org"), false},
		{"Domain", of(plain, "example.org"), says("ann@Example.ORG"), true},
		{"OtherDomain", of(plain, "example.org"), says("ann@other.example.org"), false},
		{"DomainAsLocalPart", of(plain, "example.org"), says("example.org@evil.example"), false},
		{"Every", of(plain, "*"), says("ann@example.com"), true},
		{"NotVerified", of(plain, "*"), says("ann@example.org", "email_verified", false), false},
		{"VerifiedAsText", of(plain, "*"), says("ann@example.org", "email_verified", "true"), true},
		{"FalseAsText", of(plain, "*"), says("ann@example.org", "email_verified", "false"), false},
		{"VerifiedAsNumber", of(plain, "*"), says("ann@example.org", "email_verified", 1), false},
		{"NotSaid", of(plain, "*"), says("ann@example.org", "email_verified", nil), false},
		{"NoAddress", of(plain, "*"), says("ann"), false},
		{"TwoAddresses", of(plain, "*"), says("ann@example.org,eve@evil.example"), false},
		{"GoogleMailbox", of(google), says("ann@gmail.com"), true},
		{"GoogleWorkspace", of(google), says("ann@example.org", "hd", "example.org"), true},
		{"GoogleElsewhere", of(google), says("ann@example.org"), false},
		{"GoogleElsewhereBelieved", of(google, "example.org"), says("ann@example.org"), true},
		{"Microsoft", of(microsoft), says("ann@example.org"), false},
		{"MicrosoftBelievedAlone", of(microsoft, "*"), says("ann@example.org"), false},
		{"MicrosoftDomainOwner", of(microsoft), says("ann@example.org", "xms_edov", true), true},
		{"MicrosoftDomainOwnerText", of(microsoft), says("ann@example.org", "xms_edov", "1"), true},
		{"MicrosoftDomainOwnerNumber", of(microsoft), says("ann@example.org", "xms_edov", 1), true},
		{"MicrosoftNoDomainOwner", of(microsoft), says("ann@example.org", "xms_edov", false), false},
		{"GitLab", of(oidc.GitLab("https://gitlab.com/", "", "")), says("ann@example.org"), true},
		{"AnotherGitLab", of(oidc.GitLab("https://git.example.org", "", "")), says("ann@example.org"), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			who, err := newProvider(t, tt.cfg).VerifyIDToken(t.Context(), fake.IDToken(tt.claims), auth.IDTokenOptions{})
			if err != nil || who.EmailVerified != tt.want {
				t.Errorf("verified %t, %v", who.EmailVerified, err)
			}
		})
	}
}

// TestAddressStaysWithItsVerification: UserInfo cannot verify the address of the ID
// token, nor the other way round.
func TestAddressStaysWithItsVerification(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		hide     bool
		id, info map[string]any
		email    string
		verified bool
	}{
		{"BothInUserInfo", true, nil, map[string]any{"email": "a@example.org", "email_verified": true}, "a@example.org", true},
		{"VerifiedInUserInfoOnly", false, map[string]any{"email": "a@example.org"}, map[string]any{"email": "b@example.org", "email_verified": true}, "a@example.org", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			fake := authtest.NewProvider(t)
			cfg := config(fake)
			cfg.TrustEmail = []string{"*"}
			p := newProvider(t, cfg)
			user := map[string]any{"sub": "ada"}
			for name, value := range tt.id {
				user[name] = value
			}
			fake.SetUser(user)
			info := map[string]any{"sub": "ada", "name": "Ada"}
			for name, value := range tt.info {
				info[name] = value
			}
			fake.SetUserinfo(info)
			fake.HideProfile(tt.hide)
			who, _, err := login(t, p, fake)
			if err != nil || who.Email != tt.email || who.EmailVerified != tt.verified || who.Name != "Ada" {
				t.Errorf("%q %t %q, %v", who.Email, who.EmailVerified, who.Name, err)
			}
		})
	}
}
