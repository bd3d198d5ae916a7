package oidc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	defaultSkew = 30 * time.Second
	maxSkew     = 60 * time.Second
	maxName     = 32

	// ResponseFormPost is the ResponseMode of providers that answer by a form which
	// the browser posts (OAuth 2.0 Form Post Response Mode). It comes from another
	// site, so that a cookie that is SameSite=Lax does not come with it.
	ResponseFormPost = "form_post"
)

// algorithms are those that ID tokens are signed with, where Config names no fewer.
var algorithms = []string{"RS256", "ES256", "EdDSA"}

// Config describes a provider and the client registered there. ClientID, Issuer and Name are
// required. Printing a Config never prints its secret.
type Config struct {
	// Algorithms are those that ID tokens may be signed with.
	//
	// Defaults to RS256, ES256 and EdDSA, of which there is no other.
	Algorithms []string

	// Audiences are further client IDs of this application, those of its apps on
	// phones, for [Provider.VerifyIDToken].
	Audiences []string

	// ClientID is this application's name at the provider.
	ClientID string

	// ClientSecret is its password there. Empty for a client that has none.
	ClientSecret string

	// ClientSecretFunc makes the password each time one is needed, in place of
	// ClientSecret.
	ClientSecretFunc func(ctx context.Context) (string, error)

	// InsecureLoopback also allows http URLs and loopback addresses, for development and tests.
	InsecureLoopback bool

	// Issuer is the URL of the provider. Its metadata is looked for below it, and it
	// is compared byte for byte.
	Issuer string

	// Name is what this application calls the provider: up to 32 small letters,
	// digits, - and _.
	Name string

	// Now returns the current time. Change it in tests.
	//
	// Defaults to [time.Now].
	Now func() time.Time

	// ResponseMode is how the browser brings the answer: empty for the query of a
	// GET, or [ResponseFormPost].
	ResponseMode string

	// Scopes are asked for in each login.
	//
	// Defaults to openid, email and profile.
	Scopes []string

	// Skew is how far the provider's clock may be off. Longer than a minute, or
	// negative, is refused.
	//
	// Defaults to 30 seconds.
	Skew time.Duration

	// Tenants are the directories that users of [Microsoft] may log in from, for a tenant that
	// stands for several. Nil accepts all.
	Tenants []string

	// TrustEmail lists the domains for which email_verified of the provider is believed; "*" is
	// every domain. The operator of a provider can claim any address, so use "*" only for a
	// provider that verifies each one.
	//
	// Defaults to what the provider's documentation promises, where a preset is used, and to
	// none otherwise.
	TrustEmail []string

	preset preset
}

// Validate returns the mistakes that [New] would report. No provider is asked.
func (c Config) Validate() error {
	_, err := New(c)
	return err
}

// preset is what a provider does in its own way.
type preset struct {
	github   bool // no OpenID provider
	formName bool // the name comes beside the first code, in a field user
	tenants  bool // the issuer may be that of any directory

	// verified replaces the check of email_verified for a provider without it, and trusts
	// decides whether the result is believed.
	verified func(claims map[string]any) bool
	trusts   func(claims map[string]any, domain string) bool
}

// Format prints name and issuer for every verb.
func (c Config) Format(state fmt.State, _ rune) {
	_, _ = fmt.Fprintf(state, "oidc.Config(%q %q)", c.Name, c.Issuer)
}

func (c Config) withDefaults() Config {
	c.Algorithms = slices.Clone(c.Algorithms)
	if c.Algorithms == nil {
		c.Algorithms = algorithms
	}
	c.Audiences, c.Scopes, c.Tenants, c.TrustEmail = slices.Clone(c.Audiences), slices.Clone(c.Scopes), slices.Clone(c.Tenants), slices.Clone(c.TrustEmail)
	if c.Scopes == nil {
		c.Scopes = []string{"openid", "email", "profile"}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	c.Skew = cmp.Or(c.Skew, defaultSkew)
	return c
}

func (c *Config) validate() error {
	var problems []error
	wrong := func(is bool, format string, args ...any) {
		if is {
			problems = append(problems, fmt.Errorf("auth/oidc: "+format, args...))
		}
	}
	wrong(!isName(c.Name), "Name must be up to %d small letters, digits, - and _", maxName)
	wrong(c.ClientID == "", "ClientID is required")
	wrong(c.ClientSecret != "" && c.ClientSecretFunc != nil, "either ClientSecret or ClientSecretFunc, not both")
	wrong(c.Skew < 0 || c.Skew > maxSkew, "Skew must be at most %v", maxSkew)
	wrong(c.ResponseMode != "" && c.ResponseMode != ResponseFormPost, "ResponseMode must be empty or %s", ResponseFormPost)
	wrong(len(c.Algorithms) == 0, "Algorithms must not be empty")
	for _, algorithm := range c.Algorithms {
		wrong(!slices.Contains(algorithms, algorithm), "Algorithms has %q, which is not of %v", algorithm, algorithms)
	}
	wrong(slices.Contains(c.Audiences, ""), "Audiences has an empty one")
	wrong(!c.preset.github && !slices.Contains(c.Scopes, "openid"), "Scopes must have openid")
	wrong(checkScopes(c.Scopes) != nil, "Scopes must be a few words")
	wrong(c.Tenants != nil && !c.preset.tenants, "Tenants is for Microsoft with several directories")
	wrong(c.preset.tenants && c.issuerInMetadata() == c.Issuer, "the tenant of Microsoft must be the id of a directory, organizations, consumers or common")
	for _, tenant := range c.Tenants {
		wrong(!isGUID(tenant), "Tenants has %q, which is not the id of a directory", tenant)
	}
	for _, domain := range c.TrustEmail {
		wrong(domain == "" || strings.Contains(domain, "@"), "TrustEmail has %q, which is not a domain", domain)
	}
	return errors.Join(problems...)
}

// isName reports whether a name of a provider can stand in a URL, a column and a log.
func isName(name string) bool {
	return name != "" && len(name) <= maxName && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_") == ""
}

// isGUID reports whether a text is a GUID in small letters.
func isGUID(text string) bool {
	if len(text) != 36 {
		return false
	}
	for i, c := range []byte(text) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (c == '-') || !dash && !strings.ContainsRune("0123456789abcdef", rune(c)) {
			return false
		}
	}
	return true
}
