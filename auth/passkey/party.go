package passkey

import (
	"errors"
	"fmt"

	"github.com/go-webauthn/webauthn/webauthn"
)

const (
	// MaxHandle is the largest number of bytes of a User's Handle (section 4, user
	// handle).
	MaxHandle = 64

	// MaxCredentials is the largest number of credentials of a user. No ceremony begins with
	// more. Check it again where credentials are stored, since two registrations may finish at
	// once.
	MaxCredentials = 32
)

// User is the owner of credentials.
type User struct {
	// Handle identifies the user: 1 to [MaxHandle] bytes that never change and contain nothing
	// about the person, since authenticators show it to every page of the RPID. Discoverable
	// logins return it.
	Handle []byte

	// Name distinguishes the user's accounts, for example an e-mail address. It is required to
	// register.
	Name string

	// DisplayName is the name of the person, or empty.
	DisplayName string
}

func (u User) check() error {
	if len(u.Handle) == 0 || len(u.Handle) > MaxHandle {
		return fmt.Errorf("auth/passkey: the user's Handle must have 1 to %d bytes", MaxHandle)
	}
	return nil
}

// RelyingParty registers and verifies the credentials of one domain. It is safe for
// concurrent use.
type RelyingParty struct {
	config  Config
	library *webauthn.WebAuthn
}

// New returns a RelyingParty. The error names everything that is wrong with config.
func New(config Config) (*RelyingParty, error) {
	config = config.withDefaults()
	if err := config.validate(); err != nil {
		return nil, err
	}
	library, err := webauthn.New(&webauthn.Config{RPID: config.RPID, RPDisplayName: config.Name, RPOrigins: config.Origins})
	if err != nil {
		return nil, fmt.Errorf("auth/passkey: %w", err)
	}
	return &RelyingParty{config: config, library: library}, nil
}

var errTooMany = fmt.Errorf("auth/passkey: a user can have at most %d credentials", MaxCredentials)

// checkCredentials validates the credentials with which a ceremony begins.
func checkCredentials(credentials []Credential) error {
	if len(credentials) > MaxCredentials {
		return errTooMany
	}
	for _, c := range credentials {
		if len(c.ID) == 0 || len(c.ID) > MaxID {
			return errors.New("auth/passkey: a credential has no ID that one can have")
		}
	}
	return nil
}
