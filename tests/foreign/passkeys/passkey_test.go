package passkeys_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/passkey"
)

const session = "session"

var ann = passkey.User{Handle: []byte("handle of ann"), Name: "ann@example.org", DisplayName: "Ann Example"}

// site is a relying party with pages for a browser and one credential.
type site struct {
	t          *testing.T
	page       *browser
	party      *passkey.RelyingParty
	origin     string
	credential passkey.Credential
}

// serve serves an empty page under localhost, the one name that needs no TLS.
func serve(t *testing.T, html string) (origin string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, html)
	}))
	t.Cleanup(server.Close)
	_, port, _ := strings.Cut(strings.TrimPrefix(server.URL, "http://"), ":")
	return "http://localhost:" + port
}

func newSite(t *testing.T, page *browser, verification passkey.Requirement) *site {
	t.Helper()
	s := &site{t: t, page: page, origin: serve(t, frame)}
	s.party = s.newParty(s.origin, verification)
	return s
}

func (s *site) newParty(origin string, verification passkey.Requirement) *passkey.RelyingParty {
	s.t.Helper()
	party, err := passkey.New(passkey.Config{
		RPID: "localhost", Name: "Example", Origins: []string{origin}, UserVerification: verification,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return party
}

func (s *site) lookup(_ context.Context, id []byte) (passkey.Credential, error) {
	if !bytes.Equal(s.credential.ID, id) {
		return passkey.Credential{}, auth.ErrInvalid
	}
	return s.credential, nil
}

// create and get are what pages do with options.
const (
	create = `(async options => JSON.stringify((await navigator.credentials.create({publicKey:
		PublicKeyCredential.parseCreationOptionsFromJSON(options)})).toJSON()))`
	get = `(async options => JSON.stringify((await navigator.credentials.get({publicKey:
		PublicKeyCredential.parseRequestOptionsFromJSON(options)})).toJSON()))`
)

// frame is a page that asks for an assertion where it has options in its address,
// and tells the page it is framed by.
const frame = `<!doctype html><title>Example</title><script>
	if (location.hash) ` + get + `(JSON.parse(decodeURIComponent(location.hash.slice(1))))
		.then(response => parent.postMessage(response, "*"), e => parent.postMessage(String(e), "*"))
</script>`

// answer lets the browser answer options.
func (s *site) answer(script string, options json.RawMessage, err error) (string, error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
	return s.page.Run(script + "(" + string(options) + ")")
}

// must is answer where the browser has to.
func (s *site) must(script string, options json.RawMessage, err error) []byte {
	s.t.Helper()
	response, err := s.answer(script, options, err)
	if err != nil {
		s.t.Fatal(err)
	}
	return []byte(response)
}

func (s *site) register() {
	s.t.Helper()
	options, ceremony, err := s.party.BeginRegistration(ann, session, nil)
	response := s.must(create, options, err)
	s.credential, err = s.party.FinishRegistration(ceremony, ann, session, response)
	if err != nil {
		s.t.Fatalf("%v\n%s", err, response)
	}
}

// TestPasskey walks through the life of a passkey in one browser.
func TestPasskey(t *testing.T) {
	t.Parallel()
	page := start(t)
	authenticator := page.authenticator()
	s := newSite(t, page, passkey.Required)
	page.Visit(s.origin)
	s.register()
	c := s.credential
	if !bytes.Equal(c.UserHandle, ann.Handle) || c.Algorithm != passkey.ES256 || !c.UserVerified || !c.BackupEligible || c.BackedUp ||
		c.AttestationType != "none" || len(c.Transports) != 1 || c.Transports[0] != "internal" {
		t.Errorf("registered %+v", c)
	}

	s.loginKnown()
	page.Call("WebAuthn.setCredentialProperties", map[string]any{
		"authenticatorId": authenticator, "credentialId": base64.StdEncoding.EncodeToString(c.ID), "backupState": true,
	}, nil)
	s.loginDiscoverable()
	s.stepUp()
	s.registerAgain()
	s.unverified(authenticator)
	s.elsewhere()
	s.framed()
}

// finished stores the credential of a result that has to be good.
func (s *site) finished(r passkey.Result, err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
	if !r.UserVerified || r.Credential.SignCount <= s.credential.SignCount || r.Credential.LastUsedAt.IsZero() {
		s.t.Errorf("%+v after %+v", r, s.credential)
	}
	s.credential = r.Credential
}

func (s *site) loginKnown() {
	s.t.Helper()
	options, ceremony, err := s.party.BeginLogin(ann, session, []passkey.Credential{s.credential})
	response := s.must(get, options, err)
	s.finished(s.party.FinishLogin(s.t.Context(), ceremony, session, s.lookup, response))

	// Again: the counter has gone on, and another ceremony has another challenge.
	_, err = s.party.FinishLogin(s.t.Context(), ceremony, session, s.lookup, response)
	s.refused("a replay", err, "counter")
	_, other, err := s.party.BeginLogin(ann, session, []passkey.Credential{s.credential})
	if err != nil {
		s.t.Fatal(err)
	}
	_, err = s.party.FinishLogin(s.t.Context(), other, session, s.lookup, response)
	s.refused("a replay in another ceremony", err, "another challenge")
}

func (s *site) loginDiscoverable() {
	s.t.Helper()
	options, ceremony, err := s.party.BeginDiscoverable("")
	response := s.must(get, options, err)
	s.finished(s.party.FinishLogin(s.t.Context(), ceremony, "", s.lookup, response))
	if !s.credential.BackedUp {
		s.t.Error("the backup was not noticed")
	}
}

func (s *site) stepUp() {
	s.t.Helper()
	options, ceremony, err := s.party.BeginStepUp(ann, session, []passkey.Credential{s.credential})
	response := s.must(get, options, err)
	_, err = s.party.FinishLogin(s.t.Context(), ceremony, session, s.lookup, response)
	s.refused("a login by the response to a step-up", err, "another kind")
	s.finished(s.party.FinishStepUp(s.t.Context(), ceremony, session, s.lookup, response))
}

// registerAgain: an authenticator makes no second credential of a user who has one.
func (s *site) registerAgain() {
	s.t.Helper()
	options, _, err := s.party.BeginRegistration(ann, session, []passkey.Credential{s.credential})
	if response, err := s.answer(create, options, err); err == nil || !strings.Contains(err.Error(), "InvalidStateError") {
		s.t.Errorf("registered twice: %s, %v", response, err)
	}
}

// unverified: without a person known to it, an authenticator serves those only who
// do not insist.
func (s *site) unverified(authenticator string) {
	s.t.Helper()
	verified := func(is bool) {
		s.page.Call("WebAuthn.setUserVerified", map[string]any{"authenticatorId": authenticator, "isUserVerified": is}, nil)
	}
	verified(false)
	defer verified(true)
	options, ceremony, err := s.party.BeginDiscoverable("")
	if response, err := s.answer(get, options, err); err == nil {
		s.t.Errorf("verification was required: %s", response)
	}
	// A page may ask for less than it was told to.
	response := s.must(get, bytes.Replace(options, []byte(`"required"`), []byte(`"discouraged"`), 1), nil)
	_, err = s.party.FinishLogin(s.t.Context(), ceremony, "", s.lookup, response)
	s.refused("an assertion without verification", err, "User verification")

	lenient := s.newParty(s.origin, passkey.Discouraged)
	options, ceremony, err = lenient.BeginDiscoverable("")
	response = s.must(get, options, err)
	result, err := lenient.FinishLogin(s.t.Context(), ceremony, "", s.lookup, response)
	if err != nil || result.UserVerified {
		s.t.Errorf("verified %v, %v", result.UserVerified, err)
	}
	s.credential = result.Credential
}

// elsewhere: another port is another origin, for which browsers sign as well.
func (s *site) elsewhere() {
	s.t.Helper()
	s.page.Visit(serve(s.t, frame))
	options, ceremony, err := s.party.BeginDiscoverable("")
	response := s.must(get, options, err)
	_, err = s.party.FinishLogin(s.t.Context(), ceremony, "", s.lookup, response)
	s.refused("an assertion for another origin", err, "another origin")
}

// framed: the page of the right origin in a page of another one.
func (s *site) framed() {
	s.t.Helper()
	options, ceremony, err := s.party.BeginDiscoverable("")
	if err != nil {
		s.t.Fatal(err)
	}
	address, err := json.Marshal(s.origin + "/#" + url.PathEscape(string(options)))
	if err != nil {
		s.t.Fatal(err)
	}
	response, err := s.page.Run(`new Promise(done => {
		addEventListener("message", e => done(e.data))
		const frame = document.createElement("iframe")
		frame.allow = "publickey-credentials-get *"
		frame.src = ` + string(address) + `
		document.body.append(frame)
	})`)
	if err != nil {
		s.t.Fatal(err)
	}
	_, err = s.party.FinishLogin(s.t.Context(), ceremony, "", s.lookup, []byte(response))
	s.refused("an assertion from a frame: "+response, err, "foreign frame")
}

func (s *site) refused(what string, err error, why string) {
	s.t.Helper()
	if !errors.Is(err, auth.ErrInvalid) || !strings.Contains(err.Error(), why) {
		s.t.Errorf("%s: %v, want a refusal with %q", what, err, why)
	}
}
