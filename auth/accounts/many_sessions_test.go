package accounts_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/storetest"
)

// repeat gives the user of a session n more that are like it, and returns their ids.
func (w *world) repeat(session string, n int) []store.ID {
	w.t.Helper()
	const columns = `created_at, updated_at, version, user_id, aal, methods, counter, refreshed_at, expires_at, user_agent, address, network`
	text := `with recursive n(i) as (select 1 union all select i + 1 from n where i < ?)
		insert into auth_sessions (id, ` + columns + `) select printf('%08x', n.i) || substr(s.id, 9), ` + columns + ` from n, auth_sessions s where s.id = ?`
	if w.db.Capabilities().Engine == "postgres" {
		text = `insert into auth_sessions (id, ` + columns + `) select cast(lpad(to_hex(n.i), 8, '0') || substr(cast(s.id as text), 9) as uuid), ` + columns + `
			from generate_series(1, ?) as n(i), auth_sessions s where s.id = cast(? as uuid)`
	}
	w.sql(text, n, session)
	out := make([]store.ID, n)
	for i := range out {
		out[i] = w.id(fmt.Sprintf("%08x%s", i+1, session[8:]))
	}
	return out
}

// TestManySessionsEnd: ending thousands of sessions of a user takes as many statements as
// ending few, includes all tokens, and keeps the session that asked.
func TestManySessionsEnd(t *testing.T) {
	s := &statements{texts: make(map[string][]string)}
	providers(t, withSecretKey, func(t *testing.T, w *world, f fakes) {
		engine, people := w.db.Capabilities().Engine, 0
		admin := func(line, body string) func(person) string {
			return func(p person) string {
				w.must(200, w.do(line+p.id, secretKey, strings.ReplaceAll(body, "ID", p.id)))
				return ""
			}
		}
		own := func(status int, line, body string) func(person) string {
			return func(p person) string {
				w.must(status, w.do(line, p.token, body))
				return p.token
			}
		}
		for name, c := range map[string]struct {
			end   func(p person) (goesOn string)
			known bool // whether refresh tokens are afterwards
		}{
			"ban":                  {admin("PUT /admin/users/", `{"ban_duration":"1h"}`), true},
			"password of an admin": {admin("PUT /admin/users/", `{"password":"another password"}`), true},
			"address":              {admin("PUT /admin/users/", `{"email":"ID@example.com"}`), true},
			"deletion":             {admin("DELETE /admin/users/", `{}`), false},
			"sign-out": {func(p person) string {
				if err := w.a.SignOut(t.Context(), w.id(p.id)); err != nil {
					t.Error(err)
				}
				return ""
			}, true},
			"logout":   {func(p person) string { w.must(204, w.do("POST /logout?scope=global", p.token, "")); return "" }, true},
			"others":   {own(204, "POST /logout?scope=others", ""), true},
			"password": {own(200, "PUT /user", `{"password":"another password"}`), true},
			"factor": {func(p person) string {
				after, _ := w.verifiedApp(p.token)
				return after
			}, true},
			"unlinking": {func(p person) string {
				w.must(200, w.do("DELETE /user/identities/"+p.identity, p.token, ""))
				return p.token
			}, true},
		} {
			t.Run(name, func(t *testing.T) {
				var sent []int
				for _, n := range []int{2, 20, 2000} { // the first time something is read that is kept
					people++
					p := w.personWith(f, fmt.Sprintf("p%d@example.org", people))
					var access, refresh []string
					for _, id := range w.repeat(p.session, n)[n-2:] {
						token, _ := w.a.NewTokens(id, 1)
						in := w.must(200, w.do(refreshLine, "", refreshBody(token)))
						access, refresh = append(access, in.str("access_token")), append(refresh, in.str("refresh_token"))
					}
					s.take(engine)
					goesOn := c.end(p)
					sent = append(sent, len(s.take(engine)))
					if goesOn != "" && !w.goesOn(goesOn) {
						t.Error("the session that has ended the others has ended")
					}
					for i := range access {
						w.refused(403, "session_not_found", w.do("GET /user", access[i], ""))
						if got := w.do(refreshLine, "", refreshBody(refresh[i])); got.status != 400 || c.known != (got.code() == "session_expired") {
							t.Errorf("refreshed: %d %s", got.status, got.text)
						}
					}
				}
				if sent[1] != sent[2] {
					t.Errorf("%d statements end 20 sessions, %d end 2000", sent[1], sent[2])
				}
			})
		}
	}, storetest.Store(store.Options{Tracers: []store.Tracer{s}}))
}

// person is a user with a password and an identity at a provider.
type person struct {
	id, token string
	identity  string
	session   string // begun by that identity
}

// personWith makes a person, who has one session of each.
func (w *world) personWith(f fakes, email string) person {
	w.t.Helper()
	up := w.must(200, w.do("POST /signup", "", login(email, "a good password")))
	f.trusted.SetUser(map[string]any{"sub": email, "email": email, "email_verified": true})
	in := w.must(200, w.tab().session(f.trusted, "trusted"))
	u := userOf(in)
	return person{u["id"].(string), up.str("access_token"), identityID(u, "trusted"), w.claims(in.str("access_token"))["session_id"].(string)}
}

// TestMostSessions: a user has a limited number of sessions. The ones of the lowest level
// and the oldest use end first, also on instances that did not open them.
func TestMostSessions(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		full, _ := w.withApp()
		oldest := w.login()
		w.advance(time.Minute)
		w.repeat(w.claims(w.login().str("access_token"))["session_id"].(string), accounts.MaxSessions+50)
		w.advance(time.Minute)
		living := func() (n int) {
			if err := w.db.Bun().NewRaw(`select count(*) from auth_sessions where ended_at is null`).Scan(t.Context(), &n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		var last []*answer
		for range 3 {
			last = append(last, w.login())
			if n := living(); n != accounts.MaxSessions {
				t.Errorf("%d sessions", n)
			}
		}
		late, err := accounts.New(w.db, w.cfg)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range []*world{w, {t: t, db: w.db, a: late, now: w.now}} {
			for _, in := range append(last, full) {
				if !w.goesOn(in.str("access_token")) {
					t.Error("one has ended that is young, or at level 2")
				}
			}
			w.refused(403, "session_not_found", w.do("GET /user", oldest.str("access_token"), ""))
			w.refused(400, "session_expired", w.do(refreshLine, "", refreshBody(oldest.str("refresh_token"))))
		}
	})
}
