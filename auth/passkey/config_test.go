package passkey_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/passkey"
)

func TestConfig(t *testing.T) {
	t.Parallel()
	good := func() passkey.Config {
		return passkey.Config{RPID: rpID, Name: "Example", Origins: []string{origin}}
	}
	local := func(origins ...string) func(*passkey.Config) {
		return func(c *passkey.Config) { c.RPID, c.Origins = "localhost", origins }
	}
	origins := func(o ...string) func(*passkey.Config) { return func(c *passkey.Config) { c.Origins = o } }
	id := func(id string) func(*passkey.Config) { return func(c *passkey.Config) { c.RPID = id } }
	tests := []struct {
		name   string
		change func(*passkey.Config)
		text   string // of the error; empty for none
	}{
		{"least", func(*passkey.Config) {}, ""},
		{"all", func(c *passkey.Config) {
			c.Attestation, c.Discoverable, c.UserVerification, c.Timeout = passkey.AttestationDirect, passkey.Preferred, passkey.Discouraged, 15*time.Second
		}, ""},
		{"several origins", origins(origin, "https://a.b.example.org", "https://example.org:8443", "android:apk-key-hash:"+strings.Repeat("a", 43)), ""},
		{"localhost with http", local("http://localhost:8090", "http://localhost", "https://localhost:8443", "http://app.localhost:1"), ""},

		{"no RPID", id(""), "RPID"},
		{"RPID in upper case", id("Example.org"), "RPID"},
		{"RPID with scheme", id("https://example.org"), "RPID"},
		{"RPID with port", id("example.org:443"), "RPID"},
		{"RPID with path", id("example.org/"), "RPID"},
		{"RPID with a dot behind", id("example.org."), "RPID"},
		{"RPID an address", id("127.0.0.1"), "not an address"},
		{"RPID an IPv6 address", id("::1"), "not an address"},
		{"RPID in Unicode", id("exämple.org"), "RPID"},
		{"RPID too long", id(strings.Repeat("a.", 127) + "example.org"), "RPID"},
		{"no Name", func(c *passkey.Config) { c.Name = "" }, "Name is required"},
		{"no Origins", origins(), "Origins is required"},
		{"origin with slash", origins("https://example.org/"), "as browsers do"},
		{"origin with default port", origins("https://example.org:443"), "as browsers do"},
		{"origin with port of zeros", origins("https://example.org:08443"), "as browsers do"},
		{"origin with an empty port", origins("https://example.org:"), "as browsers do"},
		{"origin with port 0", origins("https://example.org:0"), "as browsers do"},
		{"origin with too large a port", origins("https://example.org:65536"), "as browsers do"},
		{"origin in upper case", origins("https://Example.org"), "as browsers do"},
		{"scheme in upper case", origins("HTTPS://example.org"), "as browsers do"},
		{"origin with a user", origins("https://a@example.org"), "as browsers do"},
		{"origin with a query", origins("https://example.org?"), "as browsers do"},
		{"origin without scheme", origins("example.org"), "as browsers do"},
		{"origin null", origins("null"), "as browsers do"},
		{"origin empty", origins(""), "as browsers do"},
		{"origin a wildcard", origins("https://*.example.org"), "as browsers do"},
		{"origin of an application of another kind", origins("ios:bundle-id:org.example"), "as browsers do"},
		{"Android without hash", origins("android:apk-key-hash:"), "as browsers do"},
		{"origin of another domain", origins("https://example.com"), "below it"},
		{"origin that ends alike", origins("https://badexample.org"), "below it"},
		{"origin above", func(c *passkey.Config) { c.RPID = "app.example.org" }, "below it"},
		{"origin without TLS", origins("http://example.org"), "must be https"},
		{"localhost beside a domain", origins(origin, "http://localhost:8090"), "below it"},
		{"loopback address", local("http://127.0.0.1:8090"), "below it"},
		{"one wrong of two", origins(origin, "https://example.com"), `"https://example.com"`},
		{"Timeout too short", func(c *passkey.Config) { c.Timeout = time.Second }, "Timeout"},
		{"Timeout too long", func(c *passkey.Config) { c.Timeout = passkey.MaxTimeout + 1 }, "Timeout"},
		{"Timeout negative", func(c *passkey.Config) { c.Timeout = -time.Minute }, "Timeout"},
		{"Attestation unknown", func(c *passkey.Config) { c.Attestation = "enterprise" }, "Attestation"},
		{"Discoverable unknown", func(c *passkey.Config) { c.Discoverable = "yes" }, "Discoverable"},
		{"UserVerification unknown", func(c *passkey.Config) { c.UserVerification = "REQUIRED" }, "UserVerification"},
	}
	for _, tt := range tests {
		config := good()
		tt.change(&config)
		party, err := passkey.New(config)
		if (err == nil) != (tt.text == "") || err != nil && !strings.Contains(err.Error(), tt.text) || (party == nil) != (err != nil) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.text)
		}
	}
	_, err := passkey.New(passkey.Config{})
	for _, name := range []string{"RPID", "Name", "Origins"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("the zero Config: %v, want %s in it", err, name)
		}
	}
}

