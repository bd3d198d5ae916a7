package accounts_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestProviderLogin: logins with and without PKCE make an account, and later find it.
func TestProviderLogin(t *testing.T) {
	providers(t, nil, func(t *testing.T, w *world, f fakes) {
		f.trusted.SetUser(map[string]any{
			"sub": "ada", "email": "Ada@Example.org", "email_verified": true, "name": "Ada Lovelace", "picture": "https://example.org/ada.png",
			"preferred_username": "ada", "given_name": strings.Repeat("x", 300), "locale": "en",
		})
		b := w.tab()
		first := w.must(200, b.session(f.trusted, "trusted"))
		u := userOf(first)
		if u["email"] != "ada@example.org" || u["email_confirmed_at"] == nil || fmt.Sprint(u["app_metadata"]) != "map[provider:trusted providers:[trusted]]" {
			t.Errorf("user %v", u)
		}
		meta := u["user_metadata"].(map[string]any)
		if meta["full_name"] != "Ada Lovelace" || meta["avatar_url"] != "https://example.org/ada.png" || meta["user_name"] != "ada" || meta["email"] != "ada@example.org" || meta["given_name"] != nil {
			t.Errorf("metadata %v", meta)
		}
		if first.str("provider_token") == "" {
			t.Error("no token of the provider")
		}
		id := u["identities"].([]any)[0].(map[string]any)
		if id["id"] != "ada" || id["provider"] != "trusted" || id["email"] != "ada@example.org" || id["last_sign_in_at"] == nil ||
			id["identity_data"].(map[string]any)["iss"] != f.trusted.Issuer() {
			t.Errorf("identity %v", id)
		}
		claims := claimsOf(t, first.str("access_token"))
		if amr := fmt.Sprint(claims["amr"]); !strings.Contains(amr, "method:oauth") || !strings.Contains(amr, "provider:trusted") {
			t.Errorf("amr %s", amr)
		}

		p := w.tab().login(f.trusted, "trusted", "&redirect_to=https://app.example.test/in")
		v := p.fragment()
		if p.status != 303 || !strings.HasPrefix(p.to.String(), "https://app.example.test/in#") || v.Get("provider_token") == "" || v.Get("token_type") != "bearer" {
			t.Errorf("implicit: %d %v", p.status, p.to)
		}
		again := w.must(200, w.do("GET /user", v.Get("access_token"), ""))
		if again.str("id") != u["id"] {
			t.Errorf("another account: %s", again.text)
		}
	})
}

// TestProviderKeepsUser: a login does not overwrite metadata that users have set. The
// identity has what the provider says now.
func TestProviderKeepsUser(t *testing.T) {
	providers(t, nil, func(t *testing.T, w *world, f fakes) {
		w.must(200, w.do("POST /signup", "", `{"email":"ada@example.org","password":"a good password","data":{"name":"Countess"}}`))
		u := userOf(w.must(200, w.tab().session(f.trusted, "trusted")))
		if meta := u["user_metadata"].(map[string]any); meta["name"] != "Countess" || meta["full_name"] != "Ada Lovelace" {
			t.Errorf("metadata %v", meta)
		}
		if fmt.Sprint(identitiesOf(u)) != "[email trusted]" || fmt.Sprint(u["app_metadata"]) != "map[provider:email providers:[email trusted]]" {
			t.Errorf("user %v", u)
		}
		f.trusted.SetUser(map[string]any{"sub": "ada", "email": "new@example.org", "email_verified": true})
		again := userOf(w.must(200, w.tab().session(f.trusted, "trusted")))
		if again["id"] != u["id"] || again["email"] != "ada@example.org" {
			t.Errorf("user %v", again)
		}
		if id := again["identities"].([]any)[1].(map[string]any); id["email"] != "new@example.org" {
			t.Errorf("identity %v", id)
		}
	})
}

// TestProviderThenEmail: a user of a provider who adds an address can log in by both.
func TestProviderThenEmail(t *testing.T) {
	providers(t, nil, func(t *testing.T, w *world, f fakes) {
		in := w.must(200, w.tab().session(f.other, "other"))
		got := w.must(200, w.do("PUT /user", in.str("access_token"), `{"email":"ada@example.org"}`))
		if fmt.Sprint(identitiesOf(got.body)) != "[other email]" || fmt.Sprint(got.body["app_metadata"]) != "map[provider:other providers:[other email]]" {
			t.Errorf("user %s", got.text)
		}
	})
}
