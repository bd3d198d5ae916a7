package accounts_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

func refreshBody(token string) string { return fmt.Sprintf(`{"refresh_token":%q}`, token) }

const refreshLine = "POST /token?grant_type=refresh_token"

func TestSignUpAndIn(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		up := w.must(200, w.do("POST /signup", "", `{"email":" Ann@Example.org ","password":"a good password","data":{"name":"Ann"}}`))
		user := up.body["user"].(map[string]any)
		if user["email"] != "ann@example.org" || user["aud"] != "authenticated" || user["role"] != "authenticated" || user["is_anonymous"] != false {
			t.Errorf("user %v", user)
		}
		if user["user_metadata"].(map[string]any)["name"] != "Ann" || user["app_metadata"].(map[string]any)["provider"] != "email" {
			t.Errorf("metadata %v %v", user["user_metadata"], user["app_metadata"])
		}
		identity := user["identities"].([]any)[0].(map[string]any)
		if identity["provider"] != "email" || identity["id"] != user["id"] {
			t.Errorf("identity %v", identity)
		}
		if up.str("token_type") != "bearer" || up.body["expires_in"] != float64(300) || up.header.Get("Cache-Control") != "no-store, no-transform" {
			t.Errorf("session %v", up.text)
		}
		in := w.must(200, w.do("POST /token?grant_type=password", "", ann))
		me := w.must(200, w.do("GET /user", in.str("access_token"), ""))
		if me.str("id") != user["id"] {
			t.Errorf("GET /user: %s", me.text)
		}
		if again := w.do("POST /signup", "", ann); again.status != 422 || again.code() != "user_already_exists" {
			t.Errorf("again: %s", again.text)
		}
		for _, wrong := range []string{
			`{"email":"ann@example.org","password":"a bad password"}`, `{"email":"bob@example.org","password":"a good password"}`,
			`{"email":"no address","password":"x"}`, `{"password":"x"}`, `{"email":"ann@example.org"}`,
		} {
			if got := w.do("POST /token?grant_type=password", "", wrong); got.status != 400 || got.code() != "invalid_credentials" {
				t.Errorf("%s: %s", wrong, got.text)
			}
		}
	})
}

// TestExpiresIn: expires_in of an answer is that of the token, however late it is sent.
func TestExpiresIn(t *testing.T) {
	var calls atomic.Int64
	ticking := func(c *accounts.Config) {
		still := c.Now
		c.Now = func() time.Time { return still().Add(time.Duration(calls.Add(1)) * time.Millisecond) }
	}
	engines(t, ticking, func(t *testing.T, w *world) {
		up := w.must(200, w.do("POST /signup", "", ann))
		p, err := w.a.Verify(t.Context(), up.str("access_token"))
		if err != nil || up.body["expires_in"] != float64(300) || up.body["expires_at"] != float64(p.Expires.Unix()) {
			t.Errorf("%v in %s; %v", p.Expires.Unix(), up.text, err)
		}
	})
}

// TestSignUpUnconfirmed: without Autoconfirm a sign-up gives no session, and the answer is
// the same for an address that has an account.
func TestSignUpUnconfirmed(t *testing.T) {
	engines(t, func(c *accounts.Config) { c.Autoconfirm = false }, func(t *testing.T, w *world) {
		first := w.must(200, w.do("POST /signup", "", ann))
		w.advance(time.Minute)
		second := w.must(200, w.do("POST /signup", "", ann))
		if first.str("access_token") != "" || first.str("id") == second.str("id") {
			t.Errorf("%s and %s", first.text, second.text)
		}
		for _, a := range []*answer{first, second} {
			for _, name := range []string{"id", "created_at", "updated_at", "confirmation_sent_at"} {
				delete(a.body, name)
			}
		}
		if fmt.Sprint(first.body) != fmt.Sprint(second.body) {
			t.Errorf("the answers differ:\n%v\n%v", first.body, second.body)
		}
		if got := w.do("POST /token?grant_type=password", "", ann); got.code() != "email_not_confirmed" {
			t.Errorf("login: %s", got.text)
		}
		if got := w.do("POST /token?grant_type=password", "", strings.Replace(ann, "good", "bad", 1)); got.code() != "invalid_credentials" {
			t.Errorf("login with a wrong password: %s", got.text)
		}
	})
}

