package passkey

import (
	"encoding/base64"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"

	"github.com/seed-7694ebf6/plinth/internal/strictjson"
)

// MaxResponseSize is the largest number of bytes of a response.
const MaxResponseSize = 64 << 10

// members are those of a JSON object by their exact names. Those without meaning
// here are ignored, since every level of the specification adds some.
type members map[string]strictjson.Value

func objectOf(v strictjson.Value) (members, error) {
	if v.Kind() != strictjson.Object {
		return nil, errors.New("not an object")
	}
	m := members{}
	for name, value := range v.Members() {
		m[string(name)] = value
	}
	return m, nil
}

func parseObject(raw []byte) (members, error) {
	v, err := strictjson.Parse(raw, strictjson.Limits{})
	if err != nil {
		return nil, err
	}
	return objectOf(v)
}

func (m members) text(name string) (string, error) {
	text, ok := m[name].Text()
	if !ok {
		return "", errors.New(name + " is not a string")
	}
	return text, nil
}

// bytes decodes base64url without padding, in its only spelling.
func (m members) bytes(name string) ([]byte, error) {
	text, err := m.text(name)
	if err != nil {
		return nil, err
	}
	// Go's decoder skips line breaks even when strict.
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || strings.ContainsAny(text, "\r\n") {
		return nil, errors.New(name + " is not base64url")
	}
	return b, nil
}

// parseCredential reads what responses of both types have and returns the members
// of the response inside. Client extension results are not looked at.
func parseCredential(raw []byte) (c protocol.PublicKeyCredential, response members, err error) {
	if len(raw) > MaxResponseSize {
		return c, nil, errors.New("too large")
	}
	m, err := parseObject(raw)
	if err != nil {
		return c, nil, err
	}
	id, err := m.bytes("id")
	if err != nil {
		return c, nil, err
	}
	if len(id) < minID || len(id) > MaxID {
		return c, nil, errors.New("id has a size that none has")
	}
	if c.ID, err = m.text("id"); err != nil {
		return c, nil, err
	}
	if c.Type, err = m.text("type"); err != nil {
		return c, nil, err
	}
	if c.RawID, err = m.bytes("rawId"); err != nil {
		return c, nil, err
	}
	response, err = objectOf(m["response"])
	return c, response, err
}

// parseAttestation reads RegistrationResponseJSON (section 5.1).
func parseAttestation(raw []byte) (*protocol.ParsedCredentialCreationData, error) {
	credential, response, err := parseCredential(raw)
	if err != nil {
		return nil, err
	}
	r := protocol.CredentialCreationResponse{PublicKeyCredential: credential}
	if r.AttestationResponse.ClientDataJSON, err = response.bytes("clientDataJSON"); err != nil {
		return nil, err
	}
	if r.AttestationResponse.AttestationObject, err = response.bytes("attestationObject"); err != nil {
		return nil, err
	}
	r.AttestationResponse.Transports = transports(response["transports"])
	return r.Parse()
}

// parseAssertion reads AuthenticationResponseJSON (section 5.1).
func parseAssertion(raw []byte) (*protocol.ParsedCredentialAssertionData, error) {
	credential, response, err := parseCredential(raw)
	if err != nil {
		return nil, err
	}
	r := protocol.CredentialAssertionResponse{PublicKeyCredential: credential}
	for name, to := range map[string]*protocol.URLEncodedBase64{
		"clientDataJSON":    &r.AssertionResponse.ClientDataJSON,
		"authenticatorData": &r.AssertionResponse.AuthenticatorData,
		"signature":         &r.AssertionResponse.Signature,
	} {
		if *to, err = response.bytes(name); err != nil {
			return nil, err
		}
	}
	if k := response["userHandle"].Kind(); k != strictjson.Missing && k != strictjson.Null {
		if r.AssertionResponse.UserHandle, err = response.bytes("userHandle"); err != nil {
			return nil, err
		}
	}
	return r.Parse()
}

const maxTransports = 8

// transport is the form of those there are and will be.
var transport = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)

// transports reads the hints, in order and each once. Invalid ones are left out: they are not
// signed, and nothing depends on them.
func transports(v strictjson.Value) []string {
	var list []string
	for _, item := range v.Elements() {
		if text, _ := item.Text(); len(list) < maxTransports && transport.MatchString(text) {
			list = append(list, text)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
