package passkey_test

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/passkey"
)

// assertionWrongs are in what only an assertion has, or in what is stored.
func assertionWrongs() []wrong {
	inner := func(name string, value any) func(*world, *answer) {
		return func(_ *world, a *answer) {
			a.spoil = func(r map[string]any) { r["response"].(map[string]any)[name] = value }
		}
	}
	return []wrong{
		{"type of a registration", func(_ *world, a *answer) { a.typ = "webauthn.create" }, "of another type"},
		{"signature of other data", func(_ *world, a *answer) { a.signature = a.sign([]byte("other data")) }, "assertion signature"},
		{"signature without client data", func(_ *world, a *answer) { a.signature = a.sign(a.authenticatorData()) }, "assertion signature"},
		{"signature by another key", func(_ *world, a *answer) { a.sign = devices()["ES256"].sign }, "assertion signature"},
		{"signature empty", inner("signature", ""), "assertion signature"},
		{"signature null", inner("signature", nil), "signature is not a string"},
		{"signature cut", func(_ *world, a *answer) { a.sign = func(b []byte) []byte { return devices()["EdDSA"].sign(b)[1:] } }, "assertion signature"},
		{"signature goes on", func(_ *world, a *answer) {
			a.sign = func(b []byte) []byte { return append(devices()["EdDSA"].sign(b), 0) }
		}, "assertion signature"},
		{"authenticator data changed behind the signature", func(_ *world, a *answer) {
			a.spoil = func(r map[string]any) {
				a.counter++
				r["response"].(map[string]any)["authenticatorData"] = b64(a.authenticatorData())
			}
		}, "assertion signature"},
		{"client data changed behind the signature", func(_ *world, a *answer) {
			a.spoil = func(r map[string]any) {
				a.members = `,"x":1`
				r["response"].(map[string]any)["clientDataJSON"] = b64(a.clientData())
			}
		}, "assertion signature"},
		{"authenticator data empty", inner("authenticatorData", ""), "auth data"},
		{"authenticator data cut", inner("authenticatorData", b64(make([]byte, 36))), "auth data"},
		{"credential of nobody", func(_ *world, a *answer) { a.sentID = make([]byte, 32) }, "not asked for|unknown credential"},
		{"credential of the user that was not asked for", func(w *world, a *answer) {
			second := device{id: []byte("sixteen bytes or"), algorithm: passkey.EdDSA, signer: devices()["EdDSA"].signer, key: devices()["EdDSA"].key}
			w.register(ann, second, up|uv)
			a.sentID = second.id
			if w.discoverable {
				w.stored = w.stored[:1]
			}
		}, "not asked for|unknown credential"},
		{"credential of another user", func(w *world, a *answer) {
			w.register(ben, devices()["ES256"], up|uv)
			a.sentID, a.sign = devices()["ES256"].id, devices()["ES256"].sign
		}, "not asked for|credential of another user"},
		{"user handle of another user", func(_ *world, a *answer) { a.handle = ben.Handle }, "of another user"},
		{"user handle of nobody", func(_ *world, a *answer) { a.handle = []byte("x") }, "of another user"},
		{"user handle too long", func(_ *world, a *answer) { a.handle = make([]byte, passkey.MaxHandle+1) }, "user handle"},
		{"user handle no text", inner("userHandle", 1), "userHandle is not a string"},
		{"credential deleted", func(w *world, _ *answer) { w.stored = nil }, "unknown credential"},
		{"backup eligibility gained", func(_ *world, a *answer) { a.flags |= be }, "Backup Eligible"},
		{"backup eligibility lost", func(w *world, _ *answer) { w.stored[0].BackupEligible = true }, "Backup Eligible"},
		{"counter back", func(_ *world, a *answer) { a.counter = 4 }, "counter"},
		{"counter stands", func(_ *world, a *answer) { a.counter = 5 }, "counter"},
		{"stored key of another credential", func(w *world, _ *answer) { w.stored[0].PublicKey = coseOKP(ed25519.NewKeyFromSeed(make([]byte, 32))) }, "assertion signature"},
		{"stored key of another algorithm", func(w *world, _ *answer) { w.stored[0].PublicKey = devices()["ES256"].key }, "stored key of another algorithm"},
		{"stored algorithm another", func(w *world, _ *answer) { w.stored[0].Algorithm = passkey.RS256 }, "stored key of another algorithm"},
		{"stored key broken", func(w *world, _ *answer) { w.stored[0].PublicKey = []byte{1} }, "stored key"},
		{"lookup finds another credential", func(w *world, a *answer) {
			d := devices()["ES256"]
			w.find = func(context.Context, []byte) (passkey.Credential, error) {
				return passkey.Credential{ID: d.id, UserHandle: ann.Handle, PublicKey: d.key, Algorithm: d.algorithm}, nil
			}
			a.sign = d.sign
		}, "another id"},
		{"stored user another", func(w *world, _ *answer) { w.stored[0].UserHandle = ben.Handle }, "another user"},
		{"stored user missing", func(w *world, _ *answer) { w.stored[0].UserHandle = nil }, "another user"},
	}
}

