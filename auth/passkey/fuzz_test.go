package passkey_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/passkey"
)

// fixed returns a ceremony with a challenge that never changes, so that what the
// fuzzer found is found again.
func fixed(t testing.TB, kind string) (passkey.Ceremony, json.RawMessage) {
	t.Helper()
	challenge := bytes.Repeat([]byte{9}, 32)
	session := sha256.Sum256([]byte(session))
	text, err := json.Marshal(map[string]any{
		"kind": kind, "challenge": challenge, "rp_id": rpID, "user": ann.Handle, "session": session[:], "verification": "required",
		"expires_at": start.Add(time.Minute), "credentials": [][]byte{devices()["EdDSA"].id},
	})
	if err != nil {
		t.Fatal(err)
	}
	var c passkey.Ceremony
	if err := json.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	return c, fmt.Appendf(nil, `{"challenge":%q,"rpId":%q,"rp":{"id":%q}}`, b64(challenge), rpID, rpID)
}

// verdict fails on errors that are none.
func verdict(t *testing.T, err error) {
	t.Helper()
	if err != nil && (!errors.Is(err, auth.ErrInvalid) || errors.Is(err, auth.ErrUnavailable)) {
		t.Fatal(err)
	}
}

// FuzzResponse feeds whole responses to both: they are judged without a panic, and
// an assertion that is accepted is one of the device's.
func FuzzResponse(f *testing.F) {
	w := newWorld(f, nil)
	d := devices()["EdDSA"]
	w.register(ann, d, up|uv)
	creation, createOptions := fixed(f, "registration")
	login, loginOptions := fixed(f, "login")
	f.Add(d.creates(createOptions).creation())
	f.Add(d.asserts(loginOptions, 1, ann.Handle).assertion())
	for _, tt := range bodyWrongs() {
		a := d.asserts(loginOptions, 1, ann.Handle)
		tt.spoil(w, a)
		f.Add(a.assertion())
	}
	f.Fuzz(func(t *testing.T, response []byte) {
		c, err := w.party.FinishRegistration(creation, ann, session, response)
		verdict(t, err)
		if err == nil {
			sound(t, c)
		}
		r, err := w.party.FinishLogin(t.Context(), login, session, w.lookup, response)
		verdict(t, err)
		if err == nil && (!bytes.Equal(r.Credential.ID, d.id) || !bytes.Equal(r.Credential.UserHandle, ann.Handle)) {
			t.Fatalf("accepted %+v", r)
		}
	})
}

// FuzzAttestation feeds attestation objects, authenticator data and keys, with the
// rest of the response in order, so that the fuzzer is at the CBOR at once.
func FuzzAttestation(f *testing.F) {
	for _, d := range devices() {
		_, options := fixed(f, "registration")
		a := d.creates(options)
		f.Add(a.authenticatorData(), cborMap(), "none", false)
		f.Add(a.authenticatorData(), packed(d.sign([]byte("x"))), "packed", false)
		a.flags, a.tail = a.flags|ed, cborMap(cborText("credProtect"), cborInt(2))
		f.Add(a.authenticatorData(), cborMap(), "none", true)
	}
	for _, tt := range registrationWrongs() {
		_, options := fixed(f, "registration")
		a := devices()["ES256"].creates(options)
		tt.spoil(nil, a)
		f.Add(a.authenticatorData(), a.statement(nil), a.format, true)
	}
	none := newWorld(f, nil)
	direct := newWorld(f, func(c *passkey.Config) { c.Attestation = passkey.AttestationDirect })
	ceremony, options := fixed(f, "registration")
	f.Fuzz(func(t *testing.T, data, statement []byte, format string, asked bool) {
		w := none
		if asked {
			w = direct
		}
		a := devices()["ES256"].creates(options)
		if len(data) >= 55 {
			if n := int(data[53])<<8 | int(data[54]); len(data) >= 55+n {
				a.sentID = data[55 : 55+n]
			}
		}
		a.spoil = object(func([]byte) []byte {
			return cborMap(cborText("fmt"), cborText(format), cborText("attStmt"), statement, cborText("authData"), cborBytes(data))
		})
		c, err := w.party.FinishRegistration(ceremony, ann, session, a.creation())
		verdict(t, err)
		if err != nil {
			return
		}
		sound(t, c)
		hash := sha256.Sum256([]byte(rpID))
		if !bytes.HasPrefix(data, hash[:]) || data[32]&(up|uv|at) != up|uv|at || !bytes.Contains(data, c.ID) {
			t.Fatalf("accepted %x as %+v", data, c)
		}
	})
}

