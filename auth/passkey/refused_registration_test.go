package passkey_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/passkey"
)

// wrong is one thing that is wrong in an otherwise good answer.
type wrong struct {
	name  string
	spoil func(w *world, a *answer)
	why   string // part of the reason; one of several parted by bars
}

// clientWrongs are in what the browser says and signs, whatever the ceremony.
func clientWrongs() []wrong {
	list := []wrong{
		{"challenge of another ceremony", func(w *world, a *answer) {
			options, _ := w.begun(w.party.BeginDiscoverable(session))
			a.challenge = parseOptions(options).Challenge
		}, "another challenge"},
		{"challenge empty", func(_ *world, a *answer) { a.challenge = "" }, "another challenge"},
		{"challenge padded", func(_ *world, a *answer) { a.challenge += "=" }, "another challenge"},
		{"challenge cut", func(_ *world, a *answer) { a.challenge = a.challenge[:42] }, "another challenge"},
		{"type of a payment", func(_ *world, a *answer) { a.typ = "payment.get" }, "of another type"},
		{"type in upper case", func(_ *world, a *answer) { a.typ = strings.ToUpper(a.typ) }, "of another type"},
		{"type empty", func(_ *world, a *answer) { a.typ = "" }, "of another type"},
		{"crossOrigin", func(_ *world, a *answer) { a.members = `,"crossOrigin":true` }, "foreign frame"},
		{"crossOrigin as text", func(_ *world, a *answer) { a.members = `,"crossOrigin":"false"` }, "response:"},
		{"crossOrigin and topOrigin", func(_ *world, a *answer) {
			a.members = `,"crossOrigin":true,"topOrigin":"https://example.org"`
		}, "foreign frame"},
		{"topOrigin alone", func(_ *world, a *answer) { a.members = `,"topOrigin":"https://example.org"` }, "foreign frame"},
		{"topOrigin empty", func(_ *world, a *answer) { a.members = `,"topOrigin":""` }, "foreign frame"},
		{"duplicate origin", func(_ *world, a *answer) { a.members = `,"origin":"https://example.org"` }, "client data: strictjson"},
		{"duplicate challenge", func(_ *world, a *answer) { a.members = `,"challenge":"x"` }, "client data: strictjson"},
		{"another spelling of a member", func(_ *world, a *answer) { a.members = `,"ORIGIN":"https://evil.example"` }, "origin"},
		{"client data goes on", func(_ *world, a *answer) { a.members = `}{"x":1` }, "response:"},
		{"client data that is no UTF-8", func(_ *world, a *answer) { a.members = ",\"x\":\"\xff\"" }, "UTF-8"},
		{"rpIdHash of another domain", func(_ *world, a *answer) { a.rpID = "evil.example" }, "RP Hash mismatch"},
		{"rpIdHash of the origin", func(_ *world, a *answer) { a.rpID = origin }, "RP Hash mismatch"},
		{"rpIdHash of a domain below", func(_ *world, a *answer) { a.rpID = "app.example.org" }, "RP Hash mismatch"},
		{"rpIdHash in another case", func(_ *world, a *answer) { a.rpID = "Example.org" }, "RP Hash mismatch"},
		{"user not present", func(_ *world, a *answer) { a.flags &^= up }, "User presence required"},
		{"user not verified", func(_ *world, a *answer) { a.flags &^= uv }, "User verification required"},
		{"backed up without being eligible", func(_ *world, a *answer) { a.flags |= bs }, "Backup State"},
		{"bytes behind the authenticator data", func(_ *world, a *answer) { a.tail = []byte{0} }, "response:"},
		{"extensions announced and not there", func(_ *world, a *answer) { a.flags |= ed }, "response:"},
		{"extensions that are no map", func(_ *world, a *answer) { a.flags |= ed; a.tail = []byte{1} }, "response:"},
		{"extensions cut", func(_ *world, a *answer) { a.flags |= ed; a.tail = []byte{0xa1, 0x61} }, "response:"},
		{"expired", func(w *world, _ *answer) { w.now = start.Add(passkey.MaxTimeout) }, "expired"},
	}
	for _, o := range []string{
		"", "null", "example.org", "http://example.org", "HTTPS://example.org", "https://Example.org", "https://EXAMPLE.ORG",
		"https://example.org/", "https://example.org:443", "https://example.org:8443", "https://example.org.", "https://example.org.evil.example",
		"https://evil-example.org", "https://evilexample.org", "https://evil.example/https://example.org", "https://user@example.org",
		"https://example.org@evil.example", "https://example.org#", "https://example.org?", "https://example.org/path", "https://app.example.org",
		"https://app.example.org:08443", "https://app.example.org:8443.evil.example", "https://example.org%00", "https://ex\u0430mple.org", " https://example.org",
		"https://example.org ", "https:example.org", "https:///example.org", "https://", "android:apk-key-hash:" + strings.Repeat("A", 43), "https://localhost",
	} {
		list = append(list, wrong{"origin " + o, func(_ *world, a *answer) { a.origin = o }, "another origin"})
	}
	return list
}

