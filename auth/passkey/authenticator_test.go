package passkey_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math/big"
	"slices"
	"sync"

	"github.com/seed-7694ebf6/plinth/auth/passkey"
)

// The authenticator here is written from the specification alone: CBOR, COSE keys,
// authenticator data and client data by hand.

// The flags of authenticator data (section 6.1).
const (
	up byte = 1 << 0
	uv byte = 1 << 2
	be byte = 1 << 3
	bs byte = 1 << 4
	at byte = 1 << 6
	ed byte = 1 << 7
)

// device is an authenticator with one credential.
type device struct {
	id        []byte
	algorithm int
	signer    crypto.Signer
	key       []byte // COSE_Key
}

// devices are made once: an RSA key takes its time.
var devices = sync.OnceValue(func() map[string]device {
	elliptical, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	edwards := ed25519.NewKeyFromSeed(slices.Repeat([]byte{7}, ed25519.SeedSize))
	rivest, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return map[string]device{
		"ES256": {slices.Repeat([]byte{1}, 32), passkey.ES256, elliptical, coseEC(elliptical, -7, 1)},
		"EdDSA": {slices.Repeat([]byte{2}, 16), passkey.EdDSA, edwards, coseOKP(edwards)},
		"RS256": {slices.Repeat([]byte{3}, 1023), passkey.RS256, rivest, coseRSA(rivest, -257)},
	}
})

func coseEC(key *ecdsa.PrivateKey, algorithm, curve int) []byte {
	point, err := key.PublicKey.Bytes()
	if err != nil {
		panic(err)
	}
	half := (len(point) - 1) / 2
	return cborMap(cborInt(1), cborInt(2), cborInt(3), cborInt(algorithm), cborInt(-1), cborInt(curve),
		cborInt(-2), cborBytes(point[1:1+half]), cborInt(-3), cborBytes(point[1+half:]))
}

func coseOKP(key ed25519.PrivateKey) []byte {
	return cborMap(cborInt(1), cborInt(1), cborInt(3), cborInt(-8), cborInt(-1), cborInt(6),
		cborInt(-2), cborBytes(key[ed25519.SeedSize:]))
}

func coseRSA(key *rsa.PrivateKey, algorithm int) []byte {
	return cborMap(cborInt(1), cborInt(3), cborInt(3), cborInt(algorithm),
		cborInt(-1), cborBytes(key.N.Bytes()), cborInt(-2), cborBytes(big.NewInt(int64(key.E)).Bytes()))
}

// sign signs as the algorithm of the device does.
func (d device) sign(data []byte) []byte {
	digest, hash := data, crypto.Hash(0)
	if d.algorithm != passkey.EdDSA {
		sum := sha256.Sum256(data)
		digest, hash = sum[:], crypto.SHA256
	}
	signature, err := d.signer.Sign(rand.Reader, digest, hash)
	if err != nil {
		panic(err)
	}
	return signature
}

// answer is all that a browser and an authenticator say, to be spoiled before it is
// put together.
type answer struct {
	// Client data.
	typ, challenge, origin string
	members                string // further ones, each with a comma before it

	// Authenticator data.
	rpID    string
	flags   byte
	counter uint32
	id, key []byte // attested
	tail    []byte

	// Attestation.
	format    string
	statement func(data []byte) []byte // CBOR; data is what a statement signs

	// The rest of the response.
	sentID    []byte
	handle    []byte
	sign      func(data []byte) []byte
	signature []byte                 // in place of that of sign
	spoil     func(r map[string]any) // changes the response before it is JSON
	rewrite   func(json []byte) []byte
}

// creates is the honest answer to the options of a registration.
func (d device) creates(options []byte) *answer {
	o := parseOptions(options)
	return &answer{
		typ: "webauthn.create", challenge: o.Challenge, origin: origin, rpID: o.RP.ID, flags: up | uv | at,
		id: d.id, key: d.key, format: "none", statement: func([]byte) []byte { return cborMap() }, sentID: d.id, sign: d.sign,
	}
}

// asserts is the honest answer to the options of a login.
func (d device) asserts(options []byte, counter uint32, handle []byte) *answer {
	o := parseOptions(options)
	return &answer{
		typ: "webauthn.get", challenge: o.Challenge, origin: origin, rpID: o.RPID, flags: up | uv,
		counter: counter, sentID: d.id, handle: handle, sign: d.sign,
	}
}

