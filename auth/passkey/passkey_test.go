package passkey_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/passkey"
)

const (
	rpID    = "example.org"
	origin  = "https://example.org"
	session = "session of ann"
)

var (
	start = time.Date(2026, 11, 20, 12, 0, 0, 123456789, time.UTC)
	ann   = passkey.User{Handle: []byte("handle of ann"), Name: "ann@example.org", DisplayName: "Ann <Example>"}
	ben   = passkey.User{Handle: []byte("handle of ben"), Name: "ben@example.org"}
)

// world is a relying party, its clock and its database.
type world struct {
	t      testing.TB
	party  *passkey.RelyingParty
	now    time.Time
	stored []passkey.Credential

	find         passkey.Lookup // in place of lookup
	discoverable bool           // the way under test
}

func newWorld(t testing.TB, change func(*passkey.Config)) *world {
	t.Helper()
	w := &world{t: t, now: start}
	config := passkey.Config{
		RPID: rpID, Name: "Example", Origins: []string{origin, "https://app.example.org:8443"},
		Now: func() time.Time { return w.now },
	}
	if change != nil {
		change(&config)
	}
	party, err := passkey.New(config)
	if err != nil {
		t.Fatal(err)
	}
	w.party = party
	return w
}

// begun is what a Begin method gives.
func (w *world) begun(options json.RawMessage, c passkey.Ceremony, err error) (json.RawMessage, passkey.Ceremony) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	return options, c
}

// register stores a credential of a device for a user.
func (w *world) register(user passkey.User, d device, flags byte) passkey.Credential {
	w.t.Helper()
	options, ceremony := w.begun(w.party.BeginRegistration(user, session, nil))
	a := d.creates(options)
	a.flags = flags | at
	credential, err := w.party.FinishRegistration(ceremony, user, session, a.creation())
	if err != nil {
		w.t.Fatal(err)
	}
	w.stored = append(w.stored, credential)
	return credential
}

func (w *world) lookup(_ context.Context, id []byte) (passkey.Credential, error) {
	for _, c := range w.stored {
		if bytes.Equal(c.ID, id) {
			return c, nil
		}
	}
	return passkey.Credential{}, auth.ErrInvalid
}

func TestRegistration(t *testing.T) {
	t.Parallel()
	for name, d := range devices() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			options, ceremony := w.begun(w.party.BeginRegistration(ann, session, nil))
			credential, err := w.party.FinishRegistration(stored(t, ceremony), ann, session, d.creates(options).creation())
			if err != nil {
				t.Fatal(err)
			}
			want := passkey.Credential{
				ID: d.id, UserHandle: ann.Handle, PublicKey: d.key, Algorithm: d.algorithm, UserVerified: true, Transports: []string{"hybrid", "internal"},
				AAGUID: make([]byte, 16), AttestationFormat: "none", AttestationType: "none", CreatedAt: start.Truncate(time.Microsecond),
			}
			if !reflect.DeepEqual(credential, want) {
				t.Errorf("got  %+v\nwant %+v", credential, want)
			}
		})
	}
}

// stored is a ceremony as it comes back from a database.
func stored(t testing.TB, c passkey.Ceremony) (again passkey.Ceremony) {
	t.Helper()
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &again); err != nil {
		t.Fatal(err)
	}
	if !again.ExpiresAt().Equal(c.ExpiresAt()) {
		t.Errorf("expires %v, stored %v", c.ExpiresAt(), again.ExpiresAt())
	}
	return again
}

// finish is FinishLogin or FinishStepUp.
type finish func(context.Context, passkey.Ceremony, string, passkey.Lookup, []byte) (passkey.Result, error)

// begin is one of the ways to begin an assertion.
type begin struct {
	name   string
	begin  func(passkey.User, string, []passkey.Credential) (json.RawMessage, passkey.Ceremony, error)
	finish finish
	known  bool // the user is
}

func (w *world) ways() []begin {
	return []begin{
		{"login", w.party.BeginLogin, w.party.FinishLogin, true},
		{"discoverable", func(_ passkey.User, s string, _ []passkey.Credential) (json.RawMessage, passkey.Ceremony, error) {
			return w.party.BeginDiscoverable(s)
		}, w.party.FinishLogin, false},
		{"step-up", w.party.BeginStepUp, w.party.FinishStepUp, true},
	}
}

func TestAssertion(t *testing.T) {
	t.Parallel()
	for name, d := range devices() {
		for _, way := range []int{0, 1, 2} {
			w := newWorld(t, nil)
			before := w.register(ann, d, up|uv|be)
			way := w.ways()[way]
			options, ceremony := w.begun(way.begin(ann, session, w.stored))
			w.now = start.Add(time.Minute)
			a := d.asserts(options, 7, ann.Handle)
			a.flags |= be | bs
			result, err := way.finish(t.Context(), stored(t, ceremony), session, w.lookup, a.assertion())
			if err != nil {
				t.Errorf("%s, %s: %v", name, way.name, err)
				continue
			}
			after := before
			after.SignCount, after.BackedUp, after.LastUsedAt = 7, true, w.now.Truncate(time.Microsecond)
			if want := (passkey.Result{Credential: after, UserVerified: true}); !reflect.DeepEqual(result, want) {
				t.Errorf("%s, %s: got  %+v\nwant %+v", name, way.name, result, want)
			}
		}
	}
}

