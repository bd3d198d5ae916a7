package jwt_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/jwt"
)

func TestPrincipalOfToken(t *testing.T) {
	t.Parallel()

	type claims = map[string]any
	base := func(change func(*auth.Principal)) auth.Principal {
		p := auth.Principal{Kind: auth.User, ID: "ada", Issuer: issuer, Subject: "ada", Expires: now.Add(time.Minute)}
		if change != nil {
			change(&p)
		}
		return p
	}
	tests := []struct {
		name   string
		claims claims
		want   auth.Principal
	}{
		{"Plain", nil, base(nil)},
		{"Role", claims{"role": "editor"}, base(func(p *auth.Principal) { p.Roles = []string{"editor"} })},
		{
			"RoleAndRoles",
			claims{"role": "b", "roles": []string{"a", "b", "", "a"}},
			base(func(p *auth.Principal) { p.Roles = []string{"b", "a"} }),
		},
		{
			"Everything",
			claims{
				"roles": []string{"a"}, "permissions": []string{"x", "y"}, "tenant_id": "t1",
				"session_id": "s1", "aal": "aal2", "is_anonymous": true,
			},
			base(func(p *auth.Principal) {
				p.Roles, p.Permissions = []string{"a"}, []string{"x", "y"}
				p.Tenant, p.Session, p.AAL, p.IsAnonymous = "t1", "s1", 2, true
			}),
		},
		{"LowestAAL", claims{"aal": "aal1"}, base(func(p *auth.Principal) { p.AAL = 1 })},
		{"UnknownAAL", claims{"aal": "aal9"}, base(nil)},
		{"FractionOfASecond", claims{"exp": json.Number("1795176060.5")}, base(func(p *auth.Principal) {
			p.Expires = time.Unix(1795176060, 5e8)
		})},
		{"OthersAreOnlyClaims", claims{"email": "a@b.example", "user_metadata": claims{"role": "admin"}}, base(nil)},
	}
	v := verifier(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			token := good()
			token.payload = goodClaims(tt.claims)
			got, err := v.Verify(t.Context(), token.String())
			if err != nil {
				t.Fatal(err)
			}
			for name := range tt.claims {
				if _, found := got.Claims[name]; !found {
					t.Errorf("Claims lack %s", name)
				}
			}
			if !got.Expires.Equal(tt.want.Expires) {
				t.Errorf("expires %v, want %v", got.Expires, tt.want.Expires)
			}
			got.Claims, got.Expires, tt.want.Expires = nil, time.Time{}, time.Time{}
			if !reflect.DeepEqual(got, tt.want) {
				a, _ := json.Marshal(got)
				b, _ := json.Marshal(tt.want)
				t.Errorf("principal is\n%s, want\n%s", a, b)
			}
		})
	}
}

func TestClaimsKeepNumbersExact(t *testing.T) {
	t.Parallel()

	token := good()
	token.payload = goodClaims(map[string]any{"org": json.Number("9007199254740993")})
	p, err := verifier(t).Verify(t.Context(), token.String())
	if err != nil {
		t.Fatal(err)
	}
	if p.Claims["org"] != json.Number("9007199254740993") {
		t.Errorf("org is %v (%T)", p.Claims["org"], p.Claims["org"])
	}
}

func TestTenantClaim(t *testing.T) {
	t.Parallel()

	token := good()
	token.payload = goodClaims(map[string]any{"org_id": "t7", "tenant_id": "t1"})
	v := verifier(t, func(c *jwt.Config) { c.TenantClaim = "org_id" })
	p, err := v.Verify(t.Context(), token.String())
	if err != nil || p.Tenant != "t7" {
		t.Errorf("tenant is %q, %v", p.Tenant, err)
	}
}

// TestA53 (security list A-53): unsafe configurations are errors at start.
func TestA53(t *testing.T) {
	t.Parallel()

	tests := []struct {
		name   string
		change func(*jwt.Config)
		want   string
	}{
		{"NoAudience", func(c *jwt.Config) { c.Audience = "" }, "Audience is required"},
		{"NoIssuer", func(c *jwt.Config) { c.Issuer = "" }, "Issuer is required"},
		{"NoKeys", func(c *jwt.Config) { c.Keys = nil }, "either Keys or KeySource is required"},
		{"ZeroKey", func(c *jwt.Config) { c.Keys = []jwt.Key{{}} }, "zero Key"},
		{"KeyTwice", func(c *jwt.Config) { c.Keys = append(c.Keys, c.Keys[0]) }, "two keys with id"},
		{"TenantFromSub", func(c *jwt.Config) { c.TenantClaim = "sub" }, "TenantClaim cannot be sub"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			config := jwt.Config{Audience: audience, Issuer: issuer, Keys: keys(t)}
			tt.change(&config)
			v, err := jwt.New(config)
			if err == nil || v != nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v, want one with %q", err, tt.want)
			}
		})
	}
}

func TestNewNamesEveryMistake(t *testing.T) {
	t.Parallel()

	_, err := jwt.New(jwt.Config{})
	for _, want := range []string{"Audience", "Issuer", "Keys"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not name %s", err, want)
		}
	}
}