// bodyWrongs are in the JSON around what is signed.
func bodyWrongs() []wrong {
	replace := func(old, with string) func(*world, *answer) {
		return func(_ *world, a *answer) {
			a.rewrite = func(body []byte) []byte {
				changed := bytes.Replace(body, []byte(old), []byte(with), 1)
				if bytes.Equal(changed, body) {
					panic("nothing to replace in " + string(body))
				}
				return changed
			}
		}
	}
	set := func(name string, value any) func(*world, *answer) {
		return func(_ *world, a *answer) { a.spoil = func(r map[string]any) { r[name] = value } }
	}
	inner := func(name string, value any) func(*world, *answer) {
		return func(_ *world, a *answer) {
			a.spoil = func(r map[string]any) { r["response"].(map[string]any)[name] = value }
		}
	}
	return []wrong{
		{"body empty", func(_ *world, a *answer) { a.rewrite = func([]byte) []byte { return nil } }, "response: strictjson"},
		{"body null", func(_ *world, a *answer) { a.rewrite = func([]byte) []byte { return []byte("null") } }, "not an object"},
		{"body an array", func(_ *world, a *answer) { a.rewrite = func([]byte) []byte { return []byte("[]") } }, "not an object"},
		{"body cut", func(_ *world, a *answer) { a.rewrite = func(b []byte) []byte { return b[:len(b)-1] } }, "response: strictjson"},
		{"body goes on", func(_ *world, a *answer) { a.rewrite = func(b []byte) []byte { return append(b, "{}"...) } }, "response: strictjson"},
		{"body huge", func(_ *world, a *answer) {
			a.rewrite = func(b []byte) []byte { return append(b, bytes.Repeat([]byte(" "), passkey.MaxResponseSize)...) }
		}, "too large"},
		{"body deep", set("clientExtensionResults", deep(40)), "response: strictjson"},
		{"duplicate key", replace(`"type":"public-key"`, `"type":"public-key","type":"public-key"`), "response: strictjson"},
		{"duplicate key inside", replace(`"clientDataJSON":`, `"clientDataJSON":"","clientDataJSON":`), "response: strictjson"},
		{"member in another case", replace(`"rawId":`, `"rawid":`), "rawId is not a string"},
		{"member in another case inside", replace(`"clientDataJSON":`, `"clientdatajson":`), "clientDataJSON is not a string"},
		{"type of a password", set("type", "password"), "response:"},
		{"no type", set("type", nil), "type is not a string"},
		{"no response", set("response", nil), "not an object"},
		{"response a string", set("response", "x"), "not an object"},
		{"id is another than rawId", set("id", b64(make([]byte, 32))), "response:"},
		{"rawId is another than id", set("rawId", b64(make([]byte, 32))), "response:"},
		{"id too short", both(15), "size that none has"},
		{"id too long", both(1024), "size that none has"},
		{"id padded", set("id", b64(make([]byte, 16))+"=="), "not base64url"},
		{"id in plain base64", set("id", "+///////////////////////"), "not base64url"},
		{"id with a line break", set("id", b64(make([]byte, 16))+"\n"), "not base64url"},
		{"id with bits left over", set("id", strings.Repeat("A", 21)+"B"), "not base64url"},
		{"client data no text", inner("clientDataJSON", 1), "clientDataJSON is not a string"},
		{"client data no JSON", inner("clientDataJSON", b64([]byte("x"))), "response:"},
		{"client data an array", inner("clientDataJSON", b64([]byte("[]"))), "response:"},
	}
}

// both is an id of another size, inside and outside.
func both(size int) func(*world, *answer) {
	return func(_ *world, a *answer) {
		a.sentID = make([]byte, size)
		a.id = a.sentID
	}
}

func deep(n int) any {
	var v any = 1
	for range n {
		v = []any{v}
	}
	return v
}

