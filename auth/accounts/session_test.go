package accounts_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
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
		if up.str("token_type") != "bearer" || up.body["expires_in"] != float64(300) || up.header.Get("Cache-Control") != "no-store" {
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

// TestSignUpUnconfirmed: without Autoconfirm there is no session, and an address that
// has an account is answered as one that has none.
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

// TestA7 is case A-7: a family of refresh tokens dies when an older one returns.
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
		if got := w.do("GET /user", last.str("access_token"), ""); got.status != 401 {
			t.Errorf("the access token lives: %d %s", got.status, got.text)
		}
	})
}

// TestA8 is case A-8: twenty tabs refresh with one token at the same time.
func TestA8(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		token := w.must(200, w.do("POST /signup", "", ann)).str("refresh_token")
		for round := range 5 {
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
			token = got[0]
		}
	})
}

func TestRefreshRefused(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		up := w.must(200, w.do("POST /signup", "", ann))
		token := up.str("refresh_token")
		flipped := []byte(token)
		flipped[10] ^= 1
		for _, wrong := range []string{"x", string(flipped), token[:len(token)-1], token + "A", up.str("access_token")} {
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

// TestKeys: the keys are published, sign what they sign, rotate, and stay for as long
// as a token of theirs holds.
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
