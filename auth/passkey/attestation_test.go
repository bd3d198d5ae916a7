package passkey_test

import (
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/passkey"
)

// certificate is one as section 8.2.1 wants it, signed by the key itself.
func certificate(t *testing.T, d device) []byte {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), BasicConstraintsValid: true,
		Subject: pkix.Name{Country: []string{"DE"}, Organization: []string{"Example"}, OrganizationalUnit: []string{"Authenticator Attestation"}, CommonName: "Key"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, d.signer.Public(), d.signer)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// TestAttestation registers with statements that were asked for, and with the one
// that browsers pass on without.
func TestAttestation(t *testing.T) {
	t.Parallel()
	d := devices()["ES256"]
	der := certificate(t, d)
	self := func(data []byte) []byte { return packed(d.sign(data)) }
	basic := func(data []byte) []byte {
		return cborMap(cborText("alg"), cborInt(-7), cborText("sig"), cborBytes(d.sign(data)), cborText("x5c"), cborArray(cborBytes(der)))
	}
	tests := []struct {
		asked     passkey.Attestation
		statement func([]byte) []byte
		typ       string // empty: refused
	}{
		{passkey.AttestationNone, self, "basic_surrogate"},
		{passkey.AttestationNone, basic, ""},
		{passkey.AttestationDirect, self, "basic_surrogate"},
		{passkey.AttestationDirect, basic, "basic_full"},
	}
	for i, tt := range tests {
		w := newWorld(t, func(c *passkey.Config) { c.Attestation = tt.asked })
		options, ceremony := w.begun(w.party.BeginRegistration(ann, session, nil))
		a := d.creates(options)
		a.format, a.statement = "packed", tt.statement
		credential, err := w.party.FinishRegistration(ceremony, ann, session, a.creation())
		if tt.typ == "" {
			refused(t, wrong{name: "certificate", why: "not asked for"}, err)
		} else if err != nil || credential.AttestationFormat != "packed" || credential.AttestationType != tt.typ {
			t.Errorf("%d: %q of %q, %v", i, credential.AttestationType, credential.AttestationFormat, err)
		}
		if tt.typ != "" {
			a.statement = func([]byte) []byte { return tt.statement([]byte("other data")) }
			_, err := w.party.FinishRegistration(ceremony, ann, session, a.creation())
			refused(t, wrong{name: "statement of other data", why: "ignature"}, err)
		}
	}
}

// TestExtensions: what authenticators add of their own is passed over, as credProtect
// of security keys.
func TestExtensions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	options, ceremony := w.begun(w.party.BeginRegistration(ann, session, nil))
	d := devices()["ES256"]
	a := d.creates(options)
	a.flags, a.tail = a.flags|ed, cborMap(cborText("credProtect"), cborInt(2))
	if _, err := w.party.FinishRegistration(ceremony, ann, session, a.creation()); err != nil {
		t.Error(err)
	}
}

// TestTransports: hints are kept as far as they are hints.
func TestTransports(t *testing.T) {
	t.Parallel()
	long := make([]string, 40)
	for i := range long {
		long[i] = "t" + string(rune('a'+i%26))
	}
	for _, tt := range []struct {
		sent any
		want []string
	}{
		{nil, nil},
		{"usb", nil},
		{[]string{}, nil},
		{[]any{"usb", 1, nil, "nfc", "usb", "USB", "", "smart-card", "a b", `"`}, []string{"nfc", "smart-card", "usb"}},
		{long, long[:8]},
	} {
		w := newWorld(t, nil)
		options, ceremony := w.begun(w.party.BeginRegistration(ann, session, nil))
		a := devices()["EdDSA"].creates(options)
		a.spoil = func(r map[string]any) { r["response"].(map[string]any)["transports"] = tt.sent }
		c, err := w.party.FinishRegistration(ceremony, ann, session, a.creation())
		if err != nil || !slices.Equal(c.Transports, tt.want) {
			t.Errorf("%v: %q, %v", tt.sent, c.Transports, err)
		}
	}
}

// TestLeast reads the responses of clients without toJSON, which leave out all that
// may be left out.
func TestLeast(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	d := devices()["RS256"]
	least := func(r map[string]any) {
		delete(r, "clientExtensionResults")
		delete(r, "authenticatorAttachment")
		inner := r["response"].(map[string]any)
		for name := range inner {
			if !slices.Contains([]string{"clientDataJSON", "attestationObject", "authenticatorData", "signature"}, name) || name == "authenticatorData" && inner["attestationObject"] != nil {
				delete(inner, name)
			}
		}
	}
	options, ceremony := w.begun(w.party.BeginRegistration(ann, session, nil))
	a := d.creates(options)
	a.spoil, a.members = least, `,"crossOrigin":false,"tokenBinding":{"status":"supported"},"other_keys_can_be_added_here":"x"`
	c, err := w.party.FinishRegistration(ceremony, ann, session, a.creation())
	if err != nil {
		t.Fatal(err)
	}
	w.stored = []passkey.Credential{c}
	options, ceremony = w.begun(w.party.BeginLogin(ann, "", w.stored))
	a = d.asserts(options, 0, nil)
	a.spoil = least
	if _, err := w.party.FinishLogin(t.Context(), ceremony, "", w.lookup, a.assertion()); err != nil {
		t.Error(err)
	}
}
