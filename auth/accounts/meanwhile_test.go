package accounts_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/storetest"
)

// meanwhile is a tracer by which something happens when the next transaction begins, in
// front of it.
type meanwhile struct {
	mu   sync.Mutex
	next map[string]func() // by engine
}

// let makes something happen, once.
func (m *meanwhile) let(engine string, happen func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.next[engine] = happen
}

func (m *meanwhile) Start(ctx context.Context, one store.TracedStatement) context.Context {
	if one.Operation != "begin" {
		return ctx
	}
	m.mu.Lock()
	happen := m.next[one.Engine]
	delete(m.next, one.Engine)
	m.mu.Unlock()
	if happen != nil {
		happen()
	}
	return ctx
}

func (m *meanwhile) End(context.Context, store.TracedStatement, store.TraceOutcome) {}

// TestEndedMeanwhile: a request that was authenticated before its session ended changes
// nothing in the account.
func TestEndedMeanwhile(t *testing.T) {
	m := &meanwhile{next: make(map[string]func())}
	engines(t, func(c *accounts.Config) { withPasskeys(c); c.ManualLinking = true }, func(t *testing.T, w *world) {
		plain := func(line, body string) func(string) (string, string, string) {
			return func(token string) (string, string, string) { return line, body, token }
		}
		withApp := func(line string) func(string) (string, string, string) {
			return func(token string) (string, string, string) {
				after, id := w.verifiedApp(token)
				return fmt.Sprintf(line, id), "", after
			}
		}
		ways := map[string]func(token string) (line, body, after string){
			"password":        plain("PUT /user", `{"password":"another password"}`),
			"metadata":        plain("PUT /user", `{"data":{"name":"Eve"}}`),
			"address":         plain("PUT /user", `{"email":"eve@example.org"}`),
			"API key":         plain("POST /user/api-keys", `{"name":"k","scopes":["accounts.self"]}`),
			"app":             plain("POST /factors", `{"factor_type":"totp"}`),
			"passkey, factor": plain("POST /factors", `{"factor_type":"webauthn"}`),
			"passkey": func(token string) (string, string, string) {
				asked := w.must(200, w.do("POST /passkeys/registration/options", token, "{}"))
				made := newAuthenticator(t).creates(readOptions(t, asked.body["options"]), spoiled{})
				return "POST /passkeys/registration/verify", fmt.Sprintf(`{"challenge_id":%q,"credential":%s}`, asked.str("challenge_id"), made), token
			},
			"passkey, name": func(token string) (string, string, string) {
				id, _ := w.addPasskey(token)
				return "PATCH /passkeys/" + id, `{"friendly_name":"Eve's"}`, token
			},
			"app, good": func(token string) (string, string, string) {
				p := w.enroll(token, "app")
				asked := w.must(200, w.do("POST /factors/"+p.id+"/challenge", token, "{}"))
				return "POST /factors/" + p.id + "/verify", fmt.Sprintf(`{"challenge_id":%q,"code":%q}`, asked.str("id"), p.code(w, 0)), token
			},
			"app, gone":            withApp("DELETE /factors/%s"),
			"recovery codes":       withApp("POST /factors/recovery-codes?%s"),
			"recovery codes, gone": withApp("DELETE /factors/recovery-codes?%s"),
			"identity": func(token string) (string, string, string) {
				return "DELETE /user/identities/" + identityID(w.must(200, w.do("GET /user", token, "")).body, "email"), "", token
			},
		}
		engine, people := w.db.Capabilities().Engine, 0
		for name, way := range ways {
			t.Run(name, func(t *testing.T) {
				people++
				up := w.must(200, w.do("POST /signup", "", login(fmt.Sprintf("p%d@example.org", people), "a good password")))
				id := mustID(t, userOf(up)["id"].(string))
				line, body, token := way(up.str("access_token"))
				before, happened := w.ways(id), false
				m.let(engine, func() {
					happened = true
					if err := w.a.SignOut(t.Context(), id); err != nil {
						t.Error(err)
					}
				})
				got := w.do(line, token, body)
				if !happened {
					t.Fatalf("%s: no transaction: %d %s", line, got.status, got.text)
				}
				w.refused(403, "session_not_found", got)
				if after := w.ways(id); after != before {
					t.Errorf("%s has changed the account\n%s\nbefore\n%s", line, after, before)
				}
			})
		}
	}, storetest.Store(store.Options{Tracers: []store.Tracer{m}}))
}

