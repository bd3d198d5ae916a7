package accounts_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/auth/passkey"
)

// addPasskey registers a passkey for the user of a token.
func (w *world) addPasskey(token string) (id string, key *authenticator) {
	w.t.Helper()
	key = newAuthenticator(w.t)
	asked := w.must(200, w.do("POST /passkeys/registration/options", token, "{}"))
	made := w.must(200, w.do("POST /passkeys/registration/verify", token,
		fmt.Sprintf(`{"challenge_id":%q,"credential":%s}`, asked.str("challenge_id"), key.creates(readOptions(w.t, asked.body["options"]), spoiled{}))))
	return made.str("id"), key
}

// beginLogin begins a login by passkey.
func (w *world) beginLogin() (challenge string, o options) {
	w.t.Helper()
	asked := w.must(200, w.do("POST /passkeys/authentication/options", "", `{"gotrue_meta_security":{}}`))
	return asked.str("challenge_id"), readOptions(w.t, asked.body["options"])
}

func (w *world) endLogin(challenge, credential string) *answer {
	w.t.Helper()
	return w.do("POST /passkeys/authentication/verify", "", fmt.Sprintf(`{"challenge_id":%q,"credential":%s}`, challenge, credential))
}

// passkeyLogin logs in by a passkey.
func (w *world) passkeyLogin(key *authenticator) *answer {
	w.t.Helper()
	challenge, o := w.beginLogin()
	return w.endLogin(challenge, key.asserts(o, spoiled{}))
}

// beginStepUp asks a session for the passkey of a factor.
func (w *world) beginStepUp(token, factor string) (challenge string, o options) {
	w.t.Helper()
	asked := w.must(200, w.do("POST /factors/"+factor+"/challenge", token, `{"webauthn":{"rpId":"evil.test","rpOrigins":["https://evil.test"]}}`))
	shown := asked.body["webauthn"].(map[string]any)
	if asked.str("type") != "webauthn" || shown["type"] != "request" {
		w.t.Fatalf("challenge %s", asked.text)
	}
	return asked.str("id"), readOptions(w.t, shown["credential_options"].(map[string]any)["publicKey"])
}

func (w *world) endStepUp(token, factor, challenge, credential string) *answer {
	w.t.Helper()
	return w.do("POST /factors/"+factor+"/verify", token,
		fmt.Sprintf(`{"challenge_id":%q,"webauthn":{"type":"request","rpId":"evil.test","credential_response":%s}}`, challenge, credential))
}

func TestPasskeys(t *testing.T) {
	engines(t, withPasskeys, func(t *testing.T, w *world) {
		up := w.must(200, w.do("POST /signup", "", ann))
		token := up.str("access_token")
		id, key := w.addPasskey(token)
		w.must(200, w.do("GET /user", token, "")) // the session stays
		if got := w.mail(accounts.MailNotice, "ann@example.org"); got.values["change"] != "factor_added" {
			t.Errorf("notice %v", got.values)
		}
		in := w.must(200, w.passkeyLogin(key))
		if got := w.level(in.str("access_token")); got != "aal2 passkey" {
			t.Errorf("level %s", got)
		}
		user := in.body["user"].(map[string]any)
		factor := user["factors"].([]any)[0].(map[string]any)
		if user["email"] != "ann@example.org" || factor["factor_type"] != "webauthn" || factor["status"] != "verified" || factor["id"] != id {
			t.Errorf("user %v", user)
		}
		token = in.str("access_token")
		second, other := w.addPasskey(token)
		got := w.do("PATCH /passkeys/"+second, token, `{"friendly_name":"Key ring"}`)
		if w.must(200, got); got.str("friendly_name") != "Key ring" || got.str("id") != second {
			t.Errorf("renamed %s", got.text)
		}
		w.refused(422, "mfa_factor_name_conflict", w.do("PATCH /passkeys/"+second, token, `{"friendly_name":"Passkey"}`))
		w.refused(400, "validation_failed", w.do("PATCH /passkeys/"+second, token, `{"friendly_name":""}`))
		if list := w.list("GET /passkeys", token); len(list) != 2 || list[0]["friendly_name"] != "Passkey" || list[1]["friendly_name"] != "Key ring" || list[0]["last_used_at"] == nil {
			t.Errorf("list %v", list)
		}
		asked := w.must(200, w.do("POST /passkeys/registration/options", token, ""))
		if o := readOptions(t, asked.body["options"]); len(o.Exclude) != 2 {
			t.Errorf("excluded %v", o.Exclude)
		}

		// A deleted one is dead at once, also in a ceremony that began before.
		challenge, o := w.beginLogin()
		w.refused(401, "insufficient_aal", w.do("DELETE /passkeys/"+id, w.login().str("access_token"), ""))
		w.must(http.StatusNoContent, w.do("DELETE /passkeys/"+second, token, ""))
		w.refused(400, "webauthn_verification_failed", w.endLogin(challenge, other.asserts(o, spoiled{})))
		w.refused(404, "webauthn_credential_not_found", w.do("DELETE /passkeys/"+second, token, ""))
		w.refused(404, "webauthn_credential_not_found", w.do("PATCH /passkeys/x", token, ""))
		w.must(200, w.passkeyLogin(key))
	})
}

