package jwt

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/seed-7694ebf6/plinth/auth"
)

// maxLife is the longest life of a token: nothing can call it back before.
const maxLife = 24 * time.Hour

// SignerConfig says what a [Signer] writes into its tokens. Audience, Issuer and
// Key are required.
type SignerConfig struct {
	// Audience is the value of aud.
	Audience string

	// Issuer is the value of iss.
	Issuer string

	// Key signs. It must have a private half.
	Key Key

	// Now returns the current time. Change it in tests.
	//
	// Defaults to [time.Now].
	Now func() time.Time

	// TenantClaim is the claim for the caller's tenant.
	//
	// Defaults to tenant_id.
	TenantClaim string
}

// Validate returns the mistake that [NewSigner] would report.
func (c SignerConfig) Validate() error {
	_, err := NewSigner(c)
	return err
}

// Signer signs access tokens. It is safe for concurrent use.
type Signer struct {
	config SignerConfig
	jws    jose.Signer
}

// NewSigner returns a Signer. The error says what is wrong with config.
func NewSigner(config SignerConfig) (*Signer, error) {
	if config.Audience == "" || config.Issuer == "" {
		return nil, errors.New("auth/jwt: Audience and Issuer are required")
	}
	if config.Key.sign == nil {
		return nil, errors.New("auth/jwt: Key cannot sign")
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	config.TenantClaim = cmp.Or(config.TenantClaim, defaultTenant)
	if err := checkTenantClaim(config.TenantClaim); err != nil {
		return nil, err
	}
	options := (&jose.SignerOptions{}).WithType(typAccess)
	if config.Key.id != "" {
		options = options.WithHeader(jose.HeaderKey("kid"), config.Key.id)
	}
	jws, err := jose.NewSigner(jose.SigningKey{
		Algorithm: config.Key.algorithm, Key: config.Key.sign,
	}, options)
	if err != nil {
		return nil, fmt.Errorf("auth/jwt: use signing key: %w", err)
	}
	return &Signer{config: config, jws: jws}, nil
}

// Sign returns a token for a user that expires after ttl, at least a second and at most 24
// hours. A [Verifier] of the same issuer returns the same Principal.
//
// p must be of Kind User and have an ID, which becomes sub. Its Claims are written too, except
// those that a field or the Signer sets. The first role is also written as role, which other
// software reads. If a Verifier would reject the token, Sign returns an error.
func (s *Signer) Sign(p auth.Principal, ttl time.Duration) (string, error) {
	if p.Kind != auth.User || p.ID == "" {
		return "", errors.New("auth/jwt: only a user with an ID gets a token")
	}
	if ttl < time.Second || ttl > maxLife {
		return "", fmt.Errorf("auth/jwt: ttl must be between a second and %v", maxLife)
	}
	if p.AAL < 0 || p.AAL > len(assurances) {
		return "", fmt.Errorf("auth/jwt: AAL must be 0 to %d", len(assurances))
	}
	payload, err := json.Marshal(s.claims(p, ttl))
	if err != nil {
		return "", fmt.Errorf("auth/jwt: write claims: %w", err)
	}
	// Reading back what was written refuses here what would be refused later.
	c, err := decodeObject(payload)
	if err != nil {
		return "", fmt.Errorf("auth/jwt: payload %w", err)
	}
	if _, err := claims(c).principal(s.config.TenantClaim); err != nil {
		// Not wrapped: here it is the caller's mistake, not a bad credential.
		return "", fmt.Errorf("auth/jwt: principal does not fit into a token: %v", err)
	}
	jws, err := s.jws.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("auth/jwt: sign: %w", err)
	}
	token, err := jws.CompactSerialize()
	if err != nil {
		return "", fmt.Errorf("auth/jwt: write token: %w", err)
	}
	if len(token) > auth.MaxTokenSize {
		return "", fmt.Errorf("auth/jwt: the claims make a token longer than %d bytes", auth.MaxTokenSize)
	}
	return token, nil
}

// claims returns the payload for p.
func (s *Signer) claims(p auth.Principal, ttl time.Duration) map[string]any {
	out := make(map[string]any, len(p.Claims)+len(ownClaims))
	maps.Copy(out, p.Claims)
	for _, name := range ownClaims {
		delete(out, name)
	}
	delete(out, s.config.TenantClaim)

	now := s.config.Now()
	out["iss"] = s.config.Issuer
	out["aud"] = s.config.Audience
	out["sub"] = p.ID
	out["iat"] = now.Unix()
	out["exp"] = now.Add(ttl).Unix()
	out["jti"] = rand.Text()
	if len(p.Roles) > 0 {
		out["role"], out["roles"] = p.Roles[0], p.Roles
	}
	if len(p.Permissions) > 0 {
		out["permissions"] = p.Permissions
	}
	if p.Session != "" {
		out["session_id"] = p.Session
	}
	if p.Tenant != "" {
		out[s.config.TenantClaim] = p.Tenant
	}
	if p.AAL > 0 {
		out["aal"] = assurances[p.AAL-1]
	}
	// GoTrue clients expect the member in every token.
	out["is_anonymous"] = p.IsAnonymous
	return out
}
