package authtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// The one client that every [Provider] knows.
const (
	ClientID     = "client"
	ClientSecret = "secret-of-the-client-0123456789abcdef"
)

// Provider is an OpenID provider on loopback: discovery, keys, the authorization code flow with
// PKCE, and UserInfo, for auth/oidc with InsecureLoopback. Every login is one of its user.
// [Provider.Fail] makes it inject a fault. It is safe for concurrent use.
type Provider struct {
	tb     testing.TB
	server *httptest.Server

	mu     sync.Mutex
	fault  Fault
	over   chan struct{} // closed when the fault is over
	user   map[string]any
	info   map[string]any // what UserInfo says in place of user
	hidden bool
	keys   []signing // the last one signs
	codes  map[string]login
	access map[string]bool
	asked  map[string]int
}

// signing is a key with its id.
type signing struct {
	id  string
	key *ecdsa.PrivateKey
}

// login is what an authorization code stands for.
type login struct {
	nonce, challenge, redirect string
}

// NewProvider returns a Provider that runs until the test ends. Its user is ada with the
// verified address ada@example.org.
func NewProvider(tb testing.TB) *Provider {
	tb.Helper()
	p := &Provider{
		tb: tb, over: make(chan struct{}), codes: make(map[string]login), access: make(map[string]bool), asked: make(map[string]int),
		user: map[string]any{"sub": "ada", "email": "ada@example.org", "email_verified": true, "name": "Ada Lovelace"},
	}
	p.RotateKeys(0)
	mux := http.NewServeMux()
	for pattern, serve := range map[string]http.HandlerFunc{
		"GET /.well-known/openid-configuration": p.serveDiscovery,
		"GET /authorize":                        p.serveAuthorize,
		"GET /keys":                             p.serveKeys,
		"GET /userinfo":                         p.serveUserinfo,
		"POST /token":                           p.serveToken,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			p.mu.Lock()
			p.asked[r.URL.Path]++
			p.mu.Unlock()
			serve(w, r)
		})
	}
	p.server = httptest.NewServer(mux)
	tb.Cleanup(func() {
		p.Fail(FaultNone) // lets go of those who wait
		p.server.Close()
	})
	return p
}

// Issuer returns the issuer, a URL on loopback.
func (p *Provider) Issuer() string { return p.server.URL }

// Fail makes the Provider do one thing wrong from now on, or heals it.
func (p *Provider) Fail(fault Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = fault
	close(p.over)
	p.over = make(chan struct{})
}

// SetUser replaces the claims of the user in ID tokens and UserInfo. They need a sub.
func (p *Provider) SetUser(claims map[string]any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.user = maps.Clone(claims)
}

// SetUserinfo lets UserInfo say something else than the ID token. Nil takes it back.
func (p *Provider) SetUserinfo(claims map[string]any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.info = maps.Clone(claims)
}

// HideProfile leaves all claims but sub to UserInfo, as many providers do.
func (p *Provider) HideProfile(hidden bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hidden = hidden
}

// RotateKeys makes a new signing key. Of those before it, the last keep ones stay
// published.
func (p *Provider) RotateKeys(keep int) {
	p.tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		p.tb.Fatalf("authtest: generate key: %v", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys = append(p.keys[max(0, len(p.keys)-keep):], signing{rand.Text(), key})
}

// Asked returns how often a path was asked for: /.well-known/openid-configuration,
// /keys, /authorize, /token or /userinfo.
func (p *Provider) Asked(path string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked[path]
}

// Authorize does what a browser does that is sent to a URL of the Provider: it
// returns what the browser brings back.
func (p *Provider) Authorize(to string) url.Values {
	p.tb.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Get(to)
	if err != nil {
		p.tb.Fatalf("authtest: authorize: %v", err)
	}
	defer answer.Body.Close() // nothing is read from it
	back, err := answer.Location()
	if err != nil {
		p.tb.Fatalf("authtest: authorize answers %s", answer.Status)
	}
	return back.Query()
}

// IDToken returns an ID token as an app on a phone gets it, with claims changed; nil
// removes one.
func (p *Provider) IDToken(changes map[string]any) string {
	return p.token("JWT", changes)
}

// AccessToken returns an access token (RFC 9068) for an API, with claims changed; nil
// removes one.
func (p *Provider) AccessToken(changes map[string]any) string {
	return p.token("at+jwt", changes)
}

func (p *Provider) token(typ string, changes map[string]any) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	claims := p.claims()
	maps.Copy(claims, changes)
	maps.DeleteFunc(claims, func(_ string, value any) bool { return value == nil })
	return p.sign(typ, claims)
}

// claims returns those of a token of now. p.mu is held.
func (p *Provider) claims() map[string]any {
	now := time.Now()
	claims := map[string]any{
		"iss": p.server.URL, "aud": ClientID, "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(), "sub": p.user["sub"],
	}
	if !p.hidden && !strings.Contains(string(p.fault), "UserInfo") {
		maps.Copy(claims, p.user)
	}
	return claims
}

// doing returns the fault of an answer. If it is the slow one, that takes until the
// client has gone or the fault is over.
func (p *Provider) doing(r *http.Request, slow Fault) Fault {
	p.mu.Lock()
	fault, over := p.fault, p.over
	p.mu.Unlock()
	if fault == slow {
		select {
		case <-r.Context().Done():
		case <-over:
		}
	}
	return fault
}

func answer(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body) // the client is gone; nothing left to tell it
}
