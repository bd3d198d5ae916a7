package oidc_test

import (
	"encoding/json"
	"maps"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/authtest"
	"github.com/seed-7694ebf6/plinth/auth/oidc"
)

const redirectURI = "https://notes.example/callback"

// config returns that of a client of a fake.
func config(fake *authtest.Provider) oidc.Config {
	return oidc.Config{
		Name: "fake", Issuer: fake.Issuer(), ClientID: authtest.ClientID, ClientSecret: authtest.ClientSecret,
		InsecureLoopback: true,
	}
}

func newProvider(t *testing.T, cfg oidc.Config) *oidc.Provider {
	t.Helper()
	p, err := oidc.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// begin begins a login and lets the fake answer it.
func begin(t *testing.T, p *oidc.Provider, fake *authtest.Provider) (auth.Flow, url.Values) {
	t.Helper()
	to, flow, err := p.Begin(t.Context(), auth.LoginOptions{RedirectURI: redirectURI})
	if err != nil {
		t.Fatal(err)
	}
	return flow, fake.Authorize(to)
}

// login logs in.
func login(t *testing.T, p *oidc.Provider, fake *authtest.Provider) (auth.Identity, auth.ProviderTokens, error) {
	t.Helper()
	flow, back := begin(t, p, fake)
	return p.Finish(t.Context(), flow, back)
}

// changed returns a flow with members of its JSON changed.
func changed(t *testing.T, flow auth.Flow, changes map[string]any) auth.Flow {
	t.Helper()
	data, err := json.Marshal(flow)
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]any
	if err := json.Unmarshal(data, &members); err != nil {
		t.Fatal(err)
	}
	maps.Copy(members, changes)
	if data, err = json.Marshal(members); err != nil {
		t.Fatal(err)
	}
	var out auth.Flow
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// member returns one of the secrets in a flow.
func member(t *testing.T, flow auth.Flow, name string) string {
	t.Helper()
	data, err := json.Marshal(flow)
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]any
	if err := json.Unmarshal(data, &members); err != nil {
		t.Fatal(err)
	}
	text, _ := members[name].(string)
	return text
}

// testClock is a time that tests set. It begins now, because the fake's does too.
type testClock struct{ ahead atomic.Int64 }

func (c *testClock) Now() time.Time          { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *testClock) advance(d time.Duration) { c.ahead.Add(int64(d)) }
