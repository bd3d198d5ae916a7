package oidc_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/authtest"
	"github.com/seed-7694ebf6/plinth/auth/oidc"
)

// FuzzFinish: no callback logs in that does not come from the provider, and none makes
// an error that is not fit for a log.
func FuzzFinish(f *testing.F) {
	for _, query := range []string{
		"state=STATE&code=x", "state=STATE&error=access_denied&error_description=%1b%00", "state=STATE&code=x&iss=https://evil.example",
		"state=STATE&state=STATE&code=x", "code=x", "state=STATE&code=x&user={\"name\":{}}", "state=STATE&code=%ff&iss=",
	} {
		f.Add(query)
	}
	fake := authtest.NewProvider(f)
	p, err := oidc.New(config(fake))
	if err != nil {
		f.Fatal(err)
	}
	_, flow, err := p.Begin(f.Context(), auth.LoginOptions{RedirectURI: redirectURI})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, query string) {
		values, err := url.ParseQuery(strings.ReplaceAll(query, "STATE", flow.State))
		if err != nil {
			return
		}
		_, _, err = p.Finish(t.Context(), flow, values)
		if err == nil {
			t.Fatalf("%q logs in", query)
		}
		if text := err.Error(); len(text) > 2000 || strings.ContainsFunc(text, unicode.IsControl) || strings.Contains(text, flow.State) {
			t.Errorf("%q: %q", query, text)
		}
	})
}

// FuzzFlow: what is read can be written and read again, and never logs in by itself.
func FuzzFlow(f *testing.F) {
	for _, text := range []string{
		`{"provider":"fake","state":"s","nonce":"n","verifier":"v","redirect_uri":"https://notes.example/","ends":4102444800}`,
		`{}`, `null`, `[]`, `{"ends":1e400}`, `{"state":"a","state":"b"}`, `{"x":1}`,
	} {
		f.Add([]byte(text))
	}
	fake := authtest.NewProvider(f)
	p, err := oidc.New(config(fake))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var flow, again auth.Flow
		if json.Unmarshal(data, &flow) != nil {
			return
		}
		text, err := json.Marshal(flow)
		if err != nil || json.Unmarshal(text, &again) != nil || again != flow {
			t.Errorf("%s becomes %s: %v", data, text, err)
		}
		if time.Unix(flow.Ends, 0).After(time.Now().Add(time.Hour)) || flow.State == "" {
			if _, _, err := p.Finish(t.Context(), flow, url.Values{"state": {flow.State}, "code": {"x"}}); err == nil {
				t.Errorf("%s logs in", data)
			}
		}
	})
}