// TestPasskeyEndsLesser: adding a passkey ends the other sessions with a lower level than
// the account can now require.
func TestPasskeyEndsLesser(t *testing.T) {
	engines(t, withPasskeys, func(t *testing.T, w *world) {
		here := w.must(200, w.do("POST /signup", "", ann))
		there := w.login()
		_, key := w.addPasskey(here.str("access_token"))
		w.refused(403, "session_not_found", w.do("GET /user", there.str("access_token"), ""))
		w.refused(400, "session_expired", w.do(refreshLine, "", refreshBody(there.str("refresh_token"))))
		here = w.must(200, w.do(refreshLine, "", refreshBody(here.str("refresh_token"))))
		w.must(200, w.do("GET /user", here.str("access_token"), ""))

		strong, other := w.must(200, w.passkeyLogin(key)), w.must(200, w.passkeyLogin(key))
		w.addPasskey(strong.str("access_token"))
		w.refused(403, "session_not_found", w.do("GET /user", here.str("access_token"), ""))
		for _, in := range []*answer{strong, other} {
			w.must(200, w.do("GET /user", in.str("access_token"), ""))
		}
	})
}

// list sends a request that is answered by an array.
func (w *world) list(line, token string) (out []map[string]any) {
	w.t.Helper()
	got := w.must(200, w.do(line, token, ""))
	if err := json.Unmarshal([]byte(got.text), &out); err != nil {
		w.t.Fatalf("%v in %s", err, got.text)
	}
	return out
}

