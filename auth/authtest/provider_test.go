package authtest_test

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/auth/authtest"
)

// TestProviderTokens: what a provider mints is what was asked for.
func TestProviderTokens(t *testing.T) {
	t.Parallel()

	p := authtest.NewProvider(t)
	for typ, token := range map[string]string{
		"JWT":    p.IDToken(map[string]any{"aud": "app", "email": nil, "level": 3}),
		"at+jwt": p.AccessToken(map[string]any{"aud": "app", "email": nil, "level": 3}),
	} {
		parts := strings.Split(token, ".")
		var header, claims map[string]any
		for i, to := range []*map[string]any{&header, &claims} {
			data, err := base64.RawURLEncoding.DecodeString(parts[i])
			if err != nil || json.Unmarshal(data, to) != nil {
				t.Fatalf("part %d of %s: %v", i, token, err)
			}
		}
		_, email := claims["email"]
		if header["typ"] != typ || claims["iss"] != p.Issuer() || claims["aud"] != "app" || claims["sub"] != "ada" || claims["level"] != 3.0 || email {
			t.Errorf("%s: %v %v", typ, header, claims)
		}
	}
}

// TestFaults: no fault is left out of the list, or stands there twice.
func TestFaults(t *testing.T) {
	t.Parallel()

	faults := authtest.Faults()
	slices.Sort(faults)
	if len(slices.Compact(slices.Clone(faults))) != len(faults) || slices.Contains(faults, authtest.FaultNone) {
		t.Errorf("faults are %q", faults)
	}
}
