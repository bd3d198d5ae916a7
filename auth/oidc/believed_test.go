package oidc

import "testing"

// TestDomainsBeyondASCII: a domain with letters that lower-case into those of a trusted one
// is not trusted.
func TestDomainsBeyondASCII(t *testing.T) {
	t.Parallel()
	for email, want := range map[string]bool{
		"ada@gmail.com": true, "ada@GMail.COM": true, "ada@gma\u0130l.com": false, "ada@Kim.example": true, "ada@\u212aim.example": false,
	} {
		cfg := Google("", "").withDefaults()
		if got := cfg.trusts(nil, email) || (&Config{TrustEmail: []string{"Kim.example"}}).trusts(nil, email); got != want {
			t.Errorf("%+q: %t", email, got)
		}
	}
}

// TestGitHubIsBelieved: only the server of GitHub itself is trusted for addresses, not
// others with its preset. Tests cannot ask it, so this one reads the preset.
func TestGitHubIsBelieved(t *testing.T) {
	t.Parallel()
	cfg := GitHub("", "").withDefaults()
	for issuer, want := range map[string]bool{gitHubIssuer: true, "https://git.example.org/login/oauth": false} {
		if got := cfg.trusts(map[string]any{"iss": issuer}, "ada@example.org"); got != want {
			t.Errorf("%s: %t", issuer, got)
		}
	}
}
