package passkeys_test

import (
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/testkit/browsertest"
)

// browser is a page of a Chromium with virtual authenticators.
type browser struct{ *browsertest.Page }

// start starts a Chromium that ends with the test.
func start(t *testing.T) *browser {
	t.Helper()
	b := &browser{browsertest.Start(t).NewPage(t)}
	b.Call("WebAuthn.enable", nil, nil)
	return b
}

// authenticator adds a virtual authenticator like the one of a telephone: it stores its
// credentials, verifies its user and makes backups.
func (b *browser) authenticator() (id string) { return b.addAuthenticator("internal", true) }

// securityKey adds one that is plugged in. It verifies its user and makes no backups.
func (b *browser) securityKey() (id string) { return b.addAuthenticator("usb", false) }

func (b *browser) addAuthenticator(transport string, copies bool) string {
	var added struct {
		ID string `json:"authenticatorId"`
	}
	b.Call("WebAuthn.addVirtualAuthenticator", map[string]any{"options": map[string]any{
		"protocol": "ctap2", "ctap2Version": "ctap2_1", "transport": transport, "hasResidentKey": true, "hasUserVerification": true,
		"isUserVerified": true, "automaticPresenceSimulation": true, "defaultBackupEligibility": copies,
	}}, &added)
	return added.ID
}
