package accounts_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
)

const bob = `{"email":"bob@example.org","password":"a good password"}`

// linkURL asks where to link an identity.
func (w *world) linkURL(token, provider, more string) *answer {
	w.t.Helper()
	return w.do("GET /user/identities/authorize?skip_http_redirect=true&provider="+provider+more, token, "")
}

// TestLink: with PKCE an identity is linked when the client shows its verifier, whatever
// browser was at the provider.
func TestLink(t *testing.T) {
	providers(t, nil, func(t *testing.T, w *world, f fakes) {
		before := w.must(200, w.do("POST /signup", "", bob))
		token := before.str("access_token")
		visit := func() (*tab, *page) {
			to := w.must(200, w.linkURL(token, "trusted", pkce+challengeOf(testVerifier))).str("url")
			b := w.tab() // of whoever was sent there
			return b, b.open("/callback/trusted?"+f.trusted.Authorize(to).Encode(), nil)
		}
		b, p := visit()
		if got := w.must(200, w.do("GET /user", token, "")); fmt.Sprint(identitiesOf(got.body)) != "[email]" {
			t.Errorf("linked before the exchange: %s", got.text)
		}
		if got := b.exchange(p, strings.Repeat("y", 43)); got.code() != "bad_code_verifier" {
			t.Errorf("another verifier: %s", got.text)
		}
		b, p = visit()
		in := w.must(200, b.exchange(p, testVerifier))
		u := userOf(in)
		if u["id"] != userOf(before)["id"] || u["email"] != "bob@example.org" || fmt.Sprint(identitiesOf(u)) != "[email trusted]" || in.str("provider_token") == "" {
			t.Errorf("user %v", u)
		}
		// ada's address is not the one of bob; now she is bob.
		if again := userOf(w.must(200, w.tab().session(f.trusted, "trusted"))); again["id"] != u["id"] {
			t.Errorf("another account: %v", again)
		}
		b, p = visit()
		if got := b.exchange(p, testVerifier); got.status != 422 || got.code() != "identity_already_exists" {
			t.Errorf("again: %d %s", got.status, got.text)
		}
		// Somebody else cannot have it too.
		token = w.must(200, w.do("POST /signup", "", ann)).str("access_token")
		b, p = visit()
		if got := b.exchange(p, testVerifier); got.status != 422 || got.code() != "identity_already_exists" {
			t.Errorf("of another: %d %s", got.status, got.text)
		}
		// The session that has asked must not have ended.
		f.trusted.SetUser(map[string]any{"sub": "grace"})
		b, p = visit()
		w.must(204, w.do("POST /logout", token, ""))
		if got := b.exchange(p, testVerifier); got.status != 403 || got.code() != "session_not_found" {
			t.Errorf("after logging out: %d %s", got.status, got.text)
		}
	})
}

// TestLinkImplicit: without PKCE the browser that began must be the one that comes back, so
// the request must be one that stores cookies.
func TestLinkImplicit(t *testing.T) {
	providers(t, nil, func(t *testing.T, w *world, f fakes) {
		token := w.must(200, w.do("POST /signup", "", bob)).str("access_token")
		ask := func(b *tab, headers ...string) *page {
			return b.open("/user/identities/authorize?provider=trusted", nil, append(headers, "Authorization", "Bearer "+token)...)
		}
		for _, site := range []string{"cross-site", "same-site", "none"} {
			if p := ask(w.tab(), "Sec-Fetch-Site", site); p.status != 400 || !strings.Contains(p.text, "PKCE") {
				t.Errorf("%s: %d %s", site, p.status, p.text)
			}
		}
		b := w.tab()
		p := ask(b, "Sec-Fetch-Site", "same-origin")
		back := f.trusted.Authorize(p.to.String())
		w.tab().refused("another browser", "bad_oauth_state", siteURL, w.tab().open("/callback/trusted?"+back.Encode(), nil))
		back = f.trusted.Authorize(ask(b).to.String())
		p = b.open("/callback/trusted?"+back.Encode(), nil)
		got := w.must(200, w.do("GET /user", p.fragment().Get("access_token"), ""))
		if got.str("email") != "bob@example.org" || fmt.Sprint(identitiesOf(got.body)) != "[email trusted]" {
			t.Errorf("user %s", got.text)
		}
	})
}