// TestWebAuthnFactor: supabase-js enrolls a passkey as a second factor.
func TestWebAuthnFactor(t *testing.T) {
	engines(t, withPasskeys, func(t *testing.T, w *world) {
		token := w.must(200, w.do("POST /signup", "", ann)).str("access_token")
		made := w.must(200, w.do("POST /factors", token, `{"factor_type":"webauthn","friendly_name":"laptop"}`))
		id := made.str("id")
		if made.str("type") != "webauthn" || made.str("friendly_name") != "laptop" {
			t.Errorf("enrolled %s", made.text)
		}
		key := newAuthenticator(t)
		asked := w.must(200, w.do("POST /factors/"+id+"/challenge", token, `{"factorId":"`+id+`","webauthn":{"rpId":"evil.test"}}`))
		shown := asked.body["webauthn"].(map[string]any)
		if shown["type"] != "create" || asked.str("type") != "webauthn" || asked.body["expires_at"] != float64(w.now.Load()/1e9+300) {
			t.Errorf("challenge %s", asked.text)
		}
		created := key.creates(readOptions(t, shown["credential_options"].(map[string]any)["publicKey"]), spoiled{})
		body := fmt.Sprintf(`{"challenge_id":%q,"webauthn":{"type":"create","rpId":"evil.test","rpOrigins":[],"credential_response":%s}}`, asked.str("id"), created)
		for _, wrong := range []string{
			`{"challenge_id":"x","code":"123456"}`, `{"challenge_id":"x","webauthn":{}}`, `{"challenge_id":"x","webauthn":{"type":"create"}}`,
			`{"challenge_id":"x","webauthn":{"type":"make","credential_response":{}}}`, `{"challenge_id":"x","webauthn":{"type":"create","credential_response":"{}"}}`,
		} {
			w.refused(400, "validation_failed", w.do("POST /factors/"+id+"/verify", token, wrong))
		}
		in := w.must(200, w.do("POST /factors/"+id+"/verify", token, body))
		if got := w.level(in.str("access_token")); got != "aal2 mfa/webauthn password" {
			t.Errorf("level %s", got)
		}
		w.refused(422, "mfa_challenge_expired", w.do("POST /factors/"+id+"/verify", in.str("access_token"), body)) // replayed

		// The same authenticator for another user.
		bob := w.must(200, w.do("POST /signup", "", strings.ReplaceAll(ann, "ann@", "bob@"))).str("access_token")
		asked = w.must(200, w.do("POST /passkeys/registration/options", bob, ""))
		w.refused(422, "webauthn_credential_exists", w.do("POST /passkeys/registration/verify", bob,
			fmt.Sprintf(`{"challenge_id":%q,"credential":%s}`, asked.str("challenge_id"), key.creates(readOptions(t, asked.body["options"]), spoiled{}))))

		key.handle = nil
		late := w.login().str("access_token")
		challenge, o := w.beginStepUp(late, id)
		if len(o.Allow) != 1 || o.Allow[0].ID != b64(key.id) {
			t.Errorf("asked for %v", o.Allow)
		}
		stepped := w.must(200, w.endStepUp(late, id, challenge, key.asserts(o, spoiled{handle: []byte(nil)})))
		if got := w.level(stepped.str("access_token")); got != "aal2 mfa/webauthn password" {
			t.Errorf("step-up: %s", got)
		}
	})
}