// TestConfigIsCopied: origins cannot be added behind the back of New.
func TestConfigIsCopied(t *testing.T) {
	t.Parallel()
	origins := []string{origin}
	w := newWorld(t, func(c *passkey.Config) { c.Origins = origins })
	origins[0] = "https://evil.example"
	options, ceremony := w.begun(w.party.BeginRegistration(ann, session, nil))
	a := devices()["EdDSA"].creates(options)
	a.origin = origins[0]
	_, err := w.party.FinishRegistration(ceremony, ann, session, a.creation())
	refused(t, wrong{name: "an origin added later", why: "another origin"}, err)
}

// TestAndroid: an application is an origin, byte for byte.
func TestAndroid(t *testing.T) {
	t.Parallel()
	hash := "android:apk-key-hash:" + strings.Repeat("a", 43)
	w := newWorld(t, func(c *passkey.Config) { c.Origins = []string{hash} })
	for sent, good := range map[string]bool{hash: true, strings.ToUpper(hash): false, hash + "a": false, hash[:63]: false} {
		options, ceremony := w.begun(w.party.BeginRegistration(ann, session, nil))
		a := devices()["EdDSA"].creates(options)
		a.origin = sent
		_, err := w.party.FinishRegistration(ceremony, ann, session, a.creation())
		if good && err != nil {
			t.Errorf("%s: %v", sent, err)
		} else if !good {
			refused(t, wrong{name: sent, why: "another origin"}, err)
		}
	}
}

func TestCeremony(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	most := make([]passkey.Credential, passkey.MaxCredentials)
	for i := range most {
		most[i].ID = make([]byte, passkey.MaxID)
	}
	long := passkey.User{Handle: make([]byte, passkey.MaxHandle), Name: "x"}
	_, ceremony := w.begun(w.party.BeginStepUp(long, strings.Repeat("session", 10_000), most))
	text, err := json.Marshal(stored(t, ceremony))
	if err != nil || len(text) > passkey.MaxCeremonySize {
		t.Errorf("%d bytes, %v", len(text), err)
	}
	if strings.Contains(string(text), "session10") || strings.Contains(string(text), "sessionsession") {
		t.Error("the session can be read")
	}

	_, ceremony = w.begun(w.party.BeginDiscoverable(session))
	text, err = json.Marshal(ceremony)
	if err != nil {
		t.Fatal(err)
	}
	for name, wrong := range map[string]string{
		"empty": "", "null": "null", "an array": "[]", "zero": "{}",
		"cut":                 string(text[:len(text)-1]),
		"unknown member":      strings.Replace(string(text), `{`, `{"x":1,`, 1),
		"duplicate member":    strings.Replace(string(text), `{`, `{"kind":"login",`, 1),
		"other kind":          strings.Replace(string(text), `"discoverable"`, `"any"`, 1),
		"other case":          strings.Replace(string(text), `"kind"`, `"Kind"`, 1),
		"short challenge":     `{"kind":"login","challenge":"AAAA","rp_id":"example.org","verification":"required","expires_at":"2026-11-20T12:00:00Z"}`,
		"verification of all": strings.Replace(string(text), `"required"`, `"always"`, 1),
		"too large":           strings.Replace(string(text), `{`, `{`+strings.Repeat(" ", passkey.MaxCeremonySize), 1),
	} {
		var c passkey.Ceremony
		if err := json.Unmarshal([]byte(wrong), &c); err == nil {
			t.Errorf("%s: %.200s is read", name, wrong)
		}
	}
}

// TestCredentialJSON holds the stored form still.
func TestCredentialJSON(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	c := w.register(ann, devices()["EdDSA"], up|uv|be|bs)
	c.PublicKey, c.Name = []byte{1, 2, 3}, "phone"
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, text, `{"id":"AgICAgICAgICAgICAgICAg==","user_handle":"aGFuZGxlIG9mIGFubg==","public_key":"AQID","algorithm":-8,"sign_count":0,"user_verified":true,
		"backup_eligible":true,"backed_up":true,"transports":["hybrid","internal"],"aaguid":"AAAAAAAAAAAAAAAAAAAAAA==",
		"attestation_format":"none","attestation_type":"none","created_at":"2026-11-20T12:00:00.123456Z","name":"phone"}`)
}
