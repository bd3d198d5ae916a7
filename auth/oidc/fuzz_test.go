package oidc_test

import (
	"encoding/base64"
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

// FuzzIDToken: an ID token that is changed is refused, and one that is signed with
// whatever claims is taken only for us, of the provider, for somebody and in its time.
func FuzzIDToken(f *testing.F) {
	for _, claims := range []string{
		`{}`, `{"aud":["notes",1]}`, `{"aud":null,"azp":"notes"}`, `{"iss":"https://evil.example"}`, `{"sub":""}`, `{"sub":["ada"]}`, `{"exp":1e300}`, `{"exp":"1"}`,
		`{"nbf":-1,"iat":9007199254740993}`, `{"nonce":""}`, `{"email":"a@b","email_verified":"true"}`, `{"events":{}}`, `{"SUB":"eve","Iss":"x"}`,
	} {
		f.Add([]byte(claims), "", 7, byte(1))
	}
	f.Add([]byte(`{}`), "a.b.c", 0, byte(0))
	f.Add([]byte(`{}`), "....", 0, byte(0))
	f.Add([]byte(`{}`), `{"payload":"","signatures":[]}`, 0, byte(0))
	fake := authtest.NewProvider(f)
	p, err := oidc.New(config(fake))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, changes []byte, made string, at int, change byte) {
		var claims map[string]any
		if json.Unmarshal(changes, &claims) != nil {
			return
		}
		raw := fake.IDToken(claims)
		who, err := p.VerifyIDToken(t.Context(), raw, auth.IDTokenOptions{})
		if err == nil {
			_, sub := claims["sub"]
			_, iss := claims["iss"]
			if who.Issuer != fake.Issuer() || who.Subject == "" || len(who.Subject) > 255 || sub && who.Subject != claims["sub"] || iss && claims["iss"] != fake.Issuer() {
				t.Errorf("%s gives %v", changes, who)
			}
			if exp, ok := claims["exp"].(float64); ok && exp < float64(time.Now().Add(-time.Minute).Unix()) {
				t.Errorf("%s has expired", changes)
			}
		}
		good := fake.IDToken(nil)
		changed := []byte(good)
		changed[(at%len(changed)+len(changed))%len(changed)] ^= change
		for _, wrong := range []string{made, string(changed)} {
			if _, err := p.VerifyIDToken(t.Context(), wrong, auth.IDTokenOptions{}); err == nil && decoded(wrong) != decoded(good) {
				t.Errorf("%q is taken", wrong)
			}
		}
	})
}

// decoded is what a token says: the last bits of its parts may say nothing.
func decoded(token string) string {
	parts := strings.Split(token, ".")
	for i, part := range parts {
		text, _ := base64.RawURLEncoding.DecodeString(part)
		parts[i] = string(text)
	}
	return strings.Join(parts, ".")
}