// sound holds an accepted credential to what it must be.
func sound(t *testing.T, c passkey.Credential) {
	t.Helper()
	if len(c.ID) < 16 || len(c.ID) > passkey.MaxID || len(c.PublicKey) == 0 || len(c.AAGUID) != 16 || !c.UserVerified ||
		c.BackedUp && !c.BackupEligible || c.Algorithm != passkey.ES256 && c.Algorithm != passkey.EdDSA && c.Algorithm != passkey.RS256 {
		t.Fatalf("accepted %+v", c)
	}
}

// FuzzAssertion signs any client data and authenticator data, so that the fuzzer
// gets behind the signature.
func FuzzAssertion(f *testing.F) {
	w := newWorld(f, nil)
	d := devices()["EdDSA"]
	w.register(ann, d, up|uv)
	ceremony, options := fixed(f, "step-up")
	good := d.asserts(options, 1, ann.Handle)
	f.Add(good.clientData(), good.authenticatorData(), ann.Handle)
	for _, tt := range clientWrongs() {
		a := d.asserts(options, 1, ann.Handle)
		tt.spoil(newWorld(f, nil), a)
		f.Add(a.clientData(), a.authenticatorData(), a.handle)
	}
	f.Fuzz(func(t *testing.T, client, data, handle []byte) {
		a := d.asserts(options, 1, handle)
		a.spoil = func(r map[string]any) {
			hash := sha256.Sum256(client)
			inner := r["response"].(map[string]any)
			inner["clientDataJSON"], inner["authenticatorData"] = b64(client), b64(data)
			inner["signature"] = b64(d.sign(append(bytes.Clone(data), hash[:]...)))
		}
		_, err := w.party.FinishStepUp(t.Context(), ceremony, session, w.lookup, a.assertion())
		verdict(t, err)
		if err != nil {
			return
		}
		var said struct{ Type, Challenge, Origin string }
		if err := json.Unmarshal(client, &said); err != nil || said.Type != "webauthn.get" || said.Origin != origin || said.Challenge != parseOptions(options).Challenge {
			t.Fatalf("accepted %q: %v", client, err)
		}
		if hash := sha256.Sum256([]byte(rpID)); !bytes.HasPrefix(data, hash[:]) || data[32]&(up|uv) != up|uv || data[32]&(be|bs) != 0 {
			t.Fatalf("accepted %x", data)
		}
		if len(handle) != 0 && !bytes.Equal(handle, ann.Handle) {
			t.Fatalf("accepted the handle %q", handle)
		}
	})
}

// FuzzCeremony: what is read is written again, within bounds.
func FuzzCeremony(f *testing.F) {
	for _, kind := range []string{"registration", "login", "discoverable", "step-up"} {
		c, _ := fixed(f, kind)
		text, err := json.Marshal(c)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var c, again passkey.Ceremony
		if json.Unmarshal(text, &c) != nil {
			return
		}
		first, err := json.Marshal(c)
		if err != nil || json.Unmarshal(first, &again) != nil {
			t.Fatalf("%s: %v", first, err)
		}
		if second, err := json.Marshal(again); err != nil || !bytes.Equal(first, second) {
			t.Fatalf("%s and %s: %v", first, second, err)
		}
	})
}