func (a *answer) clientData() []byte {
	quote := func(s string) string { b, _ := json.Marshal(s); return string(b) }
	return []byte(`{"type":` + quote(a.typ) + `,"challenge":` + quote(a.challenge) + `,"origin":` + quote(a.origin) + a.members + `}`)
}

func (a *answer) authenticatorData() []byte {
	hash := sha256.Sum256([]byte(a.rpID))
	data := append(hash[:], a.flags)
	data = binary.BigEndian.AppendUint32(data, a.counter)
	if a.flags&at != 0 {
		data = append(data, make([]byte, 16)...) // AAGUID
		data = binary.BigEndian.AppendUint16(data, uint16(len(a.id)))
		data = append(data, a.id...)
		data = append(data, a.key...)
	}
	return append(data, a.tail...)
}

// creation is a RegistrationResponseJSON.
func (a *answer) creation() []byte {
	data := a.authenticatorData()
	hash := sha256.Sum256(a.clientData())
	object := cborMap(cborText("fmt"), cborText(a.format), cborText("attStmt"), a.statement(slices.Concat(data, hash[:])),
		cborText("authData"), cborBytes(data))
	return a.response(map[string]any{
		"clientDataJSON": b64(a.clientData()), "attestationObject": b64(object), "transports": []string{"internal", "hybrid"},
		"authenticatorData": b64(data), "publicKeyAlgorithm": -7, "publicKey": "",
	})
}

// assertion is an AuthenticationResponseJSON.
func (a *answer) assertion() []byte {
	data := a.authenticatorData()
	signature := a.signature
	if signature == nil {
		hash := sha256.Sum256(a.clientData())
		signature = a.sign(slices.Concat(data, hash[:]))
	}
	r := map[string]any{"clientDataJSON": b64(a.clientData()), "authenticatorData": b64(data), "signature": b64(signature), "userHandle": nil}
	if a.handle != nil {
		r["userHandle"] = b64(a.handle)
	}
	return a.response(r)
}

func (a *answer) response(inner map[string]any) []byte {
	r := map[string]any{
		"id": b64(a.sentID), "rawId": b64(a.sentID), "type": "public-key", "response": inner,
		"clientExtensionResults": map[string]any{"credProps": map[string]any{"rk": true}}, "authenticatorAttachment": "platform",
	}
	if a.spoil != nil {
		a.spoil(r)
	}
	body, err := json.Marshal(r)
	if err != nil {
		panic(err)
	}
	if a.rewrite != nil {
		body = a.rewrite(body)
	}
	return body
}

// options are those of both kinds of ceremonies, as a browser reads them.
type options struct {
	Challenge string `json:"challenge"`
	RP        struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"rp"`
	RPID string `json:"rpId"`
}

func parseOptions(raw []byte) (o options) {
	if err := json.Unmarshal(raw, &o); err != nil {
		panic(err)
	}
	return o
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// CBOR (RFC 8949 section 3), what is needed of it, in the shortest form.

func cborHead(major byte, n int) []byte {
	switch {
	case n < 24:
		return []byte{major<<5 | byte(n)}
	case n < 1<<8:
		return []byte{major<<5 | 24, byte(n)}
	case n < 1<<16:
		return binary.BigEndian.AppendUint16([]byte{major<<5 | 25}, uint16(n))
	default:
		return binary.BigEndian.AppendUint32([]byte{major<<5 | 26}, uint32(n))
	}
}

func cborInt(n int) []byte {
	if n < 0 {
		return cborHead(1, -n-1)
	}
	return cborHead(0, n)
}

func cborBytes(b []byte) []byte { return append(cborHead(2, len(b)), b...) }

func cborText(s string) []byte { return append(cborHead(3, len(s)), s...) }

func cborArray(items ...[]byte) []byte {
	return append(cborHead(4, len(items)), slices.Concat(items...)...)
}

// cborMap takes keys and values in turn.
func cborMap(items ...[]byte) []byte {
	return append(cborHead(5, len(items)/2), slices.Concat(items...)...)
}