func TestAssertionRefused(t *testing.T) {
	t.Parallel()
	d := devices()["EdDSA"]
	for _, tt := range slices.Concat(clientWrongs(), bodyWrongs(), assertionWrongs()) {
		for i := range newWorld(t, nil).ways() {
			w := newWorld(t, nil)
			w.register(ann, d, up|uv)
			w.stored[0].SignCount = 5
			w.find = w.lookup
			way := w.ways()[i]
			w.discoverable = !way.known
			options, ceremony := w.begun(way.begin(ann, session, w.stored))
			a := d.asserts(options, 6, ann.Handle)
			w.now = start.Add(passkey.MaxTimeout - time.Millisecond)
			finish := func() (passkey.Result, error) {
				return way.finish(t.Context(), ceremony, session, w.find, a.assertion())
			}
			if _, err := finish(); err != nil {
				t.Fatalf("%s, %s: refused before anything is wrong: %v", way.name, tt.name, err)
			}
			tt.spoil(w, a)
			result, err := finish()
			refused(t, wrong{name: way.name + ", " + tt.name, why: tt.why}, err)
			if result.UserVerified || result.Credential.ID != nil && !result.CounterRegressed {
				t.Errorf("%s, %s: %+v comes with %v", way.name, tt.name, result, err)
			}
		}
	}
}

// TestDiscoverableNeedsHandle: nothing else says who it is.
func TestDiscoverableNeedsHandle(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	d := devices()["EdDSA"]
	w.register(ann, d, up|uv)
	for _, handle := range [][]byte{nil, {}} {
		options, ceremony := w.begun(w.party.BeginDiscoverable(""))
		_, err := w.party.FinishLogin(t.Context(), ceremony, "", w.lookup, d.asserts(options, 0, handle).assertion())
		refused(t, wrong{name: "no handle", why: "no user handle"}, err)
	}
}

// TestAssertionOfOthers: a ceremony is of one user and one session.
func TestAssertionOfOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.register(ann, devices()["EdDSA"], up|uv)
	w.register(ben, devices()["ES256"], up|uv)
	bens := func(options json.RawMessage) []byte {
		return devices()["ES256"].asserts(options, 0, ben.Handle).assertion()
	}
	for _, way := range w.ways() {
		options, ceremony := w.begun(way.begin(ann, session, w.stored[:1]))
		for _, other := range []string{"", "x", session + " "} {
			_, err := way.finish(t.Context(), ceremony, other, w.lookup, devices()["EdDSA"].asserts(options, 0, ann.Handle).assertion())
			refused(t, wrong{name: way.name + " in session " + other, why: "another session"}, err)
		}
		if way.known {
			_, err := way.finish(t.Context(), ceremony, session, w.lookup, bens(options))
			refused(t, wrong{name: way.name + " by another user", why: "another user"}, err)
		}
	}
	// What a party for second factors has begun is no login at a stricter one, nor the
	// other way round.
	lenient := newWorld(t, func(c *passkey.Config) { c.UserVerification = passkey.Discouraged })
	for from, to := range map[*world]*world{w: lenient, lenient: w} {
		options, ceremony := from.begun(from.party.BeginLogin(ann, session, w.stored[:1]))
		_, err := to.party.FinishLogin(t.Context(), ceremony, session, w.lookup, devices()["EdDSA"].asserts(options, 0, ann.Handle).assertion())
		refused(t, wrong{name: "login at a party with other verification", why: "another relying party"}, err)
	}
	// Ben signs Ann's ceremony, and the credentials that are allowed have his by mistake.
	options, ceremony := w.begun(w.party.BeginStepUp(ann, session, w.stored))
	a := devices()["ES256"].asserts(options, 0, nil)
	_, err := w.party.FinishStepUp(t.Context(), ceremony, session, w.lookup, a.assertion())
	refused(t, wrong{name: "Ben's key in Ann's step-up", why: "credential of another user"}, err)
}

func unb64(s string) []byte {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}
