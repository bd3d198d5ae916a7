package jwt

import (
	"cmp"
	"errors"
	"fmt"
	"time"
)

const (
	defaultSkew   = 30 * time.Second
	maxSkew       = 60 * time.Second
	defaultTenant = "tenant_id"
)

// Config says which tokens a [Verifier] accepts. Audience, Issuer and either Keys
// or KeySource are required.
type Config struct {
	// Audience is this application: the exact value aud must be or contain.
	Audience string

	// InsecureUntyped also accepts tokens with a typ of JWT or without one, from issuers that
	// do not follow RFC 9068. If the issuer signs ID tokens for the same Audience, those pass
	// as access tokens.
	//
	// Defaults to false: typ must be at+jwt.
	InsecureUntyped bool

	// Issuer is the exact value of iss. It is compared byte for byte.
	Issuer string

	// Keys are the issuer's keys; a token names one by kid. With a single key, a
	// token may also name none. Give old and new while keys are rotated.
	Keys []Key

	// KeySource gives the keys in place of Keys, where they change while the
	// program runs: [Remote] has those that an issuer publishes.
	KeySource KeySource

	// Now returns the current time. Change it in tests.
	//
	// Defaults to [time.Now].
	Now func() time.Time

	// Skew is how far the issuer's clock may be off. It extends exp and moves
	// nbf and iat. Longer than a minute, or negative, is refused.
	//
	// Defaults to 30 seconds.
	Skew time.Duration

	// TenantClaim is the claim with the caller's tenant. Change it for issuers
	// who call it otherwise. A name the token gives another meaning is refused.
	//
	// Defaults to tenant_id.
	TenantClaim string
}

// Validate returns the mistakes that [New] would report.
func (c Config) Validate() error {
	_, err := New(c)
	return err
}

func (c Config) withDefaults() Config {
	if c.Now == nil {
		c.Now = time.Now
	}
	c.Skew = cmp.Or(c.Skew, defaultSkew)
	c.TenantClaim = cmp.Or(c.TenantClaim, defaultTenant)
	return c
}

func (c Config) validate() error {
	var problems []error
	if c.Audience == "" {
		problems = append(problems, errors.New("auth/jwt: Audience is required"))
	}
	if c.Issuer == "" {
		problems = append(problems, errors.New("auth/jwt: Issuer is required"))
	}
	if (len(c.Keys) == 0) == (c.KeySource == nil) {
		problems = append(problems, errors.New("auth/jwt: either Keys or KeySource is required"))
	}
	if c.Skew < 0 || c.Skew > maxSkew {
		problems = append(problems, fmt.Errorf("auth/jwt: Skew must be at most %v", maxSkew))
	}
	problems = append(problems, checkTenantClaim(c.TenantClaim))
	return errors.Join(problems...)
}

// checkTenantClaim refuses a tenant claim that is read or written as something
// else.
func checkTenantClaim(name string) error {
	for _, taken := range ownClaims {
		if name == taken {
			return fmt.Errorf("auth/jwt: TenantClaim cannot be %s", name)
		}
	}
	return nil
}
