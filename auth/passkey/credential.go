package passkey

import (
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

const (
	// MaxID is the largest number of bytes of a credential id (section 7.1).
	MaxID = 1023

	// minID is the smallest one (section 4, credential id).
	minID = 16
)

// Credential is what to keep of a registered credential (section 4, credential
// record). Nothing in it is secret. Its JSON form is stable.
type Credential struct {
	// ID identifies the credential: 16 to [MaxID] bytes, unique over all users.
	ID []byte `json:"id"`

	// UserHandle is the Handle of the owner. A response names a user without signing the name,
	// so the owner is read from here.
	UserHandle []byte `json:"user_handle"`

	// PublicKey is the key in the form COSE_Key (RFC 9052 section 7).
	PublicKey []byte `json:"public_key"`

	// Algorithm is what the key signs with: [ES256], [EdDSA] or [RS256].
	Algorithm int `json:"algorithm"`

	// SignCount is the counter of the last assertion. It is 0 for authenticators that do not
	// count, such as those that synchronize their credentials.
	SignCount uint32 `json:"sign_count"`

	// UserVerified says whether the user was verified at registration.
	UserVerified bool `json:"user_verified"`

	// BackupEligible says whether the credential may be copied to other devices.
	// It never changes.
	BackupEligible bool `json:"backup_eligible"`

	// BackedUp says whether it was, at the last assertion.
	BackedUp bool `json:"backed_up"`

	// Transports are hints how to reach the authenticator, as "internal" or "usb"
	// (section 5.8.4). They are the client's word.
	Transports []string `json:"transports,omitempty"`

	// AAGUID is the model of the authenticator: 16 bytes, zero if it is unknown.
	AAGUID []byte `json:"aaguid"`

	// AttestationFormat is the form of the attestation statement, as "none" or
	// "packed" (section 8).
	AttestationFormat string `json:"attestation_format"`

	// AttestationType is what the statement rests on, in the words of the FIDO
	// Metadata Service: "none", or "basic_surrogate" for the credential's own key.
	AttestationType string `json:"attestation_type"`

	// CreatedAt is the time of registration.
	CreatedAt time.Time `json:"created_at"`

	// LastUsedAt is the time of the last assertion, or zero.
	LastUsedAt time.Time `json:"last_used_at,omitzero"`

	// Name is what the user calls it. It is the caller's to set.
	Name string `json:"name,omitempty"`
}

// owner is a user with at most one credential, as the library wants to see them.
type owner struct {
	handle     []byte
	credential *Credential // or nil
}

func (o owner) WebAuthnID() []byte          { return o.handle }
func (o owner) WebAuthnName() string        { return "" }
func (o owner) WebAuthnDisplayName() string { return "" }

func (o owner) WebAuthnCredentials() []webauthn.Credential {
	if o.credential == nil {
		return nil
	}
	c := o.credential
	flags := protocol.AuthenticatorFlags(0)
	for flag, set := range map[protocol.AuthenticatorFlags]bool{
		protocol.FlagUserVerified: c.UserVerified, protocol.FlagBackupEligible: c.BackupEligible, protocol.FlagBackupState: c.BackedUp,
	} {
		if set {
			flags |= flag
		}
	}
	return []webauthn.Credential{{
		ID: c.ID, PublicKey: c.PublicKey, Flags: webauthn.NewCredentialFlags(flags),
		Authenticator: webauthn.Authenticator{SignCount: c.SignCount},
	}}
}