// ways are what lets somebody into an account, and what its user has said.
func (w *world) ways(id store.ID) string {
	w.t.Helper()
	out := ""
	for _, query := range []string{
		`select concat(id, password_hash, email, new_email, user_metadata) from auth_users where id = ?`,
		`select concat(id, status, friendly_name) from auth_factors where user_id = ? order by 1`,
		`select concat(id, email) from auth_identities where user_id = ? order by 1`,
		`select concat(id) from auth_codes where user_id = ? and kind = 'recovery_code' and used_at is null order by 1`,
		`select concat(id, ended_at) from auth_api_keys where user_id = ? order by 1`,
	} {
		var found []string
		if err := w.db.Bun().NewRaw(query, id).Scan(w.t.Context(), &found); err != nil {
			w.t.Fatalf("%v: %s", err, query)
		}
		out += fmt.Sprintln(found)
	}
	return out
}

// TestUnlinkedMeanwhile: a login at a provider fails if its identity is unlinked while the
// code is exchanged, also if the account has another identity there.
func TestUnlinkedMeanwhile(t *testing.T) {
	m := &meanwhile{next: make(map[string]func())}
	providers(t, withSecretKey, func(t *testing.T, w *world, f fakes) {
		for _, name := range []string{"one", "two"} {
			t.Run(name, func(t *testing.T) {
				email := name + "@example.org"
				first := map[string]any{"sub": name, "email": email, "email_verified": true}
				f.trusted.SetUser(first)
				mine := w.must(200, w.do("POST /signup", "", login(email, "a good password"))).str("access_token")
				u := userOf(w.must(200, w.tab().session(f.trusted, "trusted")))
				if name == "two" {
					f.trusted.SetUser(map[string]any{"sub": "another"})
					to := w.must(200, w.linkURL(mine, "trusted", pkce+challengeOf(testVerifier))).str("url")
					b := w.tab()
					has := userOf(w.must(200, b.exchange(b.open("/callback/trusted?"+f.trusted.Authorize(to).Encode(), nil), testVerifier)))
					if got := fmt.Sprint(identitiesOf(has)); got != "[email trusted trusted]" {
						t.Fatalf("identities %s", got)
					}
					f.trusted.SetUser(first)
				}
				late := w.tab()
				underWay := late.login(f.trusted, "trusted", pkce+challengeOf(testVerifier))
				m.let(w.db.Capabilities().Engine, func() { w.must(200, w.do("DELETE /user/identities/"+identityID(u, "trusted"), mine, "")) })
				w.refused(409, "conflict", late.exchange(underWay, testVerifier))
				if list := w.must(200, w.do("GET /user/sessions", mine, "")).body["sessions"].([]any); len(list) != 1 {
					t.Errorf("sessions %v", list)
				}
			})
		}
	}, storetest.Store(store.Options{Tracers: []store.Tracer{m}}))
}

// TestEvictedMeanwhile: it fails too if the owner of the address has taken the account over
// in between.
func TestEvictedMeanwhile(t *testing.T) {
	m := &meanwhile{next: make(map[string]func())}
	providers(t, func(c *accounts.Config) { confirmed(c); withSecretKey(c) }, func(t *testing.T, w *world, f fakes) {
		f.trusted.SetUser(map[string]any{"sub": "squatter"})
		u := userOf(w.must(200, w.tab().session(f.trusted, "trusted")))
		w.must(200, w.do(fmt.Sprintf("PUT /admin/users/%s", u["id"]), secretKey, `{"email":"ada@example.org"}`))
		late := w.tab()
		underWay := late.login(f.trusted, "trusted", pkce+challengeOf(testVerifier))
		var owner *answer
		m.let(w.db.Capabilities().Engine, func() {
			f.trusted.SetUser(map[string]any{"sub": "owner", "email": "ada@example.org", "email_verified": true})
			owner = w.must(200, w.tab().session(f.trusted, "trusted"))
		})
		w.refused(409, "conflict", late.exchange(underWay, testVerifier))
		if got := userOf(owner); got["id"] != u["id"] || !w.goesOn(owner.str("access_token")) {
			t.Errorf("the owner is in %v", got)
		}
	}, storetest.Store(store.Options{Tracers: []store.Tracer{m}}))
}