// TestOptions holds the options to the dictionaries of sections 5.1.8 and 5.1.9.
func TestOptions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.register(ann, devices()["EdDSA"], up|uv)
	options, ceremony := w.begun(w.party.BeginRegistration(ann, session, w.stored))
	challenge := parseOptions(options).Challenge
	id := b64(devices()["EdDSA"].id)
	equal(t, options, `{"rp":{"id":"example.org","name":"Example"},
		"user":{"id":"`+b64(ann.Handle)+`","name":"ann@example.org","displayName":"Ann <Example>"},"challenge":"`+challenge+`",
		"pubKeyCredParams":[{"type":"public-key","alg":-7},{"type":"public-key","alg":-8},{"type":"public-key","alg":-257}],
		"timeout":300000,"excludeCredentials":[{"type":"public-key","id":"`+id+`","transports":["hybrid","internal"]}],
		"authenticatorSelection":{"residentKey":"required","requireResidentKey":true,"userVerification":"required"},
		"hints":[],"attestation":"none"}`)
	if len(challenge) != 43 || ceremony.ExpiresAt() != start.Add(passkey.MaxTimeout).Truncate(time.Millisecond) {
		t.Errorf("challenge %q, until %v", challenge, ceremony.ExpiresAt())
	}

	options, _ = w.begun(w.party.BeginLogin(ann, session, w.stored))
	again := parseOptions(options).Challenge
	equal(t, options, `{"challenge":"`+again+`","timeout":300000,"rpId":"example.org","userVerification":"required","hints":[],
		"allowCredentials":[{"type":"public-key","id":"`+id+`","transports":["hybrid","internal"]}]}`)
	if again == challenge {
		t.Error("two ceremonies have one challenge")
	}

	w = newWorld(t, func(c *passkey.Config) {
		c.Attestation, c.Discoverable, c.UserVerification, c.Timeout = passkey.AttestationDirect, passkey.Discouraged, passkey.Preferred, time.Minute
	})
	options, _ = w.begun(w.party.BeginDiscoverable(""))
	equal(t, options, `{"challenge":"`+parseOptions(options).Challenge+`","timeout":60000,"rpId":"example.org","userVerification":"preferred",
		"hints":[],"allowCredentials":[]}`)
	options, _ = w.begun(w.party.BeginRegistration(ann, session, nil))
	for _, part := range []string{`"residentKey":"discouraged","requireResidentKey":false,"userVerification":"preferred"`, `"attestation":"direct"`} {
		if !strings.Contains(string(options), part) {
			t.Errorf("no %s in %s", part, options)
		}
	}
}

// equal compares JSON.
func equal(t *testing.T, got []byte, want string) {
	t.Helper()
	var a, b any
	if err := errors.Join(json.Unmarshal(got, &a), json.Unmarshal([]byte(want), &b)); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(a, b) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestCounter walks through what section 6.1.1 says of counters.
func TestCounter(t *testing.T) {
	t.Parallel()
	d := devices()["EdDSA"]
	tests := []struct {
		stored, sent uint32
		good         bool
	}{
		{0, 0, true},
		{0, 1, true},
		{5, 6, true},
		{5, 1<<32 - 1, true},
		{5, 5, false},
		{5, 4, false},
		{5, 0, false},
		{1<<32 - 1, 0, false},
	}
	for _, tt := range tests {
		w := newWorld(t, nil)
		w.register(ann, d, up|uv)
		w.stored[0].SignCount = tt.stored
		options, ceremony := w.begun(w.party.BeginLogin(ann, session, w.stored))
		result, err := w.party.FinishLogin(t.Context(), ceremony, session, w.lookup, d.asserts(options, tt.sent, nil).assertion())
		if tt.good && (err != nil || result.CounterRegressed || result.Credential.SignCount != tt.sent) {
			t.Errorf("%d after %d: %+v, %v", tt.sent, tt.stored, result, err)
		}
		if !tt.good && (!errors.Is(err, auth.ErrInvalid) || !result.CounterRegressed || result.UserVerified ||
			!reflect.DeepEqual(result.Credential, w.stored[0])) {
			t.Errorf("%d after %d: %+v, %v", tt.sent, tt.stored, result, err)
		}
	}
}

// TestUserVerification: what is preferred is reported, and only that.
func TestUserVerification(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *passkey.Config) { c.UserVerification = passkey.Preferred })
	d := devices()["ES256"]
	if c := w.register(ann, d, up); c.UserVerified {
		t.Error("verified at registration")
	}
	for flags, want := range map[byte]bool{up: false, up | uv: true} {
		options, ceremony := w.begun(w.party.BeginStepUp(ann, session, w.stored))
		a := d.asserts(options, 0, ann.Handle)
		a.flags = flags
		result, err := w.party.FinishStepUp(t.Context(), ceremony, session, w.lookup, a.assertion())
		if err != nil || result.UserVerified != want {
			t.Errorf("flags %b: verified %v, %v", flags, result.UserVerified, err)
		}
	}
}