// TestA59 is case A-59: no invalid assertion logs in, and each uses up its challenge.
func TestA59(t *testing.T) {
	engines(t, withPasskeys, func(t *testing.T, w *world) {
		annID, annKey := w.addPasskey(w.must(200, w.do("POST /signup", "", ann)).str("access_token"))
		bob := strings.ReplaceAll(ann, "ann@", "bob@")
		_, bobKey := w.addPasskey(w.must(200, w.do("POST /signup", "", bob)).str("access_token"))
		token := w.login().str("access_token")
		tests := []struct {
			name  string
			wrong spoiled
			key   *authenticator // nil: Ann's
			login bool           // wrong for a login as well
		}{
			{name: "wrong origin", wrong: spoiled{origin: "https://evil.test"}, login: true},
			{name: "origin without TLS", wrong: spoiled{origin: "http://example.test"}, login: true},
			{name: "wrong rpId", wrong: spoiled{rpID: "evil.test"}, login: true},
			{name: "no user verification", wrong: spoiled{flags: userVerified}, login: true},
			{name: "nobody there", wrong: spoiled{flags: userPresent}, login: true},
			{name: "wrong signature", wrong: spoiled{signature: true}, login: true},
			{name: "counter back", wrong: spoiled{counter: 2}, login: true},
			{name: "other user's credential", key: bobKey},
			{name: "other user's id", wrong: spoiled{id: bobKey.id}, login: true},
			{name: "other user's handle", wrong: spoiled{handle: bobKey.handle}, login: true},
			{name: "unknown credential", wrong: spoiled{id: make([]byte, 32)}, login: true},
		}
		w.must(200, w.passkeyLogin(annKey)) // the counter is 2
		for _, tt := range tests {
			key := annKey
			if tt.key != nil {
				key = tt.key
			}
			if tt.login {
				challenge, o := w.beginLogin()
				w.denied(tt.name+" at login", w.endLogin(challenge, key.asserts(o, tt.wrong)))
				w.refused(400, "webauthn_challenge_not_found", w.endLogin(challenge, annKey.asserts(o, spoiled{}))) // spent
			}
			challenge, o := w.beginStepUp(token, annID)
			w.denied(tt.name+" at step-up", w.endStepUp(token, annID, challenge, key.asserts(o, tt.wrong)))
			w.refused(422, "mfa_challenge_expired", w.endStepUp(token, annID, challenge, annKey.asserts(o, spoiled{})))
		}

		// Replays, and challenges of other ceremonies.
		challenge, o := w.beginLogin()
		used := annKey.asserts(o, spoiled{})
		w.must(200, w.endLogin(challenge, used))
		w.denied("replay", w.endLogin(challenge, used))
		next, _ := w.beginLogin()
		w.denied("replay with a new challenge's id", w.endLogin(next, used))
		challenge, o = w.beginLogin()
		loginAnswer := annKey.asserts(o, spoiled{})
		stepUp, _ := w.beginStepUp(token, annID)
		w.denied("login's answer at step-up", w.endStepUp(token, annID, stepUp, loginAnswer))
		w.denied("login's challenge at step-up", w.endStepUp(token, annID, challenge, loginAnswer))
		stepUp, stepUpOptions := w.beginStepUp(token, annID)
		stepUpAnswer := annKey.asserts(stepUpOptions, spoiled{})
		w.denied("step-up's challenge at login", w.endLogin(stepUp, stepUpAnswer))
		w.denied("step-up's answer at login", w.endLogin(challenge, stepUpAnswer))
		w.denied("step-up's challenge in another session", w.endStepUp(w.login().str("access_token"), annID, stepUp, stepUpAnswer))
		reg := w.must(200, w.do("POST /passkeys/registration/options", w.must(200, w.passkeyLogin(annKey)).str("access_token"), ""))
		w.denied("registration's challenge at login", w.endLogin(reg.str("challenge_id"), annKey.asserts(readOptions(t, reg.body["options"]), spoiled{})))
		challenge, o = w.beginLogin()
		w.advance(5 * time.Minute)
		w.denied("too late", w.endLogin(challenge, annKey.asserts(o, spoiled{})))

		// A step-up without an assertion, or with one of another factor's type.
		token = w.login().str("access_token")
		stepUp, _ = w.beginStepUp(token, annID)
		for _, body := range []string{`{}`, `{"code":"123456"}`, `{"webauthn":{"type":"request","credential_response":{}}}`, `{"webauthn":{"type":"create","credential_response":{}}}`, `{"webauthn":{"type":"request"}}`} {
			full := strings.Replace(body, "{", fmt.Sprintf(`{"challenge_id":%q,`, stepUp), 1)
			w.denied("step-up by "+body, w.do("POST /factors/"+annID+"/verify", token, strings.Replace(full, ",}", "}", 1)))
		}
		for _, v := range w.must(200, w.do("GET /user/sessions", token, "")).body["sessions"].([]any) {
			if s := v.(map[string]any); s["current"] == true && s["aal"] != "aal1" {
				t.Errorf("the session is at %v", s["aal"])
			}
		}
		w.must(200, w.passkeyLogin(annKey))
	})
}

// denied fails the test unless an answer is a refusal without a session.
func (w *world) denied(name string, got *answer) {
	w.t.Helper()
	if got.status < 400 || got.status >= 500 || got.str("access_token") != "" {
		w.t.Errorf("%s: %d %s", name, got.status, got.text)
	}
}

// TestCopiedPasskey: a counter that goes back is reported, and the passkey stays as it was.
func TestCopiedPasskey(t *testing.T) {
	engines(t, withPasskeys, func(t *testing.T, w *world) {
		_, key := w.addPasskey(w.must(200, w.do("POST /signup", "", ann)).str("access_token"))
		w.must(200, w.passkeyLogin(key))
		challenge, o := w.beginLogin()
		w.refused(400, "webauthn_verification_failed", w.endLogin(challenge, key.asserts(o, spoiled{counter: 2})))
		var n int
		if err := w.db.Bun().NewRaw("select count(*) from auth_events where kind = 'passkey_copied'").Scan(t.Context(), &n); err != nil || n != 1 {
			t.Errorf("%d events: %v", n, err)
		}
		w.must(200, w.passkeyLogin(key))
	})
}

