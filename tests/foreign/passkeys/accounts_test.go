package passkeys_test

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/auth/passkey"
	"github.com/seed-7694ebf6/plinth/auth/password"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// bundle is supabase-js for browsers, where the tests of tests/foreign/clients have it.
const bundle = "../clients/node_modules/@supabase/supabase-js/dist/umd/supabase.js"

// TestAccounts: supabase-js in a browser registers passkeys with accounts, logs in and
// steps up with them, on both engines.
func TestAccounts(t *testing.T) {
	t.Parallel()
	programtest.File(t, "npm-packages", bundle, "npm --prefix tests/foreign/clients ci")
	storetest.Engines(t, pgtest.Source(), func(t *testing.T, db *store.DB) {
		page := start(t)
		page.authenticator()
		origin := serveAccounts(t, db)
		page.Visit(origin)
		c := &client{t: t, page: page}
		if _, err := page.Run(setup); err != nil {
			t.Fatal(err)
		}
		c.signIn()
		c.stepUp()
		c.manage()
		c.secondFactor()
	})
}

// serveAccounts serves a page with supabase-js, and accounts beside it.
func serveAccounts(t *testing.T, db *store.DB) (origin string) {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	origin = "http://localhost:" + port
	party, err := passkey.New(passkey.Config{RPID: "localhost", Name: "Example", Origins: []string{origin}})
	if err != nil {
		t.Fatal(err)
	}
	a, err := accounts.New(db, accounts.Config{
		MasterKeys: [][]byte{[]byte("0123456789abcdef0123456789abcdef")}, PublicURL: origin + "/auth/v1", SiteURL: origin, Autoconfirm: true,
		Hashes: password.Config{Memory: 64, Time: 1}, Passkeys: party.Plain(),
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
	mux := http.NewServeMux()
	mux.Handle("/auth/v1/", http.StripPrefix("/auth/v1", a))
	mux.HandleFunc("/supabase.js", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, bundle) })
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, `<!doctype html><title>Example</title><script src="/supabase.js"></script>`)
	})
	server.Config.Handler = mux
	server.Start()
	t.Cleanup(server.Close)
	return origin
}

// setup makes a client. done gives what a call answers, failed the code of its error,
// and level the levels of a session and the methods it was reached by.
const setup = `
	const {auth} = supabase.createClient(location.origin, "key", {auth: {experimental: {passkey: true}}})
	const done = async call => { const {data, error} = await call; if (error) throw error; return data }
	const failed = async call => (await call).error?.code
	const level = async () => {
		const l = await done(auth.mfa.getAuthenticatorAssuranceLevel())
		return [l.currentLevel, l.nextLevel, ...l.currentAuthenticationMethods.map(m => m.method)]
	}
	const ann = {email: "ann@example.org", password: "a good password"}
	Object.assign(globalThis, {auth, done, failed, level, ann})
	true`

// client is supabase-js on a page.
type client struct {
	t    *testing.T
	page *browser
}

// returns fails the test unless a function of the page returns what is wanted.
func (c *client) returns(what, body string, want ...any) {
	c.t.Helper()
	text, err := c.page.Run("(async () => JSON.stringify(await (async () => {" + body + "})()))()")
	if err != nil {
		c.t.Fatalf("%s: %v", what, err)
	}
	var got []any
	if err := json.Unmarshal([]byte(text), &got); err != nil || !reflect.DeepEqual(got, want) {
		c.t.Errorf("%s: %s, want %v", what, text, want)
	}
}

func (c *client) signIn() {
	c.returns("sign-up", `await done(auth.signUp(ann)); return level()`, "aal1", "aal1", "password")
	c.returns("registerPasskey", `const key = await done(auth.registerPasskey()); return [typeof key.id, key.friendly_name, ...await level()]`,
		"string", "Passkey", "aal1", "aal1", "password")
	c.returns("registerPasskey with an authenticator that has one", `
		await done(auth.signOut()); await done(auth.signInWithPasskey()); return [(await auth.registerPasskey()).error.name]`, "InvalidStateError")
	c.returns("signInWithPasskey", `
		await done(auth.signOut())
		const {session, user} = await done(auth.signInWithPasskey())
		return [user.email, session.user.id === user.id, ...await level()]`,
		"ann@example.org", true, "aal2", "aal2", "passkey")
	c.returns("refreshSession", `await done(auth.refreshSession()); return level()`, "aal2", "aal2", "passkey")
}

func (c *client) stepUp() {
	c.returns("a login by password", `await done(auth.signOut()); await done(auth.signInWithPassword(ann)); return level()`, "aal1", "aal2", "password")
	c.returns("another passkey", `return [await failed(auth.registerPasskey())]`, "insufficient_aal")
	c.returns("mfa.webauthn.authenticate", `
		const {webauthn} = await done(auth.mfa.listFactors())
		await done(auth.mfa.webauthn.authenticate({factorId: webauthn[0].id}))
		return [webauthn.length, ...await level()]`,
		1.0, "aal2", "aal2", "mfa/webauthn", "password")
}

func (c *client) manage() {
	c.returns("passkey.update", `
		const [key] = await done(auth.passkey.list())
		await done(auth.passkey.update({passkeyId: key.id, friendlyName: "My telephone"}))
		return (await done(auth.passkey.list())).map(k => [k.friendly_name, typeof k.last_used_at])`,
		[]any{"My telephone", "string"})
	c.returns("passkey.delete", `
		const [key] = await done(auth.passkey.list())
		await done(auth.passkey.delete({passkeyId: key.id}))
		await done(auth.refreshSession()) // the session is back at level 1
		return [await done(auth.passkey.list()), await failed(auth.signInWithPasskey())]`,
		[]any{}, "webauthn_verification_failed")
}

func (c *client) secondFactor() {
	c.page.securityKey()
	c.returns("mfa.webauthn.register", `
		await done(auth.signOut())
		await done(auth.signUp({email: "bob@example.org", password: "a good password"}))
		await done(auth.mfa.webauthn.register({friendlyName: "Key ring"}))
		const {all} = await done(auth.mfa.listFactors())
		return [all.length, all[0].factor_type, all[0].status, all[0].friendly_name, ...await level()]`,
		1.0, "webauthn", "verified", "Key ring", "aal2", "aal2", "mfa/webauthn", "password")
	c.returns("mfa.unenroll", `
		const {all: [factor]} = await done(auth.mfa.listFactors())
		await done(auth.mfa.unenroll({factorId: factor.id}))
		await done(auth.refreshSession())
		return [(await done(auth.mfa.listFactors())).all.length, (await level())[0]]`,
		0.0, "aal1")
}