// TestKinds gives every ceremony, with the right answer to it, to every Finish.
func TestKinds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	d := devices()["EdDSA"]
	w.register(ann, d, up|uv)
	begins := map[string]func() (json.RawMessage, passkey.Ceremony, error){
		"registration": func() (json.RawMessage, passkey.Ceremony, error) { return w.party.BeginRegistration(ann, session, nil) },
		"zero": func() (json.RawMessage, passkey.Ceremony, error) {
			return json.RawMessage(`{}`), passkey.Ceremony{}, nil
		},
	}
	for _, way := range w.ways() {
		begins[way.name] = func() (json.RawMessage, passkey.Ceremony, error) { return way.begin(ann, session, w.stored) }
	}
	finishes := map[string]func(passkey.Ceremony, json.RawMessage) error{
		"registration": func(c passkey.Ceremony, options json.RawMessage) error {
			a := d.creates(options)
			a.rpID = rpID
			_, err := w.party.FinishRegistration(c, ann, session, a.creation())
			return err
		},
	}
	for name, finish := range map[string]finish{"login": w.party.FinishLogin, "step-up": w.party.FinishStepUp} {
		finishes[name] = func(c passkey.Ceremony, options json.RawMessage) error {
			a := d.asserts(options, 0, ann.Handle)
			a.rpID = rpID
			_, err := finish(t.Context(), c, session, w.lookup, a.assertion())
			return err
		}
	}
	good := []string{"registration to registration", "login to login", "discoverable to login", "step-up to step-up"}
	for from, begin := range begins {
		for to, finish := range finishes {
			options, ceremony := w.begun(begin())
			err := finish(ceremony, options)
			if slices.Contains(good, from+" to "+to) {
				if err != nil {
					t.Errorf("%s to %s: %v", from, to, err)
				}
			} else if !errors.Is(err, auth.ErrInvalid) || !strings.Contains(err.Error(), "ceremony of another kind") {
				t.Errorf("%s to %s: %v", from, to, err)
			}
		}
	}
}

// TestLookup: who cannot be asked is no verdict.
func TestLookup(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	d := devices()["EdDSA"]
	w.register(ann, d, up|uv)
	broken := errors.New("no connection")
	options, ceremony := w.begun(w.party.BeginDiscoverable(""))
	_, err := w.party.FinishLogin(t.Context(), ceremony, "", func(context.Context, []byte) (passkey.Credential, error) {
		return passkey.Credential{}, broken
	}, d.asserts(options, 0, ann.Handle).assertion())
	if !errors.Is(err, auth.ErrUnavailable) || errors.Is(err, auth.ErrInvalid) || !errors.Is(err, broken) {
		t.Errorf("a lookup that fails: %v", err)
	}
}

func TestBeginRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	one := []passkey.Credential{{ID: make([]byte, 16)}}
	nameless := passkey.User{Handle: ann.Handle}
	faceless := passkey.User{Name: "x"}
	long := passkey.User{Name: "x", Handle: make([]byte, passkey.MaxHandle+1)}
	many := slices.Repeat(one, passkey.MaxCredentials+1)
	tests := []struct {
		name string
		err  func() error
		text string
	}{
		{"registration without name", func() error { _, _, err := w.party.BeginRegistration(nameless, session, nil); return err }, "Name is required"},
		{"registration without handle", func() error { _, _, err := w.party.BeginRegistration(faceless, session, nil); return err }, "1 to 64 bytes"},
		{"registration with a long handle", func() error { _, _, err := w.party.BeginRegistration(long, session, nil); return err }, "1 to 64 bytes"},
		{"registration without session", func() error { _, _, err := w.party.BeginRegistration(ann, "", nil); return err }, "session is required"},
		{"registration with many", func() error { _, _, err := w.party.BeginRegistration(ann, session, many); return err }, "at most 32"},
		{"registration of one too many", func() error { _, _, err := w.party.BeginRegistration(ann, session, many[1:]); return err }, "at most 32"},
		{"login without credentials", func() error { _, _, err := w.party.BeginLogin(ann, session, nil); return err }, "no credential"},
		{"login without handle", func() error { _, _, err := w.party.BeginLogin(faceless, session, one); return err }, "1 to 64 bytes"},
		{"login with many", func() error { _, _, err := w.party.BeginLogin(ann, session, many); return err }, "at most 32"},
		{"login with a zero credential", func() error {
			_, _, err := w.party.BeginLogin(ann, session, []passkey.Credential{{}})
			return err
		}, "no ID"},
		{"step-up without session", func() error { _, _, err := w.party.BeginStepUp(ann, "", one); return err }, "session is required"},
	}
	for _, tt := range tests {
		if err := tt.err(); err == nil || !strings.Contains(err.Error(), tt.text) || errors.Is(err, auth.ErrInvalid) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.text)
		}
	}
}