// TestPasskeyAtOnce: of 50 requests with one assertion one succeeds, at login, at step-up
// and at a registration.
func TestPasskeyAtOnce(t *testing.T) {
	engines(t, withPasskeys, func(t *testing.T, w *world) {
		once := func(name string, use func() *answer) {
			t.Helper()
			var passed atomic.Int32
			var wg sync.WaitGroup
			for range 50 {
				wg.Go(func() {
					if got := use(); got.status == 200 {
						passed.Add(1)
					} else if got.status >= 500 {
						t.Errorf("%s: %d %s", name, got.status, got.text)
					}
				})
			}
			wg.Wait()
			if passed.Load() != 1 {
				t.Errorf("%s: %d of 50", name, passed.Load())
			}
		}
		id, key := w.addPasskey(w.must(200, w.do("POST /signup", "", ann)).str("access_token"))
		challenge, o := w.beginLogin()
		credential := key.asserts(o, spoiled{})
		once("login", func() *answer { return w.endLogin(challenge, credential) })

		token := w.login().str("access_token")
		challenge, o = w.beginStepUp(token, id)
		credential = key.asserts(o, spoiled{})
		once("step-up", func() *answer { return w.endStepUp(token, id, challenge, credential) })

		token = w.must(200, w.passkeyLogin(key)).str("access_token")
		asked := w.must(200, w.do("POST /passkeys/registration/options", token, ""))
		body := fmt.Sprintf(`{"challenge_id":%q,"credential":%s}`, asked.str("challenge_id"), newAuthenticator(t).creates(readOptions(t, asked.body["options"]), spoiled{}))
		once("registration", func() *answer { return w.do("POST /passkeys/registration/verify", token, body) })
		if n := len(w.list("GET /passkeys", token)); n != 2 {
			t.Errorf("%d passkeys", n)
		}
	})
}

// TestPasskeysRefused: invalid registrations and callers without permission are refused.
func TestPasskeysRefused(t *testing.T) {
	engines(t, func(c *accounts.Config) { withPasskeys(c); c.Anonymous = true }, func(t *testing.T, w *world) {
		up := w.must(200, w.do("POST /signup", "", ann))
		token := up.str("access_token")
		for _, line := range []string{"POST /passkeys/registration/options", "POST /passkeys/registration/verify", "GET /passkeys"} {
			w.refused(401, "no_authorization", w.do(line, "", ""))
		}
		guest := w.must(200, w.do("POST /signup", "", "{}")).str("access_token")
		w.refused(401, "no_authorization", w.do("POST /passkeys/registration/options", guest, ""))
		for _, body := range []string{`{}`, `{"challenge_id":"x"}`, `{"credential":{}}`, `{"challenge_id":"x","credential":"{}"}`, `{"challenge_id":1,"credential":{}}`} {
			w.refused(400, "validation_failed", w.do("POST /passkeys/authentication/verify", "", body))
			w.refused(400, "validation_failed", w.do("POST /passkeys/registration/verify", token, body))
		}
		// A registration belongs to its session.
		asked := w.must(200, w.do("POST /passkeys/registration/options", token, ""))
		body := fmt.Sprintf(`{"challenge_id":%q,"credential":%s}`, asked.str("challenge_id"), newAuthenticator(t).creates(readOptions(t, asked.body["options"]), spoiled{}))
		w.refused(400, "webauthn_challenge_not_found", w.do("POST /passkeys/registration/verify", w.login().str("access_token"), body))
		w.refused(400, "webauthn_challenge_not_found", w.do("POST /passkeys/registration/verify", token, body)) // and is spent

		// Who has a factor shows it before there is another one.
		p := w.enroll(token, "phone")
		in := w.must(200, w.verify(token, p, p.code(w, 0)))
		late := w.login().str("access_token")
		w.refused(401, "insufficient_aal", w.do("POST /passkeys/registration/options", late, ""))
		w.refused(401, "insufficient_aal", w.do("POST /passkeys/registration/verify", late, ""))
		_, key := w.addPasskey(in.str("access_token"))

		// Banned users have no way around.
		if _, err := w.db.Bun().NewRaw("update auth_users set banned_until = '2100-01-01T00:00:00.000000+00:00'").Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.refused(400, "user_banned", w.passkeyLogin(key))
	})
}

func TestNoPasskeys(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		token := w.must(200, w.do("POST /signup", "", ann)).str("access_token")
		for _, line := range []string{"POST /passkeys/registration/options", "POST /passkeys/registration/verify", "POST /passkeys/authentication/options", "POST /passkeys/authentication/verify"} {
			w.refused(404, "passkey_disabled", w.do(line, token, "{}"))
		}
		w.refused(422, "mfa_webauthn_enroll_not_enabled", w.do("POST /factors", token, `{"factor_type":"webauthn"}`))
	})
}

