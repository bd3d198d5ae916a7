package oidc_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/authtest"
	"github.com/seed-7694ebf6/plinth/auth/jwt"
	"github.com/seed-7694ebf6/plinth/auth/oidc"
)

// oneKey is a KeySource.
type oneKey struct{ key jwt.Key }

func (k oneKey) Key(_ context.Context, id string) (jwt.Key, bool, error) {
	return k.key, id == k.key.ID(), nil
}

func TestVerifier(t *testing.T) {
	t.Parallel()
	one, two, unknown := authtest.NewProvider(t), authtest.NewProvider(t), authtest.NewProvider(t)
	v, err := oidc.NewVerifier(oidc.VerifierConfig{InsecureLoopback: true, Issuers: []oidc.Issuer{
		{Name: "one", Issuer: one.Issuer(), Audience: "api"},
		{Name: "two", Issuer: two.Issuer(), Audience: "api", TrustRoles: true},
	}})
	if err != nil {
		t.Fatal(err)
	}
	more := func(changes ...any) map[string]any {
		claims := map[string]any{"aud": "api", "roles": []string{"admin"}, "tenant_id": "t", "session_id": "s", "aal": "aal2", "permissions": []string{"all"}}
		for i := 0; i < len(changes); i += 2 {
			claims[changes[i].(string)] = changes[i+1]
		}
		return claims
	}
	for _, tt := range []struct {
		name, token string
		id          string
		roles       bool
		want        error
	}{
		{"One", one.AccessToken(more()), "one:ada", false, nil},
		{"Two", two.AccessToken(more()), "two:ada", true, nil},
		{"OfAnotherAudience", one.AccessToken(more("aud", "other")), "", false, auth.ErrInvalid},
		{"NoAudience", one.AccessToken(more("aud", nil)), "", false, auth.ErrInvalid},
		{"IDToken", one.IDToken(more()), "", false, auth.ErrInvalid},
		{"Expired", one.AccessToken(more("exp", time.Now().Add(-time.Minute).Unix())), "", false, auth.ErrExpired},
		{"OneAsTwo", one.AccessToken(more("iss", two.Issuer())), "", false, auth.ErrInvalid},
		{"Unknown", unknown.AccessToken(more()), "", false, auth.ErrInvalid},
		{"NoIssuer", one.AccessToken(more("iss", nil)), "", false, auth.ErrInvalid},
		{"Empty", "", "", false, auth.ErrInvalid},
		{"NoToken", "a.b.c", "", false, auth.ErrInvalid},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := v.Verify(t.Context(), tt.token)
			if !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
				t.Fatalf("error is %v, want %v", err, tt.want)
			}
			if err == nil && (p.ID != tt.id || p.Subject != "ada" || p.HasRole("admin") != tt.roles || p.HasPermission("all") != tt.roles ||
				(p.Tenant == "t") != tt.roles || (p.AAL == 2) != tt.roles || p.Session != "") {
				t.Errorf("caller is %#v", p.Claims)
			}
		})
	}
	if n := unknown.Asked("/.well-known/openid-configuration") + unknown.Asked("/keys"); n != 0 {
		t.Errorf("an issuer that is not configured is asked %d times", n)
	}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Authorization", "Bearer "+one.AccessToken(more()))
	if p, err := auth.Bearer(v).Authenticate(r); err != nil || p.ID != "one:ada" {
		t.Errorf("%v, %v", p, err)
	}
}

// TestVerifierA5 is case A-5 for an issuer that is found by its metadata.
func TestVerifierA5(t *testing.T) {
	t.Parallel()
	fake := authtest.NewProvider(t)
	var clock testClock
	v, err := oidc.NewVerifier(oidc.VerifierConfig{InsecureLoopback: true, Now: clock.Now, Issuers: []oidc.Issuer{{Issuer: fake.Issuer(), Audience: authtest.ClientID}}})
	if err != nil {
		t.Fatal(err)
	}
	good := fake.AccessToken(nil)
	if p, err := v.Verify(t.Context(), good); err != nil || p.ID != "ada" {
		t.Fatal(p, err)
	}
	clock.advance(31 * time.Second)
	fake.Fail(authtest.FaultKid)
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			for range 20 {
				if _, err := v.Verify(t.Context(), fake.AccessToken(nil)); !errors.Is(err, auth.ErrInvalid) {
					t.Errorf("a random id: %v", err)
				}
				if _, err := v.Verify(t.Context(), good); err != nil {
					t.Errorf("a known id: %v", err)
				}
			}
		})
	}
	wg.Wait()
	if n := fake.Asked("/keys"); n != 2 {
		t.Errorf("keys asked for %d times, want 2", n)
	}
	if n := fake.Asked("/.well-known/openid-configuration"); n != 1 {
		t.Errorf("metadata asked for %d times, want 1", n)
	}
}

func TestVerifierUnavailable(t *testing.T) {
	t.Parallel()
	for _, fault := range []authtest.Fault{authtest.FaultDiscoveryDown, authtest.FaultDiscoveryIssuer, authtest.FaultKeysDown} {
		fake := authtest.NewProvider(t)
		v, err := oidc.NewVerifier(oidc.VerifierConfig{InsecureLoopback: true, Issuers: []oidc.Issuer{{Issuer: fake.Issuer(), Audience: authtest.ClientID}}})
		if err != nil {
			t.Fatal(err)
		}
		fake.Fail(fault)
		if _, err := v.Verify(t.Context(), fake.AccessToken(nil)); !errors.Is(err, auth.ErrUnavailable) || errors.Is(err, auth.ErrInvalid) {
			t.Errorf("%s: %v", fault, err)
		}
	}
}

func TestNewVerifier(t *testing.T) {
	t.Parallel()
	const a, b = "https://a.example", "https://b.example"
	for i, issuers := range [][]oidc.Issuer{
		nil,
		{{Issuer: a}},
		{{Audience: "x"}},
		{{Issuer: "http://a.example", Audience: "x"}},
		{{Issuer: a, Audience: "x"}, {Issuer: b, Audience: "x", Name: "b"}},
		{{Issuer: a, Audience: "x", Name: "a"}, {Issuer: b, Audience: "x", Name: "a"}},
		{{Issuer: a, Audience: "x", Name: "a"}, {Issuer: a, Audience: "y", Name: "b"}},
		{{Issuer: a, Audience: "x", Name: "a:b"}},
	} {
		if _, err := oidc.NewVerifier(oidc.VerifierConfig{Issuers: issuers}); err == nil {
			t.Errorf("%d is accepted: %s", i, fmt.Sprint(issuers))
		}
	}
	if _, err := oidc.NewVerifier(oidc.VerifierConfig{Issuers: []oidc.Issuer{{Issuer: a, Audience: "x"}}}); err != nil {
		t.Error(err)
	}
}