// TestLinkAnonymous: a guest who links an identity becomes a user, with its address if no
// account has it.
func TestLinkAnonymous(t *testing.T) {
	providers(t, nil, func(t *testing.T, w *world, f fakes) {
		link := func() map[string]any {
			guest := w.must(200, w.do("POST /signup", "", `{"data":{"name":"Guest"}}`))
			to := w.must(200, w.linkURL(guest.str("access_token"), "trusted", pkce+challengeOf(testVerifier))).str("url")
			b := w.tab()
			u := userOf(w.must(200, b.exchange(b.open("/callback/trusted?"+f.trusted.Authorize(to).Encode(), nil), testVerifier)))
			if u["id"] != userOf(guest)["id"] || u["is_anonymous"] != false || u["user_metadata"].(map[string]any)["name"] != "Guest" {
				t.Errorf("user %v", u)
			}
			return u
		}
		if u := link(); u["email"] != "ada@example.org" || u["email_confirmed_at"] == nil {
			t.Errorf("user %v", u)
		}
		f.trusted.SetUser(map[string]any{"sub": "second", "email": "ada@example.org", "email_verified": true})
		if u := link(); u["email"] != "" {
			t.Errorf("an address twice: %v", u)
		}
	})
}

// TestLinkOff: linking needs the setting, and a session of these accounts.
func TestLinkOff(t *testing.T) {
	providers(t, func(c *accounts.Config) { c.ManualLinking = false }, func(t *testing.T, w *world, f fakes) {
		in := w.must(200, w.do("POST /signup", "", bob))
		token := in.str("access_token")
		id := userOf(in)["identities"].([]any)[0].(map[string]any)["identity_id"].(string)
		for _, line := range []string{"GET /user/identities/authorize?provider=trusted", "DELETE /user/identities/" + id} {
			if got := w.do(line, token, ""); got.status != 404 || got.code() != "manual_linking_disabled" {
				t.Errorf("%s: %d %s", line, got.status, got.text)
			}
			if got := w.do(line, "", ""); got.status != 401 {
				t.Errorf("%s: %d %s", line, got.status, got.text)
			}
		}
		if got := w.do("POST /token?grant_type=id_token", token, `{"provider":"trusted","link_identity":true,"id_token":"`+f.trusted.IDToken(nil)+`"}`); got.code() != "manual_linking_disabled" {
			t.Errorf("by an ID token: %s", got.text)
		}
	})
}

// identityID is the id of a user's identity.
func identityID(u map[string]any, provider string) string {
	for _, i := range u["identities"].([]any) {
		if i := i.(map[string]any); i["provider"] == provider {
			return i["identity_id"].(string)
		}
	}
	return ""
}