func TestWeakPassword(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		for entered, reason := range map[string]string{"short": "length", "password1": "pwned", "ann@example.org": "pwned"} {
			got := w.do("POST /signup", "", fmt.Sprintf(`{"email":"ann@example.org","password":%q}`, entered))
			weak, _ := got.body["weak_password"].(map[string]any)
			if got.status != 422 || got.code() != "weak_password" || fmt.Sprint(weak["reasons"]) != "["+reason+"]" {
				t.Errorf("%s: %d %s", entered, got.status, got.text)
			}
		}
	})
}

// TestA7 is case A-7: a refresh token that is used again ends its family, which is reported
// once.
func TestA7(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		r1 := w.must(200, w.do("POST /signup", "", ann)).str("refresh_token")
		w.advance(time.Minute)
		r2 := w.must(200, w.do(refreshLine, "", refreshBody(r1))).str("refresh_token")
		if again := w.must(200, w.do(refreshLine, "", refreshBody(r1))); again.str("refresh_token") != r2 {
			t.Error("within the grace the successor is another one")
		}
		w.advance(time.Minute)
		last := w.must(200, w.do(refreshLine, "", refreshBody(r2)))
		w.must(200, w.do("GET /user", last.str("access_token"), ""))
		if got := w.do(refreshLine, "", refreshBody(r1)); got.status != 400 || got.code() != "refresh_token_already_used" {
			t.Errorf("the first one again: %d %s", got.status, got.text)
		}
		if got := w.do(refreshLine, "", refreshBody(last.str("refresh_token"))); got.status != 400 {
			t.Errorf("the last one lives: %d %s", got.status, got.text)
		}
		if got := w.do("GET /user", last.str("access_token"), ""); got.code() != "session_not_found" {
			t.Errorf("the access token lives: %d %s", got.status, got.text)
		}
		w.do(refreshLine, "", refreshBody(r1))
		var told int
		err := w.db.Bun().NewRaw("select count(*) from auth_events where kind = 'session_ended' and cast(details as text) like '%reuse%'").Scan(t.Context(), &told)
		if err != nil || told != 1 {
			t.Errorf("told %d times: %v", told, err)
		}
	})
}

// TestRefreshAfterGrace: a used refresh token returns its successor within RefreshGrace,
// and ends the session after it, also without a refresh in between.
func TestRefreshAfterGrace(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		first := w.must(200, w.do("POST /signup", "", ann)).str("refresh_token")
		next := w.must(200, w.do(refreshLine, "", refreshBody(first)))
		w.advance(10 * time.Second)
		if again := w.must(200, w.do(refreshLine, "", refreshBody(first))); again.str("refresh_token") != next.str("refresh_token") {
			t.Error("within the grace the successor is another one")
		}
		w.advance(time.Millisecond)
		w.refused(400, "refresh_token_already_used", w.do(refreshLine, "", refreshBody(first)))
		w.refused(400, "session_expired", w.do(refreshLine, "", refreshBody(next.str("refresh_token"))))
		w.refused(403, "session_not_found", w.do("GET /user", next.str("access_token"), ""))
	})
}

// TestA8 is case A-8: twenty tabs refresh with one token at once, in the long form a
// hundred times. All get the same successor, and only that one is left.
func TestA8(t *testing.T) {
	rounds := 5
	if programtest.Long() {
		rounds = 100
	}
	engines(t, nil, func(t *testing.T, w *world) {
		token := w.must(200, w.do("POST /signup", "", ann)).str("refresh_token")
		before := ""
		for round := range rounds {
			w.advance(time.Minute)
			got := make([]string, 20)
			var wg sync.WaitGroup
			for i := range got {
				wg.Go(func() {
					if a := w.do(refreshLine, "", refreshBody(token)); a.status == 200 {
						got[i] = a.str("refresh_token")
					} else {
						t.Errorf("round %d: %d %s", round, a.status, a.text)
					}
				})
			}
			wg.Wait()
			for _, next := range got {
				if next != got[0] || next == token {
					t.Fatalf("round %d: %q", round, got)
				}
			}
			before, token = token, got[0]
		}
		w.advance(time.Minute)
		last := w.must(200, w.do(refreshLine, "", refreshBody(token)))
		if n := len(w.must(200, w.do("GET /user/sessions", last.str("access_token"), "")).body["sessions"].([]any)); n != 1 {
			t.Errorf("%d sessions", n)
		}
		w.refused(400, "refresh_token_already_used", w.do(refreshLine, "", refreshBody(before)))
	})
}

