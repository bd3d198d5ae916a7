package oidc

import "testing"

// TestGitHubIsBelieved: the one server of GitHub that no test can ask is believed for
// addresses, and no other that has its preset. This test sees the preset itself.
func TestGitHubIsBelieved(t *testing.T) {
	t.Parallel()
	cfg := GitHub("", "").withDefaults()
	for issuer, want := range map[string]bool{gitHubIssuer: true, "https://git.example.org/login/oauth": false} {
		if got := cfg.trusts(map[string]any{"iss": issuer}, "ada@example.org"); got != want {
			t.Errorf("%s: %t", issuer, got)
		}
	}
}