// TestUnlink: unlinking ends the sessions that began by the identity and removes what it
// added. The last one cannot be unlinked.
func TestUnlink(t *testing.T) {
	providers(t, nil, func(t *testing.T, w *world, f fakes) {
		ada := `{"email":"ada@example.org","password":"a good password"}`
		w.must(200, w.do("POST /signup", "", ada))
		elsewhere := w.must(200, w.tab().session(f.trusted, "trusted"))
		mine := w.must(200, w.do("POST /token?grant_type=password", "", ada))
		other := w.must(200, w.do("POST /token?grant_type=password", "", ada))
		u := userOf(mine)
		late := w.tab()
		underWay := late.login(f.trusted, "trusted", pkce+challengeOf(testVerifier))
		stranger := w.must(200, w.do("POST /signup", "", bob)).str("access_token")
		for _, wrong := range []string{"x", "0192f0c1-2345-7abc-8def-0123456789ab"} {
			if got := w.do("DELETE /user/identities/"+wrong, mine.str("access_token"), ""); got.status != 404 || got.code() != "identity_not_found" {
				t.Errorf("%s: %d %s", wrong, got.status, got.text)
			}
		}
		if got := w.do("DELETE /user/identities/"+identityID(u, "trusted"), stranger, ""); got.code() != "identity_not_found" {
			t.Errorf("of another: %s", got.text)
		}
		w.must(200, w.do("DELETE /user/identities/"+identityID(u, "trusted"), mine.str("access_token"), ""))
		for name, in := range map[string]*answer{"mine": mine, "other": other} {
			if got := w.do("GET /user", in.str("access_token"), ""); got.status != 200 || fmt.Sprint(got.body["app_metadata"]) != "map[provider:email providers:[email]]" {
				t.Errorf("%s: %d %s", name, got.status, got.text)
			}
		}
		if got := w.do("GET /user", elsewhere.str("access_token"), ""); got.code() != "session_not_found" {
			t.Errorf("the session that was begun by it: %d %s", got.status, got.text)
		}
		w.refused(404, "flow_state_not_found", late.exchange(underWay, testVerifier))
		if got := w.do("DELETE /user/identities/"+identityID(u, "email"), mine.str("access_token"), ""); got.status != 422 || got.code() != "single_identity_not_deletable" {
			t.Errorf("the last one: %d %s", got.status, got.text)
		}
	})
}

// TestUnlinkEmail: unlinking the e-mail identity removes the password, and the address too
// unless another identity has it.
func TestUnlinkEmail(t *testing.T) {
	providers(t, nil, func(t *testing.T, w *world, f fakes) {
		link := func(credentials string) map[string]any {
			token := w.must(200, w.do("POST /signup", "", credentials)).str("access_token")
			to := w.must(200, w.linkURL(token, "trusted", pkce+challengeOf(testVerifier))).str("url")
			b := w.tab()
			in := w.must(200, b.exchange(b.open("/callback/trusted?"+f.trusted.Authorize(to).Encode(), nil), testVerifier))
			w.must(200, w.do("DELETE /user/identities/"+identityID(userOf(in), "email"), in.str("access_token"), ""))
			if got := w.do("GET /user", token, ""); got.code() != "session_not_found" {
				t.Errorf("the session by password: %d %s", got.status, got.text)
			}
			if got := w.do("POST /token?grant_type=password", "", credentials); got.code() != "invalid_credentials" {
				t.Errorf("the password: %s", got.text)
			}
			return w.must(200, w.do("GET /user", in.str("access_token"), "")).body
		}
		if u := link(bob); u["email"] != "ada@example.org" || u["email_confirmed_at"] == nil || fmt.Sprint(u["app_metadata"]) != "map[provider:trusted providers:[trusted]]" {
			t.Errorf("user %v", u)
		}
		f.trusted.SetUser(map[string]any{"sub": "second", "email": "second@example.org", "email_verified": false})
		if u := link(`{"email":"second@example.org","password":"a good password"}`); u["email"] != "second@example.org" {
			t.Errorf("user %v", u)
		}
		f.trusted.SetUser(map[string]any{"sub": "third", "email": "third@example.org", "email_verified": false})
		if u := link(`{"email":"fourth@example.org","password":"a good password"}`); u["email"] != "" || u["email_confirmed_at"] != nil {
			t.Errorf("user %v", u)
		}
	})
}

// TestUnlinkOnce: of two identities that are unlinked at once one stays.
func TestUnlinkOnce(t *testing.T) {
	providers(t, nil, func(t *testing.T, w *world, f fakes) {
		w.must(200, w.do("POST /signup", "", `{"email":"ada@example.org","password":"a good password"}`))
		in := w.must(200, w.tab().session(f.trusted, "trusted"))
		var wg sync.WaitGroup
		codes := make([]int, 20)
		for i := range codes {
			wg.Go(func() {
				codes[i] = w.do("DELETE /user/identities/"+identityID(userOf(in), []string{"email", "trusted"}[i%2]), in.str("access_token"), "").status
			})
		}
		wg.Wait()
		done := 0
		for _, code := range codes {
			if code == 200 {
				done++
			}
		}
		if got := w.must(200, w.do("GET /user", in.str("access_token"), "")); done != 1 || len(identitiesOf(got.body)) != 1 {
			t.Errorf("%v leave %v", codes, identitiesOf(got.body))
		}
	})
}

