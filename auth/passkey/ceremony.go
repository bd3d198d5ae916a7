package passkey

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/seed-7694ebf6/plinth/internal/strictjson"
)

const (
	// MaxCeremonySize is the largest number of bytes of a Ceremony's JSON. Most
	// have less than a thousandth of it for each credential.
	MaxCeremonySize = 48 << 10

	// challengeSize is twice the size that section 13.4.3 requires.
	challengeSize = 32
)

// kind is what a ceremony is for.
type kind string

const (
	registration kind = "registration"
	login        kind = "login"
	discoverable kind = "discoverable"
	stepUp       kind = "step-up"
)

// Ceremony is what to keep between a Begin and its Finish. It marshals to JSON of
// at most [MaxCeremonySize] bytes, which is to be kept where clients cannot change
// it and consumed once; see the package. The zero Ceremony is refused everywhere.
type Ceremony struct {
	state state
}

// state is the form of a Ceremony on disk.
type state struct {
	Kind         kind        `json:"kind"`
	Challenge    []byte      `json:"challenge"`
	RPID         string      `json:"rp_id"`
	User         []byte      `json:"user,omitempty"`    // handle; empty for discoverable logins
	Session      []byte      `json:"session,omitempty"` // SHA-256, so that a reader of the database does not get it
	Verification Requirement `json:"verification"`
	Expires      time.Time   `json:"expires_at"`
	Credentials  [][]byte    `json:"credentials,omitempty"` // ids that may sign
}

// begin returns a new ceremony with a challenge of its own.
func (p *RelyingParty) begin(k kind, user []byte, session string, allowed []Credential) Ceremony {
	s := state{
		Kind: k, Challenge: make([]byte, challengeSize), RPID: p.config.RPID, User: bytes.Clone(user), Session: digest(session),
		Verification: p.config.UserVerification, Expires: p.config.Now().Add(p.config.Timeout).UTC().Truncate(time.Millisecond),
	}
	rand.Read(s.Challenge) // never fails
	for _, c := range allowed {
		s.Credentials = append(s.Credentials, bytes.Clone(c.ID))
	}
	return Ceremony{s}
}

// digest returns the hash of a session in a ceremony, nil for an empty one.
func digest(session string) []byte {
	if session == "" {
		return nil
	}
	sum := sha256.Sum256([]byte(session))
	return sum[:]
}

// check refuses a ceremony that was begun for something else.
func (p *RelyingParty) check(c Ceremony, session string, kinds ...kind) error {
	switch {
	case !slices.Contains(kinds, c.state.Kind):
		return refuse("ceremony of another kind")
	// A domain may have a second party, for second factors, with lower requirements than the
	// one for logins.
	case c.state.RPID != p.config.RPID || c.state.Verification != p.config.UserVerification:
		return refuse("ceremony of another relying party")
	case subtle.ConstantTimeCompare(c.state.Session, digest(session)) != 1:
		return refuse("ceremony of another session")
	case !p.config.Now().Before(c.state.Expires):
		return refuse("ceremony expired")
	}
	return nil
}

// ExpiresAt returns when the ceremony ends, to the millisecond.
func (c Ceremony) ExpiresAt() time.Time { return c.state.Expires }

// MarshalJSON implements [json.Marshaler].
func (c Ceremony) MarshalJSON() ([]byte, error) { return json.Marshal(c.state) }

// UnmarshalJSON implements [json.Unmarshaler]. It reads what MarshalJSON writes.
func (c *Ceremony) UnmarshalJSON(data []byte) error {
	var s state
	if len(data) > MaxCeremonySize {
		return errors.New("auth/passkey: the ceremony is too large")
	}
	if err := strictjson.Decode(data, &s, strictjson.Limits{}); err != nil {
		return err
	}
	if !slices.Contains([]kind{registration, login, discoverable, stepUp}, s.Kind) || len(s.Challenge) != challengeSize ||
		!s.Verification.known() || len(s.User) > MaxHandle || len(s.Credentials) > MaxCredentials {
		return errors.New("auth/passkey: the ceremony was not begun by this server")
	}
	c.state = s
	return nil
}

// challenge returns the challenge as clients write it.
func (c Ceremony) challenge() string {
	return base64.RawURLEncoding.EncodeToString(c.state.Challenge)
}

// session returns the ceremony in the form of the library. It does not know when it
// ends, which check has seen to.
func (c Ceremony) session(user []byte, allowed ...[]byte) webauthn.SessionData {
	parameters := make([]protocol.CredentialParameter, len(algorithms))
	for i, a := range algorithms {
		parameters[i] = protocol.CredentialParameter{Type: protocol.PublicKeyCredentialType, Algorithm: a}
	}
	return webauthn.SessionData{
		Challenge: c.challenge(), RelyingPartyID: c.state.RPID, UserID: user, AllowedCredentialIDs: allowed,
		UserVerification: protocol.UserVerificationRequirement(c.state.Verification), CredParams: parameters,
	}
}
