package oidc

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/jwt"
)

// Issuer is an issuer of accepted access tokens. Audience and Issuer are required.
type Issuer struct {
	// Audience is this application at the issuer: the exact value aud must be or
	// contain.
	Audience string

	// InsecureUntyped is that of [jwt.Config]: some issuers do not follow RFC 9068.
	InsecureUntyped bool

	// Issuer is the URL of the issuer, below which its metadata is, and the exact
	// value of iss.
	Issuer string

	// Name is what this application calls the issuer. The ID of its users is Name, a
	// colon and their subject, so that no issuer can speak for users of another. That is
	// no UUID: a column of owners that they may be in is text. Only a single issuer may
	// have none; its subjects then are the IDs.
	Name string

	// TenantClaim is that of [jwt.Config].
	TenantClaim string

	// TrustRoles lets the roles, permissions, tenant and assurance level of a token
	// count. Without it a token says who its user is and no more.
	TrustRoles bool
}

// VerifierConfig says which tokens a [Verifier] accepts.
type VerifierConfig struct {
	// InsecureLoopback also allows http URLs and loopback addresses, for development and tests.
	InsecureLoopback bool

	// Issuers are the issuers of accepted tokens.
	Issuers []Issuer

	// Now returns the current time. Change it in tests.
	//
	// Defaults to [time.Now].
	Now func() time.Time

	// Skew is that of [jwt.Config].
	Skew time.Duration
}

// Validate returns the mistake that [NewVerifier] would report. No issuer is asked.
func (c VerifierConfig) Validate() error {
	_, err := NewVerifier(c)
	return err
}

// Verifier accepts access tokens of other issuers and finds their keys by their metadata. It is
// an [auth.Verifier], for [auth.Bearer], and safe for concurrent use.
type Verifier struct {
	issuers map[string]foreign
}

// foreign is an issuer and what judges its tokens.
type foreign struct {
	Issuer

	tokens *jwt.Verifier
}

// NewVerifier returns a Verifier. It sends no request to an issuer before the first token of
// it.
func NewVerifier(config VerifierConfig) (*Verifier, error) {
	if len(config.Issuers) == 0 {
		return nil, errors.New("auth/oidc: Issuers is required")
	}
	v := &Verifier{issuers: make(map[string]foreign, len(config.Issuers))}
	names := make(map[string]bool)
	for _, issuer := range config.Issuers {
		if issuer.Name == "" && len(config.Issuers) > 1 || issuer.Name != "" && !isName(issuer.Name) || names[issuer.Name] {
			return nil, fmt.Errorf("auth/oidc: issuer %q needs a Name of its own", issuer.Issuer)
		}
		if _, twice := v.issuers[issuer.Issuer]; twice {
			return nil, fmt.Errorf("auth/oidc: issuer %q is listed twice", issuer.Issuer)
		}
		names[issuer.Name] = true
		tokens, err := config.tokens(issuer)
		if err != nil {
			return nil, fmt.Errorf("auth/oidc: issuer %q: %w", issuer.Issuer, err)
		}
		v.issuers[issuer.Issuer] = foreign{issuer, tokens}
	}
	return v, nil
}

// tokens returns what judges the tokens of an issuer.
func (c *VerifierConfig) tokens(issuer Issuer) (*jwt.Verifier, error) {
	client := newClient(c.InsecureLoopback)
	if _, err := client.Check(issuer.Issuer); err != nil {
		return nil, err
	}
	cfg := Config{Issuer: issuer.Issuer, InsecureLoopback: c.InsecureLoopback, Now: c.Now}.withDefaults()
	return jwt.New(jwt.Config{
		Audience: issuer.Audience, Issuer: issuer.Issuer, KeySource: keySource{newDiscovery(&cfg, client)},
		InsecureUntyped: issuer.InsecureUntyped, Now: c.Now, Skew: c.Skew, TenantClaim: issuer.TenantClaim,
	})
}

// Verify implements [auth.Verifier]. What a token says its issuer is only selects
// among those that are configured: nothing is fetched from where it leads.
func (v *Verifier) Verify(ctx context.Context, token string) (auth.Principal, error) {
	issuer, known := v.issuers[unverifiedIssuer(token)]
	if !known {
		return auth.Principal{}, refuse("tokens of the issuer are not accepted")
	}
	p, err := issuer.tokens.Verify(ctx, token)
	if err != nil {
		return auth.Principal{}, err
	}
	if issuer.Name != "" {
		p.ID = issuer.Name + ":" + p.Subject
	}
	p.Session = "" // there is none of that name here
	if !issuer.TrustRoles {
		p.Roles, p.Permissions, p.Tenant, p.AAL = nil, nil, "", 0
	}
	return p, nil
}

// unverifiedIssuer returns the iss of a token that has not been verified.
func unverifiedIssuer(token string) string {
	parts := strings.SplitN(token, ".", 4)
	if len(token) > auth.MaxTokenSize || len(parts) != 3 {
		return ""
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return ""
	}
	var claims struct {
		Issuer string `json:"iss"`
	}
	if json.Unmarshal(payload, &claims) != nil {
		return ""
	}
	return claims.Issuer
}
