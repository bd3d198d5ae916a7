package jwt_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/jwt"
)

func signer(tb testing.TB, key jwt.Key) *jwt.Signer {
	tb.Helper()
	s, err := jwt.NewSigner(jwt.SignerConfig{Audience: audience, Issuer: issuer, Key: key, Now: clock})
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// full is a user with every field a token carries.
func full() auth.Principal {
	return auth.Principal{
		Kind: auth.User, ID: "ada", Issuer: issuer, Subject: "ada",
		Roles: []string{"authenticated", "editor"}, Permissions: []string{"notes:write"},
		Tenant: "t1", Session: "s1", AAL: 2, IsAnonymous: true,
		Expires: now.Add(5 * time.Minute),
	}
}

func TestSignAndVerify(t *testing.T) {
	t.Parallel()

	v := verifier(t)
	for _, key := range keys(t) {
		for name, p := range map[string]auth.Principal{
			"Full": full(),
			"Bare": {Kind: auth.User, ID: "ada", Issuer: issuer, Subject: "ada", Expires: now.Add(5 * time.Minute)},
		} {
			t.Run(key.Algorithm()+name, func(t *testing.T) {
				t.Parallel()

				token, err := signer(t, key).Sign(p, 5*time.Minute)
				if err != nil {
					t.Fatal(err)
				}
				got, err := v.Verify(t.Context(), token)
				if err != nil {
					t.Fatal(err)
				}
				if !got.Expires.Equal(p.Expires) {
					t.Errorf("expires %v, want %v", got.Expires, p.Expires)
				}
				got.Claims, got.Expires, p.Expires = nil, time.Time{}, time.Time{}
				if !reflect.DeepEqual(got, p) {
					a, _ := json.Marshal(got)
					b, _ := json.Marshal(p)
					t.Errorf("came back as\n%s, want\n%s", a, b)
				}
			})
		}
	}
}

// part decodes one segment of a token without the code under test.
func part(t *testing.T, token string, i int) map[string]any {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[i])
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestTokenOnTheWire(t *testing.T) {
	t.Parallel()

	p := full()
	p.Claims = map[string]any{"email": "a@b.example"}
	s := signer(t, keys(t)[0])
	token, err := s.Sign(p, 5*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"alg": "HS256", "kid": "secret", "typ": "at+jwt"}
	if got := part(t, token, 0); !reflect.DeepEqual(got, want) {
		t.Errorf("header is %v, want %v", got, want)
	}
	claims := part(t, token, 1)
	jti, _ := claims["jti"].(string)
	if len(jti) < 22 {
		t.Errorf("jti is %v", claims["jti"])
	}
	delete(claims, "jti")
	wantClaims := map[string]any{
		"iss": issuer, "aud": audience, "sub": "ada",
		"iat": float64(now.Unix()), "exp": float64(now.Unix() + 300),
		"role": "authenticated", "roles": []any{"authenticated", "editor"},
		"permissions": []any{"notes:write"}, "tenant_id": "t1", "session_id": "s1",
		"aal": "aal2", "is_anonymous": true, "email": "a@b.example",
	}
	if !reflect.DeepEqual(claims, wantClaims) {
		t.Errorf("claims are\n%v, want\n%v", claims, wantClaims)
	}
	again, err := s.Sign(p, 5*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if part(t, again, 1)["jti"] == jti {
		t.Error("two tokens have one jti")
	}
}

// TestFieldsWinOverClaims: a field that was changed wins over the claim that it came from.
func TestFieldsWinOverClaims(t *testing.T) {
	t.Parallel()

	s, v := signer(t, keys(t)[0]), verifier(t)
	old, err := s.Sign(full(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	p, err := v.Verify(t.Context(), old)
	if err != nil {
		t.Fatal(err)
	}
	p.ID, p.Roles, p.Permissions, p.Tenant, p.Session, p.AAL = "bob", nil, nil, "", "", 0
	p.IsAnonymous = false
	token, err := s.Sign(p, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	claims := part(t, token, 1)
	for _, gone := range []string{"role", "roles", "permissions", "tenant_id", "session_id", "aal"} {
		if value, found := claims[gone]; found {
			t.Errorf("%s came back as %v", gone, value)
		}
	}
	if claims["sub"] != "bob" || claims["is_anonymous"] != false || claims["exp"] != float64(now.Unix()+60) {
		t.Errorf("claims are %v", claims)
	}
}

func TestSignRefuses(t *testing.T) {
	t.Parallel()

	change := func(do func(*auth.Principal)) auth.Principal { p := full(); do(&p); return p }
	tests := map[string]struct {
		p   auth.Principal
		ttl time.Duration
	}{
		"Anonymous":     {auth.Principal{}, time.Minute},
		"Service":       {auth.Principal{Kind: auth.Service, ID: "x"}, time.Minute},
		"NoID":          {change(func(p *auth.Principal) { p.ID = "" }), time.Minute},
		"LongID":        {change(func(p *auth.Principal) { p.ID = strings.Repeat("x", 256) }), time.Minute},
		"ControlInRole": {change(func(p *auth.Principal) { p.Roles = []string{"a\n"} }), time.Minute},
		"AALTooHigh":    {change(func(p *auth.Principal) { p.AAL = 4 }), time.Minute},
		"AALNegative":   {change(func(p *auth.Principal) { p.AAL = -1 }), time.Minute},
		"NoTTL":         {full(), 0},
		"NegativeTTL":   {full(), -time.Minute},
		"LongTTL":       {full(), 24*time.Hour + 1},
		"TooLarge": {change(func(p *auth.Principal) {
			p.Claims = map[string]any{"x": strings.Repeat("x", 8000)}
		}), time.Minute},
		"NotJSON": {change(func(p *auth.Principal) { p.Claims = map[string]any{"x": func() {}} }), time.Minute},
		"TooDeep": {change(func(p *auth.Principal) {
			p.Claims = map[string]any{"x": json.RawMessage(strings.Repeat("[", 20) + strings.Repeat("]", 20))}
		}), time.Minute},
	}
	s := signer(t, keys(t)[0])
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			token, err := s.Sign(tt.p, tt.ttl)
			if err == nil || token != "" {
				t.Fatalf("signed as %s", token)
			}
			if errors.Is(err, auth.ErrInvalid) {
				t.Errorf("a mistake of the program looks like a bad credential: %v", err)
			}
		})
	}
}

func TestSignLeavesThePrincipalAlone(t *testing.T) {
	t.Parallel()

	p := full()
	p.Claims = map[string]any{"role": "old", "x": 1}
	if _, err := signer(t, keys(t)[0]).Sign(p, time.Minute); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(p.Claims, map[string]any{"role": "old", "x": 1}) ||
		!slices.Equal(p.Roles, full().Roles) {
		t.Errorf("Sign changed %v", p.Claims)
	}
}

func TestNewSignerRefuses(t *testing.T) {
	t.Parallel()

	all := keys(t)
	tests := map[string]jwt.SignerConfig{
		"Zero":          {},
		"NoAudience":    {Issuer: issuer, Key: all[0]},
		"NoIssuer":      {Audience: audience, Key: all[0]},
		"NoKey":         {Audience: audience, Issuer: issuer},
		"PublicKeyOnly": {Audience: audience, Issuer: issuer, Key: all[1].Public()},
		"TenantIsExp":   {Audience: audience, Issuer: issuer, Key: all[0], TenantClaim: "exp"},
	}
	for name, config := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			if _, err := jwt.NewSigner(config); err == nil {
				t.Error("accepted")
			}
		})
	}
}