func TestRefreshRefused(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		up := w.must(200, w.do("POST /signup", "", ann))
		token := up.str("refresh_token")
		forged := tampered(t, token, 0, 23, 24, 39) // of the session, of the counter, of the code that authenticates both
		for _, wrong := range append(forged, "x", token[:len(token)-1], token+"A", up.str("access_token")) {
			if got := w.do(refreshLine, "", refreshBody(wrong)); got.status != 400 || got.code() != "refresh_token_not_found" {
				t.Errorf("%q: %d %s", wrong, got.status, got.text)
			}
		}
		for _, body := range []string{`{}`, `{"refresh_token":null}`, `{"refresh_token":1}`, `{"refresh_token":["x"]}`} {
			if got := w.do(refreshLine, "", body); got.status != 400 || got.code() != "validation_failed" {
				t.Errorf("%s: %d %s", body, got.status, got.text)
			}
		}
		w.advance(15 * 24 * time.Hour) // unused for too long
		if got := w.do(refreshLine, "", refreshBody(token)); got.status != 400 || got.code() != "session_expired" {
			t.Errorf("after two weeks: %d %s", got.status, got.text)
		}
	})
}

// tampered returns tokens in base64url that differ in one byte each, at these places.
func tampered(t *testing.T, token string, places ...int) []string {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		t.Fatal(err)
	}
	tokens := make([]string, len(places))
	for i, at := range places {
		other := slices.Clone(raw)
		other[at] ^= 1
		tokens[i] = base64.RawURLEncoding.EncodeToString(other)
	}
	return tokens
}

// TestSessionLife: a session ends after its lifetime despite use, and its access tokens end
// with it.
func TestSessionLife(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		in := w.must(200, w.do("POST /signup", "", ann))
		for _, pause := range []time.Duration{10 * 24 * time.Hour, 10 * 24 * time.Hour, 10*24*time.Hour - time.Minute} {
			w.advance(pause)
			in = w.must(200, w.do(refreshLine, "", refreshBody(in.str("refresh_token"))))
		}
		if got := in.body["expires_in"]; got != float64(60) {
			t.Errorf("an access token lasts %v s, a minute before the session ends", got)
		}
		w.advance(time.Minute)
		w.refused(400, "session_expired", w.do(refreshLine, "", refreshBody(in.str("refresh_token"))))
	})
}

func TestLogout(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		w.must(200, w.do("POST /signup", "", ann))
		login := func() *answer { return w.must(200, w.do("POST /token?grant_type=password", "", ann)) }
		alive := func(a *answer) bool {
			access := w.do("GET /user", a.str("access_token"), "").status == 200
			refresh := w.do(refreshLine, "", refreshBody(a.str("refresh_token"))).status == 200
			if access != refresh {
				t.Errorf("access token alive: %v, refresh token: %v", access, refresh)
			}
			return access
		}
		one, two, three := login(), login(), login()
		w.must(204, w.do("POST /logout?scope=local", one.str("access_token"), ""))
		if alive(one) || !alive(two) || !alive(three) {
			t.Error("local")
		}
		two, three = login(), login()
		w.must(204, w.do("POST /logout?scope=others", two.str("access_token"), ""))
		if !alive(two) || alive(three) {
			t.Error("others")
		}
		two, three = login(), login()
		w.must(204, w.do("POST /logout", two.str("access_token"), ""))
		if alive(two) || alive(three) {
			t.Error("global")
		}
		if got := w.do("POST /logout", "", ""); got.status != 401 || got.code() != "no_authorization" {
			t.Errorf("without a token: %d %s", got.status, got.text)
		}
		if got := w.do("POST /logout?scope=x", login().str("access_token"), ""); got.status != 400 {
			t.Errorf("an unknown scope: %d %s", got.status, got.text)
		}
	})
}