// TestLastPasskey: the only way into an account cannot be removed.
func TestLastPasskey(t *testing.T) {
	engines(t, func(c *accounts.Config) { withPasskeys(c); c.Mailer = nil }, func(t *testing.T, w *world) {
		_, first := w.addPasskey(w.must(200, w.do("POST /signup", "", ann)).str("access_token"))
		if _, err := w.db.Bun().NewRaw("update auth_users set password_hash = null").Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		in := w.must(200, w.passkeyLogin(first))
		second, _ := w.addPasskey(in.str("access_token"))
		w.must(http.StatusNoContent, w.do("DELETE /passkeys/"+second, in.str("access_token"), ""))
		id := w.list("GET /passkeys", in.str("access_token"))[0]["id"].(string)
		w.refused(422, "single_identity_not_deletable", w.do("DELETE /passkeys/"+id, in.str("access_token"), ""))
		w.refused(422, "single_identity_not_deletable", w.do("DELETE /factors/"+id, in.str("access_token"), ""))
		w.must(200, w.passkeyLogin(first))
	})
}

// withLaxPasskeys takes passkeys of which only the presence is known.
func withLaxPasskeys(c *accounts.Config) {
	party, err := passkey.New(passkey.Config{RPID: rpID, Name: "Example", Origins: []string{origin}, UserVerification: passkey.Preferred, Now: c.Now})
	if err != nil {
		panic(err)
	}
	c.Passkeys = party.Plain()
}

// TestDeletedPasskeyEndsSessions: deleting a passkey ends the sessions that began by it, at
// every level.
func TestDeletedPasskeyEndsSessions(t *testing.T) {
	engines(t, withLaxPasskeys, func(t *testing.T, w *world) {
		up := w.must(200, w.do("POST /signup", "", ann))
		id, lost := w.addPasskey(up.str("access_token"))
		challenge, o := w.beginLogin()
		thief := w.must(200, w.endLogin(challenge, lost.asserts(o, spoiled{flags: userVerified})))
		own := w.must(200, w.passkeyLogin(lost))
		w.must(http.StatusNoContent, w.do("DELETE /passkeys/"+id, own.str("access_token"), ""))
		for name, in := range map[string]*answer{"thief": thief, "own": own, "password": up} {
			goes := w.do(refreshLine, "", refreshBody(in.str("refresh_token"))).status == 200
			if goes == (name == "thief") || w.goesOn(thief.str("access_token")) {
				t.Errorf("%s: goes on %t", name, goes)
			}
		}
	})
}

// TestPasskeyWithoutVerification: a passkey without user verification is one factor, and
// cannot be its own second one.
func TestPasskeyWithoutVerification(t *testing.T) {
	engines(t, withLaxPasskeys, func(t *testing.T, w *world) {
		id, key := w.addPasskey(w.must(200, w.do("POST /signup", "", ann)).str("access_token"))
		challenge, o := w.beginLogin()
		in := w.must(200, w.endLogin(challenge, key.asserts(o, spoiled{flags: userVerified})))
		if got := w.level(in.str("access_token")); got != "aal1 passkey" {
			t.Errorf("login: %s", got)
		}
		challenge, o = w.beginStepUp(in.str("access_token"), id)
		w.refused(400, "webauthn_verification_failed", w.endStepUp(in.str("access_token"), id, challenge, key.asserts(o, spoiled{flags: userVerified})))
		byPassword := w.login().str("access_token")
		challenge, o = w.beginStepUp(byPassword, id)
		if got := w.level(w.must(200, w.endStepUp(byPassword, id, challenge, key.asserts(o, spoiled{flags: userVerified}))).str("access_token")); got != "aal2 mfa/webauthn password" {
			t.Errorf("beside a password: %s", got)
		}
		challenge, o = w.beginStepUp(in.str("access_token"), id)
		w.must(200, w.endStepUp(in.str("access_token"), id, challenge, key.asserts(o, spoiled{})))
	})
}
