package accounts_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/auth/passkey"
)

const (
	rpID   = "example.test"
	origin = "https://example.test"
)

// withPasskeys has passkeys.
func withPasskeys(c *accounts.Config) {
	party, err := passkey.New(passkey.Config{RPID: rpID, Name: "Example", Origins: []string{origin}, Now: c.Now})
	if err != nil {
		panic(err)
	}
	c.Passkeys = party.Plain()
}

// The flags of authenticator data (W3C Web Authentication Level 3 section 6.1).
const (
	userPresent  byte = 1 << 0
	userVerified byte = 1 << 2
	attested     byte = 1 << 6
)

// authenticator has one credential, and stands for the browser before it too.
type authenticator struct {
	id      []byte
	key     *ecdsa.PrivateKey
	handle  []byte // of the user it was registered for
	counter uint32
}

func newAuthenticator(t testing.TB) *authenticator {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id := make([]byte, 32)
	rand.Read(id)
	return &authenticator{id: id, key: key}
}

// spoiled is what differs from an honest answer; zero fields do not.
type spoiled struct {
	challenge, origin, rpID string
	flags                   byte // taken away
	id                      []byte
	handle                  []byte
	counter                 uint32 // in place of the next one
	signature               bool
}

// options are those of both kinds of ceremonies.
type options struct {
	Challenge string `json:"challenge"`
	User      struct {
		ID string `json:"id"`
	} `json:"user"`
	Allow []struct {
		ID string `json:"id"`
	} `json:"allowCredentials"`
	Exclude []struct {
		ID string `json:"id"`
	} `json:"excludeCredentials"`
}

func readOptions(t testing.TB, v any) (o options) {
	t.Helper()
	raw, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(raw, &o)
	}
	if err != nil || o.Challenge == "" {
		t.Fatalf("options %s: %v", raw, err)
	}
	return o
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// data are client data and authenticator data.
func (a *authenticator) data(typ, challenge string, sp spoiled) (client, auth []byte) {
	client = fmt.Appendf(nil, `{"type":%q,"challenge":%q,"origin":%q,"crossOrigin":false}`, typ, or(sp.challenge, challenge), or(sp.origin, origin))
	hash := sha256.Sum256([]byte(or(sp.rpID, rpID)))
	a.counter++
	counter := a.counter
	if sp.counter != 0 {
		counter = sp.counter
	}
	auth = append(hash[:], (userPresent|userVerified)&^sp.flags)
	return client, binary.BigEndian.AppendUint32(auth, counter)
}

// creates answers the options of a registration.
func (a *authenticator) creates(o options, sp spoiled) string {
	a.handle, _ = base64.RawURLEncoding.DecodeString(o.User.ID)
	client, auth := a.data("webauthn.create", o.Challenge, sp)
	auth[32] |= attested
	auth = append(auth, make([]byte, 16)...) // AAGUID
	auth = binary.BigEndian.AppendUint16(auth, uint16(len(a.id)))
	auth = slices.Concat(auth, a.id, a.cose())
	object := slices.Concat([]byte("\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58"), []byte{byte(len(auth))}, auth)
	return fmt.Sprintf(`{"id":%q,"rawId":%q,"type":"public-key","clientExtensionResults":{},"response":{"clientDataJSON":%q,"attestationObject":%q,"transports":["internal"]}}`,
		b64(a.id), b64(a.id), b64(client), b64(object))
}

// cose is the public key as COSE_Key (RFC 9052 section 7), of ES256.
func (a *authenticator) cose() []byte {
	point, err := a.key.PublicKey.Bytes()
	if err != nil {
		panic(err)
	}
	return slices.Concat([]byte("\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20"), point[1:33], []byte("\x22\x58\x20"), point[33:])
}

// asserts answers the options of a login or a step-up.
func (a *authenticator) asserts(o options, sp spoiled) string {
	client, auth := a.data("webauthn.get", o.Challenge, sp)
	hash := sha256.Sum256(client)
	digest := sha256.Sum256(slices.Concat(auth, hash[:]))
	signature, err := ecdsa.SignASN1(rand.Reader, a.key, digest[:])
	if err != nil {
		panic(err)
	}
	if sp.signature {
		signature[len(signature)-1] ^= 1
	}
	id, handle := a.id, a.handle
	if sp.id != nil {
		id = sp.id
	}
	if sp.handle != nil {
		handle = sp.handle
	}
	return fmt.Sprintf(`{"id":%q,"rawId":%q,"type":"public-key","clientExtensionResults":{},"response":{"clientDataJSON":%q,"authenticatorData":%q,"signature":%q,"userHandle":%q}}`,
		b64(id), b64(id), b64(client), b64(auth), b64(signature), b64(handle))
}