// TestKeys: public keys are served, verify tokens, rotate, and stay for as long as their
// tokens are valid.
func TestKeys(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		keys := func() int { return len(w.must(200, w.do("GET /.well-known/jwks.json", "", "")).body["keys"].([]any)) }
		up := w.must(200, w.do("POST /signup", "", ann))
		if n := keys(); n != 1 {
			t.Errorf("%d keys at the start", n)
		}
		w.advance(89*24*time.Hour + time.Hour) // a day before the key signs no more
		if n := keys(); n != 2 {
			t.Errorf("%d keys a day before the change", n)
		}
		w.advance(23*time.Hour - time.Second)
		old := w.must(200, w.do("POST /token?grant_type=password", "", ann)).str("access_token")
		w.advance(2 * time.Minute)
		young := w.must(200, w.do("POST /token?grant_type=password", "", ann)).str("access_token")
		if head(old) == head(young) {
			t.Error("the key has not changed")
		}
		for _, token := range []string{old, young} {
			w.must(200, w.do("GET /user", token, ""))
		}
		w.advance(10 * time.Minute)
		if n := keys(); n != 1 {
			t.Errorf("%d keys after the change", n)
		}
		if got := w.do("GET /user", up.str("access_token"), ""); got.status != 401 || got.code() != "bad_jwt" {
			t.Errorf("a token of long ago: %d %s", got.status, got.text)
		}
	})
}

func head(token string) string { return token[:strings.IndexByte(token, '.')] }

// between is called where a request is asked for its address the second time: when the
// code it brings is used, and its session not made.
type between struct {
	asked int
	call  func()
}

// TestChangedOnTheWayIn: a change that ends all sessions of a user also ends a login that
// is verified and has no session yet.
func TestChangedOnTheWayIn(t *testing.T) {
	type key struct{}
	change := func(c *accounts.Config) {
		confirmed(c)
		withSecretKey(c)
		c.ClientAddress = func(r *http.Request) netip.Addr {
			if b, ok := r.Context().Value(key{}).(*between); ok {
				if b.asked++; b.asked == 2 {
					b.call()
				}
			}
			return netip.MustParseAddr("192.0.2.1")
		}
	}
	engines(t, change, func(t *testing.T, w *world) {
		for name, tt := range map[string]struct {
			line, body string
			status     int
			code       string
		}{
			"ban":      {"PUT /admin/users/", `{"ban_duration":"1h"}`, 400, "user_banned"},
			"removal":  {"DELETE /admin/users/", `{"should_soft_delete":true}`, 409, "conflict"},
			"deletion": {"DELETE /admin/users/", `{}`, 403, "session_not_found"},
			"password": {"PUT /admin/users/", `{"password":"another password"}`, 409, "conflict"},
			"address":  {"PUT /admin/users/", `{"email":"elsewhere@example.org"}`, 409, "conflict"},
		} {
			email := name + "@example.org"
			w.account(email)
			user, err := w.a.UserByEmail(t.Context(), email)
			if err != nil {
				t.Fatal(err)
			}
			w.must(200, w.do("POST /otp", "", fmt.Sprintf(`{"email":%q}`, email)))
			r := w.request("POST /verify", "", fmt.Sprintf(`{"type":"email","token_hash":%q}`, w.mail(accounts.MailMagicLink, email).token(w)))
			b := &between{call: func() { w.must(200, w.do(tt.line+user.ID.String(), secretKey, tt.body)) }}
			got := w.send(r.WithContext(context.WithValue(r.Context(), key{}, b)))
			if w.refused(tt.status, tt.code, got); b.asked != 2 {
				t.Errorf("%s: the address was asked for %d times", name, b.asked)
			}
			w.mails() // what the owner is told of it
		}
	})
}

