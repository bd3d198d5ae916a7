package passkey

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
)

// BeginRegistration begins to register a credential of a signed-in user. session identifies
// their session and must be the same at the end. The options are for
// navigator.credentials.create. An authenticator with one of the existing credentials will not
// make another.
func (p *RelyingParty) BeginRegistration(user User, session string, existing []Credential) (options json.RawMessage, ceremony Ceremony, err error) {
	if err := errors.Join(user.check(), checkCredentials(existing), checkSession(session)); err != nil {
		return nil, Ceremony{}, err
	}
	if user.Name == "" {
		return nil, Ceremony{}, errors.New("auth/passkey: the user's Name is required")
	}
	if len(existing) == MaxCredentials {
		return nil, Ceremony{}, errTooMany
	}
	ceremony = p.begin(registration, user.Handle, session, nil)
	options, err = p.creationOptions(ceremony, user, existing)
	return options, ceremony, err
}

// checkSession rejects an empty session.
func checkSession(session string) error {
	if session == "" {
		return errors.New("auth/passkey: a session is required")
	}
	return nil
}

// FinishRegistration verifies the response of a registration (section 7.1) and
// returns the credential to store. Its Name is empty. The ceremony must have been
// consumed before; see the package.
func (p *RelyingParty) FinishRegistration(ceremony Ceremony, user User, session string, response []byte) (Credential, error) {
	if err := p.check(ceremony, session, registration); err != nil {
		return Credential{}, err
	}
	if !bytes.Equal(ceremony.state.User, user.Handle) {
		return Credential{}, refuse("ceremony of another user")
	}
	parsed, err := parseAttestation(response)
	if err != nil {
		return Credential{}, refused("response", err)
	}
	if err := p.checkClientData(parsed.Raw.AttestationResponse.ClientDataJSON, protocol.CreateCeremony, ceremony.challenge()); err != nil {
		return Credential{}, refused("client data", err)
	}
	if err := p.checkStatement(parsed.Response.AttestationObject); err != nil {
		return Credential{}, refused("attestation", err)
	}
	// Before the library: it does not look at keys behind attestations of none, and
	// at their size never.
	algorithm, err := checkKey(parsed.Response.AttestationObject.AuthData.AttData.CredentialPublicKey)
	if err != nil {
		return Credential{}, refused("public key", err)
	}
	made, err := p.library.CreateCredential(owner{handle: user.Handle}, ceremony.session(user.Handle), parsed)
	if err != nil {
		return Credential{}, refused("registration", err)
	}
	return Credential{
		ID: bytes.Clone(made.ID), UserHandle: bytes.Clone(user.Handle), PublicKey: bytes.Clone(made.PublicKey), Algorithm: algorithm, SignCount: made.Authenticator.SignCount,
		UserVerified: made.Flags.UserVerified, BackupEligible: made.Flags.BackupEligible, BackedUp: made.Flags.BackupState,
		Transports: slices.Clone(parsed.Raw.AttestationResponse.Transports), AAGUID: bytes.Clone(made.Authenticator.AAGUID),
		AttestationFormat: made.AttestationFormat, AttestationType: made.AttestationType, CreatedAt: p.now(),
	}, nil
}

// checkStatement accepts only no statement or one by the credential's own key, which is what
// browsers send if no attestation is asked for (section 5.1.3, attestation conveyance none). So
// certificates of unknown makers are not parsed.
func (p *RelyingParty) checkStatement(object protocol.AttestationObject) error {
	if p.config.Attestation != AttestationNone || object.Format == string(protocol.AttestationFormatNone) {
		return nil
	}
	if _, certified := object.AttStatement["x5c"]; certified || object.Format != string(protocol.AttestationFormatPacked) {
		return errors.New("a statement that was not asked for")
	}
	return nil
}

// now is the time as it is stored: to the microsecond, as PostgreSQL has it.
func (p *RelyingParty) now() time.Time { return p.config.Now().UTC().Truncate(time.Microsecond) }