// registrationWrongs are in what only a registration has.
func registrationWrongs() []wrong {
	elliptic256 := func() *ecdsa.PrivateKey { return devices()["ES256"].signer.(*ecdsa.PrivateKey) }
	rivest := devices()["RS256"].signer.(*rsa.PrivateKey)
	edwards := devices()["EdDSA"].key
	key := func(cose []byte) func(*world, *answer) { return func(_ *world, a *answer) { a.key = cose } }
	statement := func(format string, cbor []byte) func(*world, *answer) {
		return func(_ *world, a *answer) { a.format, a.statement = format, func([]byte) []byte { return cbor } }
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		panic(err)
	}
	offCurve := slices.Clone(devices()["ES256"].key)
	offCurve[len(offCurve)-1] ^= 1
	return []wrong{
		{"type of a login", func(_ *world, a *answer) { a.typ = "webauthn.get" }, "of another type"},
		{"no attested credential", func(_ *world, a *answer) { a.flags &^= at }, "response:"},
		{"attested id is another", func(_ *world, a *answer) { a.id = make([]byte, 32) }, "attested credential id"},
		{"attested id too long", func(_ *world, a *answer) { a.id = make([]byte, 1024) }, "response:"},
		{"attested id cut", func(_ *world, a *answer) { a.key = nil; a.id = a.id[:3] }, "response:"},
		{"no key", key(nil), "response:"},
		{"key cut", key(edwards[:len(edwards)-1]), "response:"},
		{"key twice", key(slices.Concat(edwards, edwards)), "response:"},
		{"key no map", key([]byte{1}), "public key:"},
		{"key of indefinite length", key(slices.Concat([]byte{0xbf}, edwards[1:], []byte{0xff})), "response:"},
		{"key with a duplicate", key(slices.Concat([]byte{edwards[0] + 1}, edwards[1:], cborInt(3), cborInt(-8))), "response:"},
		{"key with a private part", key(slices.Concat([]byte{edwards[0] + 1}, edwards[1:], cborInt(-4), cborBytes(make([]byte, 32)))), "public key:"},
		{"key with a text member", key(slices.Concat([]byte{edwards[0] + 1}, edwards[1:], cborText("x"), cborInt(1))), "public key:"},
		{"key off its curve", key(offCurve), "public key:"},
		{"key of ES384", key(coseEC(p384, -35, 2)), "public key:"},
		{"key of P-384 that says ES256", key(coseEC(p384, -7, 2)), "public key:"},
		{"key without curve", key(coseEC(elliptic256(), -7, 0)), "public key:"},
		{"elliptic key that says EdDSA", key(coseEC(elliptic256(), -8, 1)), "public key:"},
		{"key of no algorithm", key(coseEC(elliptic256(), 0, 1)), "public key:"},
		{"key of RS1", key(coseRSA(rivest, -65535)), "public key:"},
		{"key of PS256", key(coseRSA(rivest, -37)), "public key:"},
		{"RSA key too small", key(rivestOf(128, 3)), "public key:"},
		{"RSA key too large", key(rivestOf(1024, 3)), "public key:"},
		{"RSA key with an even exponent", key(rivestOf(256, 4)), "public key:"},
		{"RSA key with exponent 1", key(rivestOf(256, 1)), "public key:"},
		{"statement beside none", statement("none", cborMap(cborText("x"), cborInt(1))), "format none with attestation present"},
		{"statement that is none", statement("none", cborInt(1)), "response:"},
		{"format unknown", statement("self", cborMap()), "not asked for"},
		{"format of a TPM", statement("tpm", cborMap()), "not asked for"},
		{"compound format", statement("compound", cborArray()), "not asked for"},
		{"packed without signature", statement("packed", cborMap(cborText("alg"), cborInt(-7))), "sig value"},
		{"packed of other data", func(_ *world, a *answer) {
			a.format, a.statement = "packed", func([]byte) []byte { return packed(a.sign([]byte("other data"))) }
		}, "verify signature"},
		{"packed with a certificate", func(_ *world, a *answer) {
			a.format, a.statement = "packed", func(data []byte) []byte {
				return cborMap(cborText("alg"), cborInt(-7), cborText("sig"), cborBytes(a.sign(data)), cborText("x5c"), cborArray(cborBytes([]byte{1})))
			}
		}, "not asked for"},
		{"object cut", func(_ *world, a *answer) { a.spoil = object(func(b []byte) []byte { return b[:len(b)-1] }) }, "response:"},
		{"object goes on", func(_ *world, a *answer) { a.spoil = object(func(b []byte) []byte { return append(b, 0) }) }, "response:"},
		{"object empty", func(_ *world, a *answer) { a.spoil = object(func([]byte) []byte { return nil }) }, "response:"},
		{"object of indefinite length", func(_ *world, a *answer) {
			a.spoil = object(func(b []byte) []byte { return slices.Concat([]byte{0xbf}, b[1:], []byte{0xff}) })
		}, "response:"},
		{"object with a tag", func(_ *world, a *answer) {
			a.spoil = object(func(b []byte) []byte { return append([]byte{0xc0}, b...) })
		}, "response:"},
		{"object deep", func(_ *world, a *answer) {
			a.spoil = object(func([]byte) []byte { return bytes.Repeat([]byte{0x81}, 40_000) })
		}, "response:"},
		{"object that announces much", func(_ *world, a *answer) {
			a.spoil = object(func([]byte) []byte { return []byte{0xbb, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff} })
		}, "response:"},
	}
}

