package passkey

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
)

// MaxTimeout is the longest life of a ceremony.
const MaxTimeout = 5 * time.Minute

// minTimeout leaves people the time to find their key.
const minTimeout = 15 * time.Second

// Requirement is how much a relying party insists on something (sections 5.4.6 and
// 5.8.6).
type Requirement string

// The requirements. Only Required is enforced.
const (
	Required    Requirement = "required"
	Preferred   Requirement = "preferred"
	Discouraged Requirement = "discouraged"
)

// Attestation is what an authenticator is asked to say of its make (section 5.4.7).
type Attestation string

const (
	// AttestationNone requests no statement.
	AttestationNone Attestation = "none"

	// AttestationDirect requests a statement, for which browsers may ask the user. See the
	// limits in the package comment.
	AttestationDirect Attestation = "direct"
)

// Config describes a [RelyingParty]. RPID, Name and Origins are required.
type Config struct {
	// Attestation is what authenticators are asked to say of their make. With
	// AttestationNone a statement that a browser was not to pass on is refused.
	//
	// Defaults to AttestationNone.
	Attestation Attestation

	// Discoverable says whether new credentials must be found by the authenticator
	// itself, as discoverable logins need it. Change it for second factors only:
	// small security keys have room for few such credentials.
	//
	// Defaults to Required.
	Discoverable Requirement

	// Name is what browsers may show for the application.
	Name string

	// Now returns the current time. Change it in tests.
	//
	// Defaults to [time.Now].
	Now func() time.Time

	// Origins are the origins of pages that may ask for credentials, byte for byte as browsers
	// write them: "https://example.org", with a port only if it is not 443, without a slash at
	// the end. The host is RPID or ends in it. With the RPID localhost http is allowed too, for
	// development. An Android application is "android:apk-key-hash:" and the hash of its
	// certificate.
	Origins []string

	// RPID is the domain that credentials are made for, as "example.org". It
	// cannot be changed later: credentials are good for it alone.
	RPID string

	// Timeout is how long a ceremony may take. Shorter than 15 seconds or longer
	// than MaxTimeout is refused.
	//
	// Defaults to MaxTimeout.
	Timeout time.Duration

	// UserVerification says whether the authenticator must verify the user, by finger, face or
	// PIN, and not only detect their presence. Change it for a RelyingParty with credentials
	// that are only a second factor. With Preferred look at Result.UserVerified.
	//
	// Defaults to Required.
	UserVerification Requirement
}

// Validate returns the mistakes that [New] would report.
func (c Config) Validate() error {
	_, err := New(c)
	return err
}

func (c Config) withDefaults() Config {
	c.Attestation = cmp.Or(c.Attestation, AttestationNone)
	c.Discoverable = cmp.Or(c.Discoverable, Required)
	if c.Now == nil {
		c.Now = time.Now
	}
	c.Origins = slices.Clone(c.Origins)
	c.Timeout = cmp.Or(c.Timeout, MaxTimeout)
	c.UserVerification = cmp.Or(c.UserVerification, Required)
	return c
}

func (c Config) validate() error {
	var problems []error
	add := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf("auth/passkey: "+format, args...))
	}
	if c.Attestation != AttestationNone && c.Attestation != AttestationDirect {
		add("Attestation cannot be %q", c.Attestation)
	}
	if !c.Discoverable.known() {
		add("Discoverable cannot be %q", c.Discoverable)
	}
	if c.Name == "" {
		add("Name is required")
	}
	if c.Timeout < minTimeout || c.Timeout > MaxTimeout {
		add("Timeout must be from %v to %v", minTimeout, MaxTimeout)
	}
	if !c.UserVerification.known() {
		add("UserVerification cannot be %q", c.UserVerification)
	}
	if err := checkRPID(c.RPID); err != nil {
		add("RPID %q: %w", c.RPID, err)
	}
	if len(c.Origins) == 0 {
		add("Origins is required")
	}
	for _, origin := range c.Origins {
		if err := checkOrigin(origin, c.RPID); err != nil {
			add("Origins: %q %w", origin, err)
		}
	}
	return errors.Join(problems...)
}

func (r Requirement) known() bool {
	return r == Required || r == Preferred || r == Discouraged
}