// TestIDToken: an ID token that an app has received opens a session, or is linked.
func TestIDToken(t *testing.T) {
	providers(t, nil, func(t *testing.T, w *world, f fakes) {
		const line = "POST /token?grant_type=id_token"
		body := func(provider, token, more string) string {
			return `{"provider":"` + provider + `","id_token":"` + token + `"` + more + `}`
		}
		in := w.must(200, w.do(line, "", body("trusted", f.trusted.IDToken(nil), "")))
		if u := userOf(in); u["email"] != "ada@example.org" || fmt.Sprint(identitiesOf(u)) != "[trusted]" {
			t.Errorf("user %v", u)
		}
		const hashed = "5ce6e7f4aab4a8b8bb0a4ff3f7ae5bd2c5b4e7b5b3d6f9f2f5a6b5f8b7f3a2c1"
		for name, wrong := range map[string]string{
			"NoProvider":     body("", f.trusted.IDToken(nil), ""),
			"NoToken":        body("trusted", "", ""),
			"Unknown":        body("nobody", f.trusted.IDToken(nil), ""),
			"OfAnother":      body("trusted", f.other.IDToken(nil), ""),
			"ForAnother":     body("trusted", f.trusted.IDToken(map[string]any{"aud": "another"}), ""),
			"Expired":        body("trusted", f.trusted.IDToken(map[string]any{"exp": time.Now().Add(-time.Hour).Unix()}), ""),
			"Nonce":          body("trusted", f.trusted.IDToken(map[string]any{"nonce": hashed}), `,"nonce":"another"`),
			"NonceInToken":   body("trusted", f.trusted.IDToken(map[string]any{"nonce": hashed}), ""),
			"NonceInBody":    body("trusted", f.trusted.IDToken(nil), `,"nonce":"x"`),
			"AccessToken":    body("trusted", f.trusted.AccessToken(nil), ""),
			"OfOurs":         body("trusted", in.str("access_token"), ""),
			"Nonsense":       body("trusted", "x", ""),
			"LinkNoBoolean":  body("trusted", f.trusted.IDToken(nil), `,"link_identity":"yes"`),
			"ProviderNumber": `{"provider":1,"id_token":"x"}`,
		} {
			if got := w.do(line, "", wrong); got.status != 400 || got.body["access_token"] != nil {
				t.Errorf("%s: %d %s", name, got.status, got.text)
			}
		}
		token := w.must(200, w.do("POST /signup", "", bob)).str("access_token")
		if got := w.do(line, "", body("other", f.other.IDToken(nil), `,"link_identity":true`)); got.status != 401 {
			t.Errorf("linking without a session: %d %s", got.status, got.text)
		}
		linked := w.must(200, w.do(line, token, body("other", f.other.IDToken(nil), `,"link_identity":true`)))
		if u := userOf(linked); u["email"] != "bob@example.org" || fmt.Sprint(identitiesOf(u)) != "[email other]" {
			t.Errorf("user %v", u)
		}
	})
}

// TestProviderClosed: with sign-up closed a login makes no account and opens existing ones.
func TestProviderClosed(t *testing.T) {
	providers(t, func(c *accounts.Config) { c.DisableSignup = true }, func(t *testing.T, w *world, f fakes) {
		w.tab().refused("closed", "signup_disabled", siteURL, w.tab().login(f.trusted, "trusted", ""))
		got := w.do("POST /token?grant_type=id_token", "", `{"provider":"trusted","id_token":"`+f.trusted.IDToken(nil)+`"}`)
		if got.status != 422 || got.code() != "signup_disabled" {
			t.Errorf("by an ID token: %d %s", got.status, got.text)
		}
	})
}