// rivestOf is an RSA key of so many bytes.
func rivestOf(size int, exponent byte) []byte {
	return cborMap(cborInt(1), cborInt(3), cborInt(3), cborInt(-257),
		cborInt(-1), cborBytes(bytes.Repeat([]byte{0xff}, size)), cborInt(-2), cborBytes([]byte{exponent}))
}

// packed is a statement by the key of the credential.
func packed(signature []byte) []byte {
	return cborMap(cborText("alg"), cborInt(-7), cborText("sig"), cborBytes(signature))
}

// object changes the attestation object of a response.
func object(change func([]byte) []byte) func(map[string]any) {
	return func(r map[string]any) {
		inner := r["response"].(map[string]any)
		inner["attestationObject"] = b64(change(unb64(inner["attestationObject"].(string))))
	}
}

func TestRegistrationRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range slices.Concat(clientWrongs(), bodyWrongs(), registrationWrongs()) {
		w := newWorld(t, nil)
		options, ceremony := w.begun(w.party.BeginRegistration(ann, session, nil))
		a := devices()["ES256"].creates(options)
		w.now = start.Add(passkey.MaxTimeout - time.Millisecond)
		if _, err := w.party.FinishRegistration(ceremony, ann, session, a.creation()); err != nil {
			t.Fatalf("%s: refused before anything is wrong: %v", tt.name, err)
		}
		tt.spoil(w, a)
		credential, err := w.party.FinishRegistration(ceremony, ann, session, a.creation())
		refused(t, tt, err)
		if credential.ID != nil {
			t.Errorf("%s: a credential comes with %v", tt.name, err)
		}
	}
}

// refused makes sure that an error is the refusal it should be.
func refused(t *testing.T, tt wrong, err error) {
	t.Helper()
	if !errors.Is(err, auth.ErrInvalid) || errors.Is(err, auth.ErrUnavailable) || !because(err, tt.why) {
		t.Errorf("%s: %v, want a refusal with %q", tt.name, err, tt.why)
	}
	if err != nil && len(err.Error()) > 300 {
		t.Errorf("%s: %d bytes of reason", tt.name, len(err.Error()))
	}
}

// because reports that an error has one of the reasons.
func because(err error, why string) bool {
	return why != "" && slices.ContainsFunc(strings.Split(why, "|"), func(part string) bool { return strings.Contains(err.Error(), part) })
}

// TestRegistrationOfOthers: who begins finishes, in the same session.
func TestRegistrationOfOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	other := newWorld(t, func(c *passkey.Config) {
		c.RPID, c.Origins = "app.example.org", []string{"https://app.example.org:8443"}
	})
	options, ceremony := w.begun(w.party.BeginRegistration(ann, session, nil))
	a := devices()["ES256"].creates(options)
	for _, tt := range []struct {
		name string
		err  func() error
		why  string
	}{
		{"another user", func() error {
			_, err := w.party.FinishRegistration(ceremony, ben, session, a.creation())
			return err
		}, "another user"},
		{"another session", func() error {
			_, err := w.party.FinishRegistration(ceremony, ann, session+"x", a.creation())
			return err
		}, "another session"},
		{"no session", func() error {
			_, err := w.party.FinishRegistration(ceremony, ann, "", a.creation())
			return err
		}, "another session"},
		{"another relying party", func() error {
			_, err := other.party.FinishRegistration(ceremony, ann, session, a.creation())
			return err
		}, "another relying party"},
	} {
		refused(t, wrong{name: tt.name, why: tt.why}, tt.err())
	}
}