// TestOldPasswordOnTheWayIn: logins with a password that changes meanwhile leave no
// session.
func TestOldPasswordOnTheWayIn(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		token := w.must(200, w.do("POST /signup", "", ann)).str("access_token")
		for round := range 5 {
			had, next := "a good password", fmt.Sprintf("a password %d", round)
			if round > 0 {
				had = fmt.Sprintf("a password %d", round-1)
			}
			var wg sync.WaitGroup
			in := make([]*answer, 8)
			for i := range in {
				wg.Go(func() { in[i] = w.do(passwordLine, "", login("ann@example.org", had)) })
			}
			changed := w.do("PUT /user", token, fmt.Sprintf(`{"password":%q}`, next))
			wg.Wait()
			if changed.status == http.StatusServiceUnavailable { // a slow machine: the logins were in the way
				w.must(200, w.do("PUT /user", token, fmt.Sprintf(`{"password":%q}`, next)))
			} else {
				w.must(200, changed)
			}
			for _, got := range in {
				if got.status == 200 && w.do(refreshLine, "", refreshBody(got.str("refresh_token"))).status == 200 {
					t.Error("a session by the old password goes on")
				}
			}
		}
	})
}

// TestUserAgentOfBytes: any bytes are accepted as User-Agent, and a limited part is stored.
func TestUserAgentOfBytes(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		for i, agent := range []string{"caf\xe9", strings.Repeat("a", 399) + "é", strings.Repeat("é", 5000)} {
			email := fmt.Sprintf("user%d@example.org", i)
			for _, line := range []string{"POST /signup", passwordLine} {
				r := w.request(line, "", login(email, "a good password"))
				r.Header.Set("User-Agent", agent)
				w.must(200, w.send(r))
			}
		}
		var longest int
		if err := w.db.Bun().NewRaw("select max(length(user_agent)) from auth_events").Scan(t.Context(), &longest); err != nil || longest > 400 {
			t.Errorf("%d bytes are kept: %v", longest, err)
		}
	})
}

// TestMetadataNoTokenTakes: users with metadata that fit into no token, by depth or by
// escapes, log in without them in the token.
func TestMetadataNoTokenTakes(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		for i, data := range []string{
			`{"a":` + strings.Repeat("[", 20) + strings.Repeat("]", 20) + `}`,
			`{"a":"` + strings.Repeat("<", 1500) + `"}`,
		} {
			body := fmt.Sprintf(`{"email":"user%d@example.org","password":"a good password","data":%s}`, i, data)
			in := w.must(200, w.do("POST /signup", "", body)).str("access_token")
			if claims := w.claims(in); claims["user_metadata"] != nil || claims["app_metadata"] == nil {
				t.Errorf("claims %v", claims)
			}
			if me := w.must(200, w.do("GET /user", in, "")); !strings.Contains(me.text, `"user_metadata":`+data) {
				t.Errorf("user %s", me.text)
			}
		}
	})
}

// TestMetadataOfExponents: the limit of metadata counts numbers with their exponents
// written out, as they are stored.
func TestMetadataOfExponents(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		long := `{"a":[` + strings.Repeat("1e300,", 100) + `1]}`
		w.must(400, w.do("POST /signup", "", `{"email":"eve@example.org","password":"a good password","data":`+long+`}`))
		in := w.must(200, w.do("POST /signup", "", ann)).str("access_token")
		w.must(400, w.do("PUT /user", in, `{"data":`+long+`}`))
		w.must(200, w.do("PUT /user", in, `{"data":{"a":1e300}}`))
	})
}

// TestCharset: a body with another charset than UTF-8 is refused.
func TestCharset(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		w.must(200, w.do("POST /signup", "", ann))
		for media, want := range map[string]int{
			"application/json": 200, "application/json; charset=UTF-8": 200, "application/json;charset=utf-7": 415, "application/json;charset=": 415,
			"text/plain": 415, "": 415, "application/json, text/plain": 415,
		} {
			r := w.request(passwordLine, "", ann)
			r.Header.Set("Content-Type", media)
			if got := w.send(r); got.status != want {
				t.Errorf("%s: %d %s", media, got.status, got.text)
			}
		}
	})
}