// TestProviderBanned: a banned user cannot log in by any flow of a provider.
func TestProviderBanned(t *testing.T) {
	providers(t, nil, func(t *testing.T, w *world, f fakes) {
		w.must(200, w.do("POST /signup", "", `{"email":"ada@example.org","password":"a good password"}`))
		ban := func(until *time.Time) { w.sql(`update auth_users set banned_until = ?`, until) }
		later := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
		ban(&later)
		w.tab().refused("by address", "user_banned", siteURL, w.tab().login(f.trusted, "trusted", ""))
		ban(nil)
		b := w.tab()
		p := b.login(f.trusted, "trusted", pkce+challengeOf(testVerifier))
		ban(&later)
		w.tab().refused("by identity", "user_banned", siteURL, w.tab().login(f.trusted, "trusted", ""))
		if got := b.exchange(p, testVerifier); got.code() != "user_banned" {
			t.Errorf("with a code of before: %s", got.text)
		}
	})
}

// TestProviderHook: BeforeSignUp runs before a login makes an account.
func TestProviderHook(t *testing.T) {
	hook := func(_ context.Context, s *accounts.SignUp) error {
		if s.Email == "" {
			return accounts.Refuse("Members only")
		}
		if s.Method != "trusted" || s.Email != "ada@example.org" || s.UserMetadata["full_name"] != "Ada Lovelace" {
			return fmt.Errorf("asked about %+v", s)
		}
		delete(s.UserMetadata, "full_name")
		s.AppMetadata["plan"] = "free"
		return nil
	}
	providers(t, func(c *accounts.Config) { c.BeforeSignUp = hook }, func(t *testing.T, w *world, f fakes) {
		w.tab().refused("refused", "refused_by_application", siteURL, w.tab().login(f.other, "other", ""))
		for range 2 {
			u := userOf(w.must(200, w.tab().session(f.trusted, "trusted")))
			if fmt.Sprint(u["app_metadata"]) != "map[plan:free provider:trusted providers:[trusted]]" || u["user_metadata"].(map[string]any)["full_name"] != nil {
				t.Errorf("user %v", u)
			}
		}
	})
}

// TestProviderSecrets: the rows of a login contain nothing that can be used by itself.
func TestProviderSecrets(t *testing.T) {
	y := yes{finished: make(chan struct{}, 1000)}
	engines(t, func(c *accounts.Config) { c.Providers = []accounts.Provider{y} }, func(t *testing.T, w *world) {
		b := w.tab()
		state := b.open("/authorize?provider=yes"+pkce+challengeOf(testVerifier), nil).query("state")
		p := b.open("/callback/yes?code=x&state="+state, nil)
		var rows []string
		if err := w.db.Bun().NewRaw(`select cast(data as text) from auth_codes`).Scan(t.Context(), &rows); err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			for _, secret := range []string{state, "refresh", b.cookies["__Host-plinth-login"], p.query("code"), "verifier"} {
				if strings.Contains(row, secret) {
					t.Errorf("%q is in %s", secret, row)
				}
			}
		}
		if in := w.must(200, b.exchange(p, testVerifier)); in.str("provider_token") != "access" || in.str("provider_refresh_token") != "refresh" {
			t.Errorf("session %s", in.text)
		}
		if got := b.exchange(p, testVerifier); got.code() != "flow_state_not_found" {
			t.Errorf("the code again: %s", got.text)
		}
	})
}

// TestSettings: the settings list what a login page may offer, and discovery says where the
// keys are.
func TestSettings(t *testing.T) {
	providers(t, nil, func(t *testing.T, w *world, _ fakes) {
		external := w.must(200, w.do("GET /settings", "", "")).body["external"].(map[string]any)
		if external["trusted"] != true || external["other"] != true || external["email"] != true || external["google"] != nil {
			t.Errorf("external %v", external)
		}
		for _, path := range []string{"openid-configuration", "oauth-authorization-server"} {
			doc := w.must(200, w.do("GET /.well-known/"+path, "", ""))
			if doc.str("issuer") != publicURL || doc.str("jwks_uri") != publicURL+"/.well-known/jwks.json" {
				t.Errorf("%s: %s", path, doc.text)
			}
		}
	})
}
