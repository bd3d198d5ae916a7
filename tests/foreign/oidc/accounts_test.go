package oidc_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/auth/password"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/storetest"
)

// application is accounts behind a server, which has an address before it has
// accounts: the provider has to know it.
type application struct {
	url     string
	handler http.Handler
}

func newApplication(t *testing.T) *application {
	t.Helper()
	app := new(application)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { app.handler.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	app.url = server.URL
	return app
}

// open gives the application accounts.
func (app *application) open(t *testing.T, providers ...accounts.Provider) {
	t.Helper()
	db := storetest.New(t)
	a, err := accounts.New(db, accounts.Config{
		MasterKeys: [][]byte{[]byte("0123456789abcdef0123456789abcdef")}, PublicURL: app.url, SiteURL: "https://notes.example",
		Autoconfirm: true, ManualLinking: true, Providers: providers, Hashes: password.Config{Memory: 64, Time: 1},
		Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	m, err := migrate.New(db, accounts.Migrations())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	app.handler = a
}

// call sends a request as a client does, and returns what it is answered.
func (app *application) call(t *testing.T, line, token, body string) (status int, answer map[string]any) {
	t.Helper()
	method, path, _ := strings.Cut(line, " ")
	r, err := http.NewRequestWithContext(t.Context(), method, app.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() // it was read
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		t.Fatalf("%s answers %d %s", line, res.StatusCode, raw)
	}
	return res.StatusCode, answer
}

const appVerifier = "a-verifier-of-at-least-43-characters-0123456789"

// challenge is the query of a client with PKCE.
func challenge() string {
	sum := sha256.Sum256([]byte(appVerifier))
	return "&code_challenge_method=s256&code_challenge=" + base64.RawURLEncoding.EncodeToString(sum[:])
}

// exchange exchanges the code that a browser has come back with.
func (app *application) exchange(t *testing.T, back *url.URL) map[string]any {
	t.Helper()
	if back == nil || back.Host != "notes.example" || back.Query().Get("code") == "" {
		t.Fatalf("the browser is at %v", back)
	}
	status, session := app.call(t, "POST /token?grant_type=pkce", "", `{"auth_code":"`+back.Query().Get("code")+`","code_verifier":"`+appVerifier+`"}`)
	if status != http.StatusOK {
		t.Fatalf("exchange: %d %v", status, session)
	}
	return session
}

// testAccounts logs in, links and takes off, with everything real but the network.
func testAccounts(t *testing.T, app *application, f foreign) {
	var c clock
	app.open(t, newProvider(t, f.Issuer, "es256", clientSecret, &c), named(t, "twin", f.Twin, "es256", clientSecret, &c))
	login := func() map[string]any {
		back, page := newBrowser(t).open(app.url + "/authorize?provider=foreign" + challenge())
		if back == nil {
			t.Fatal(page)
		}
		return app.exchange(t, back)
	}

	// Ada's login is linked to Bob's account, and leads to it.
	_, bob := app.call(t, "POST /signup", "", `{"email":"bob@example.org","password":"a good password"}`)
	token := bob["access_token"].(string)
	status, link := app.call(t, "GET /user/identities/authorize?provider=foreign&skip_http_redirect=true"+challenge(), token, "")
	if status != http.StatusOK || !strings.HasPrefix(link["url"].(string), f.Issuer) {
		t.Fatalf("link: %d %v", status, link)
	}
	back, _ := newBrowser(t).open(link["url"].(string))
	user := app.exchange(t, back)["user"].(map[string]any)
	identities := user["identities"].([]any)
	if user["email"] != "bob@example.org" || len(identities) != 2 || identities[1].(map[string]any)["id"] != "ada" {
		t.Fatalf("linked: %v", user)
	}
	in := login()
	if in["user"].(map[string]any)["id"] != user["id"] || in["provider_token"] == "" {
		t.Errorf("login: %v", in)
	}

	// Without it Ada has an account of her own.
	id := identities[1].(map[string]any)["identity_id"].(string)
	if status, answer := app.call(t, "DELETE /user/identities/"+id, token, ""); status != http.StatusOK {
		t.Fatalf("unlink: %d %v", status, answer)
	}
	if status, _ := app.call(t, "GET /user", in["access_token"].(string), ""); status != http.StatusForbidden {
		t.Errorf("the session that was begun by it: %d", status)
	}
	ada := login()["user"].(map[string]any)
	if ada["id"] == user["id"] || ada["email"] != "ada@example.org" || ada["user_metadata"].(map[string]any)["full_name"] != "Ada Lovelace" {
		t.Errorf("ada: %v", ada)
	}

	// Without PKCE the tokens come in the fragment.
	back, _ = newBrowser(t).open(app.url + "/authorize?provider=foreign")
	tokens, err := url.ParseQuery(back.Fragment)
	if err != nil || tokens.Get("provider_token") == "" {
		t.Fatalf("implicit: %v", back)
	}
	if status, me := app.call(t, "GET /user", tokens.Get("access_token"), ""); status != http.StatusOK || me["id"] != ada["id"] {
		t.Errorf("implicit: %d %v", status, me)
	}

	// The keys of the provider change.
	f.rotate(t, "")
	c.advance(31 * time.Second)
	if again := login()["user"].(map[string]any); again["id"] != ada["id"] {
		t.Errorf("with a new key: %v", again)
	}

	// The twin says it is another issuer than answers.
	back, _ = newBrowser(t).open(app.url + "/authorize?provider=twin" + challenge())
	if back == nil || back.Query().Get("error_code") != "bad_oauth_callback" || back.Query().Get("code") != "" {
		t.Errorf("the twin: %v", back)
	}
}
