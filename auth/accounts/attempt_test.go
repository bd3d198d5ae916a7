package accounts_test

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
)

const passwordLine = "POST /token?grant_type=password"

// usual has the limits that programs have.
func usual(c *accounts.Config) { c.Limits = accounts.Limits{} }

func login(email, password string) string {
	return fmt.Sprintf(`{"email":%q,"password":%q}`, email, password)
}

// from sends a request from an address.
func (w *world) from(address, line, token, body string) *answer {
	w.t.Helper()
	r := w.request(line, token, body)
	r.RemoteAddr = netip.AddrPortFrom(netip.MustParseAddr(address), 4711).String()
	return w.send(r)
}

// limited reports whether an answer is that of a budget that is spent.
func (w *world) limited(a *answer) bool {
	w.t.Helper()
	if a.status != http.StatusTooManyRequests {
		return false
	}
	wait, err := strconv.Atoi(a.header.Get("Retry-After"))
	if err != nil || wait < 1 || wait > 15*60 || a.code() != "over_request_rate_limit" {
		w.t.Errorf("429 with Retry-After %q: %s", a.header.Get("Retry-After"), a.text)
	}
	return true
}

// guess makes wrong guesses until they are refused, and returns how many were not.
func (w *world) guess(most int, try func(i int) *answer) int {
	w.t.Helper()
	for i := range most {
		a := try(i)
		if w.limited(a) {
			return i
		}
		if a.status != http.StatusBadRequest || a.code() != "invalid_credentials" {
			w.t.Fatalf("guess %d: %d %s", i, a.status, a.text)
		}
	}
	return most
}

// TestA6 is case A-6: no header, member of the body or spelling of the address changes the
// IP address or the account that is counted.
func TestA6(t *testing.T) {
	engines(t, usual, func(t *testing.T, w *world) {
		w.must(200, w.from("198.51.100.1", "POST /signup", "", ann))
		spellings := []string{"ann@example.org", "Ann@Example.org", " ann@example.org", "ANN@EXAMPLE.ORG\t", "ann@example.org "}
		headers := []string{"X-Forwarded-For", "X-Real-Ip", "Forwarded", "True-Client-Ip", "Cf-Connecting-Ip", "X-Client-Ip"}
		refusedAt := 0
		for i := range 200 {
			body := fmt.Sprintf(`{"email":%q,"password":"wrong %d","n":%d,"gotrue_meta_security":{"captcha_token":"%d"}}`, spellings[i%len(spellings)], i, i, i)
			r := w.request(passwordLine, "", body)
			for _, name := range headers {
				value := fmt.Sprintf("203.0.113.%d", i)
				if name == "Forwarded" {
					value = "for=" + value
				}
				r.Header.Set(name, value)
			}
			limited := w.limited(w.send(r))
			switch {
			case limited && refusedAt == 0:
				refusedAt = i
			case !limited && refusedAt != 0:
				t.Fatalf("try %d is answered again", i)
			}
		}
		if refusedAt != 10 {
			t.Errorf("%d tries before the first refusal", refusedAt)
		}
		w.must(200, w.from("203.0.113.7", passwordLine, "", ann)) // no stranger locks her out
		w.advance(15*time.Minute + time.Second)
		w.must(200, w.do(passwordLine, "", ann))
	})
}

// TestGuessesAtOnce: simultaneous guesses on two instances stay within the budget, and
// correct ones are not charged.
func TestGuessesAtOnce(t *testing.T) {
	engines(t, usual, func(t *testing.T, w *world) {
		w.must(200, w.do("POST /signup", "", ann))
		other, err := accounts.New(w.db, w.cfg)
		if err != nil {
			t.Fatal(err)
		}
		worlds := []*world{w, {t: t, db: w.db, a: other, now: w.now}}
		for round := range 2 {
			var mu sync.Mutex
			count := map[int]int{}
			var wg sync.WaitGroup
			for i := range 50 {
				wg.Go(func() {
					a := worlds[i%2].do(passwordLine, "", login("ann@example.org", "wrong"))
					mu.Lock()
					count[a.status]++
					mu.Unlock()
				})
			}
			wg.Wait()
			if count[400] != 10 || count[429] != 40 {
				t.Errorf("round %d: answers %v", round, count)
			}
			w.advance(16 * time.Minute)
		}
		for range 12 {
			w.must(200, w.do(passwordLine, "", ann))
		}
	})
}

// TestTryEndsWithItsVerdict: a login with a correct password stops counting as a guess
// before its session is opened, so slow logins do not use up the budget.
func TestTryEndsWithItsVerdict(t *testing.T) {
	engines(t, usual, func(t *testing.T, w *world) {
		w.must(200, w.do("POST /signup", "", ann))
		cfg := w.cfg
		cfg.Hashes.Wait = 30 * time.Second
		arrived, proceed := make(chan struct{}), make(chan struct{})
		cfg.BeforeToken = func(context.Context, *accounts.Token) error {
			arrived <- struct{}{}
			<-proceed
			return nil
		}
		var err error
		if w.a, err = accounts.New(w.db, cfg); err != nil {
			t.Fatal(err)
		}
		logins := w.a.Turns()
		var wg sync.WaitGroup
		for range logins {
			wg.Go(func() { w.must(200, w.do(passwordLine, "", ann)) })
		}
		for range logins {
			<-arrived
		}
		// All turns of one kind are taken; the account has its budget nevertheless.
		if n := w.guess(11, func(int) *answer { return w.do(passwordLine, "", login("ann@example.org", "wrong")) }); n != 10 {
			t.Errorf("%d guesses, want 10", n)
		}
		close(proceed)
		wg.Wait()
	})
}

// TestAddressBudget: an IP address has one budget over all accounts, also over those that
// do not exist. Another IP address has its own.
func TestAddressBudget(t *testing.T) {
	engines(t, usual, func(t *testing.T, w *world) {
		w.must(200, w.do("POST /signup", "", ann))
		guess := func(address string) int {
			return w.guess(200, func(i int) *answer {
				return w.from(address, passwordLine, "", login(fmt.Sprintf("user%d@example.org", i), "wrong"))
			})
		}
		if n := guess("192.0.2.1"); n != 100 {
			t.Errorf("%d guesses of one address", n)
		}
		if !w.limited(w.do(passwordLine, "", ann)) {
			t.Error("a spent address logs in")
		}
		w.must(200, w.from("192.0.2.2", passwordLine, "", ann))
		if n := guess("2001:db8:1:2::1"); n != 100 {
			t.Errorf("%d guesses of one IPv6 address", n)
		}
		if !w.limited(w.from("2001:db8:1:2:ffff::9", passwordLine, "", ann)) {
			t.Error("another address of the network is another one")
		}
		w.must(200, w.from("2001:db8:1:3::1", passwordLine, "", ann))
		w.must(200, w.from("::ffff:192.0.2.2", passwordLine, "", ann))
		if !w.limited(w.from("::ffff:192.0.2.1", passwordLine, "", ann)) {
			t.Error("an address written as IPv6 is another one")
		}
	})
}

// TestAccountBudget: after 100 wrong guesses from anywhere unknown clients are refused,
// even with the right password. A client from which the owner has logged in before is
// accepted, and the count starts again.
func TestAccountBudget(t *testing.T) {
	engines(t, usual, func(t *testing.T, w *world) {
		const home = "198.51.100.1"
		w.must(200, w.from(home, "POST /signup", "", ann))
		storm := func(email string) int {
			return w.guess(500, func(i int) *answer {
				return w.from(fmt.Sprintf("203.0.%d.%d", i/9/200, i/9%200), passwordLine, "", login(email, "wrong"))
			})
		}
		for _, stranger := range []string{"192.0.2.8", "192.0.2.9"} {
			if n := storm("ann@example.org"); n != 100 {
				t.Errorf("%d guesses", n)
			}
			w.advance(25 * time.Hour)
			if !w.limited(w.from(stranger, passwordLine, "", ann)) {
				t.Error("a stranger gets in")
			}
			for range 9 {
				w.must(400, w.from(home, passwordLine, "", login("ann@example.org", "mistyped")))
			}
			w.must(200, w.from(home, passwordLine, "", ann))
			w.must(200, w.from(stranger, passwordLine, "", ann))
		}
		// It is the same for an account that does not exist.
		if n := storm("nobody@example.org"); n != 100 {
			t.Errorf("%d guesses at nobody", n)
		}
		if !w.limited(w.from(home, passwordLine, "", login("nobody@example.org", "wrong"))) {
			t.Error("nobody has a home")
		}
		w.advance(31 * 24 * time.Hour)
		w.must(400, w.from(home, passwordLine, "", login("nobody@example.org", "wrong")))
	})
}

// TestStolenPassword: guesses at the second factor by somebody with the password count in
// the one budget of the account. A login by password neither resets it nor makes the client
// known; a login with both factors does.
func TestStolenPassword(t *testing.T) {
	engines(t, usual, func(t *testing.T, w *world) {
		const home = "198.51.100.1"
		r := w.request("POST /signup", "", ann)
		r.RemoteAddr = home + ":1"
		up := w.must(200, w.send(r)).str("access_token")
		phone := w.enroll(up, "phone")
		guess := func(from, token, code string) *answer {
			asked := w.from(from, "POST /factors/"+phone.id+"/challenge", token, "{}")
			return w.from(from, "POST /factors/"+phone.id+"/verify", token, fmt.Sprintf(`{"challenge_id":%q,"code":%q}`, asked.str("id"), code))
		}
		w.must(200, guess(home, up, phone.code(w, 0)))
		w.advance(time.Second)
		for range 200 { // nor does it make others unknown
			w.must(200, w.from("203.0.113.250", passwordLine, "", ann))
		}
		storm := func() (guesses int) {
			for i := range 100 {
				from := fmt.Sprintf("203.0.113.%d", i)
				in := w.from(from, passwordLine, "", ann)
				if w.limited(in) {
					return guesses
				}
				token := w.must(200, in).str("access_token")
				for range 5 {
					got := guess(from, token, "000000")
					if w.limited(got) {
						return guesses
					}
					w.refused(422, "mfa_verification_failed", got)
					guesses++
				}
				w.advance(time.Second)
			}
			return guesses
		}
		for range 2 {
			if n := storm(); n < 95 || n > 100 {
				t.Errorf("%d guesses", n)
			}
			if !w.limited(w.from("203.0.113.0", passwordLine, "", ann)) {
				t.Error("an address that the password alone has logged in from is known")
			}
			w.advance(time.Minute)
			token := w.must(200, w.from(home, passwordLine, "", ann)).str("access_token")
			if !w.limited(w.from("203.0.113.0", passwordLine, "", ann)) {
				t.Error("the password alone begins the count anew")
			}
			w.must(200, guess(home, token, phone.code(w, 0)))
			w.must(200, w.from("203.0.113.200", passwordLine, "", ann))
			w.advance(time.Hour)
		}
		// What was mailed makes an address known.
		if n := storm(); n < 95 || !w.limited(w.do(passwordLine, "", ann)) {
			t.Errorf("%d guesses do not close the account", n)
		}
		w.mails()
		w.must(200, w.do("POST /otp", "", annMail))
		w.must(200, w.verifyHash("magiclink", w.mail(accounts.MailMagicLink, "ann@example.org")))
		w.must(200, w.do(passwordLine, "", ann))
	})
}

// TestGuessesForgotten: the count of an account is deleted after a day without a wrong
// guess, and not while guesses continue.
func TestGuessesForgotten(t *testing.T) {
	engines(t, usual, func(t *testing.T, w *world) {
		n := w.guess(200, func(i int) *answer {
			w.advance(20 * time.Hour)
			return w.do(passwordLine, "", login("ann@example.org", "wrong"))
		})
		if n != 100 {
			t.Errorf("%d guesses in a trickle", n)
		}
		n = w.guess(110, func(i int) *answer {
			w.advance(25 * time.Hour)
			return w.do(passwordLine, "", login("bob@example.org", "wrong"))
		})
		if n != 110 {
			t.Errorf("%d guesses with days between", n)
		}
	})
}

// TestClientAddress: behind a proxy the IP address is the one that the proxy names.
func TestClientAddress(t *testing.T) {
	change := func(c *accounts.Config) {
		usual(c)
		c.ClientAddress = func(r *http.Request) netip.Addr {
			at, _ := netip.ParseAddr(r.Header.Get("X-Proxy-Says"))
			return at
		}
	}
	engines(t, change, func(t *testing.T, w *world) {
		send := func(says, body string) *answer {
			r := w.request(passwordLine, "", body)
			r.Header.Set("X-Proxy-Says", says)
			return w.send(r)
		}
		w.must(200, w.do("POST /signup", "", ann))
		for _, says := range []string{"192.0.2.7", ""} {
			if n := w.guess(20, func(int) *answer { return send(says, login("ann@example.org", "wrong")) }); n != 10 {
				t.Errorf("%d guesses from %q", n, says)
			}
		}
		w.must(200, send("192.0.2.8", ann))
	})
}

// TestRequests: unauthenticated requests are limited by IP address, and valid refresh
// tokens are not.
func TestRequests(t *testing.T) {
	change := func(c *accounts.Config) { usual(c); c.Anonymous = true }
	engines(t, change, func(t *testing.T, w *world) {
		token := w.must(200, w.do("POST /signup", "", ann)).str("refresh_token")
		for i := range 29 {
			body := "{}"
			if i%2 == 0 {
				body = login(fmt.Sprintf("user%d@example.org", i), "a good password")
			}
			w.must(200, w.do("POST /signup", "", body))
		}
		if !w.limited(w.do("POST /signup", "", "{}")) {
			t.Error("the 31st sign-up is answered")
		}
		w.must(200, w.from("192.0.2.2", "POST /signup", "", "{}"))
		for range 40 {
			w.advance(time.Second)
			token = w.must(200, w.do(refreshLine, "", refreshBody(token))).str("refresh_token")
		}
		forged := strings.Repeat("A", len(token))
		for range 30 {
			w.must(400, w.do(refreshLine, "", refreshBody(forged)))
		}
		if !w.limited(w.do(refreshLine, "", refreshBody(forged))) {
			t.Error("the 31st forged token is looked at")
		}
		w.must(200, w.do(refreshLine, "", refreshBody(token)))
		w.advance(5*time.Minute + time.Second)
		w.must(200, w.do("POST /signup", "", "{}"))
	})
}

// TestForgivenByOwnSession: a login by password that carries a full session of another
// account does not reset the budget for the second factor.
func TestForgivenByOwnSession(t *testing.T) {
	engines(t, usual, func(t *testing.T, w *world) {
		_, p := w.withApp()
		up := w.must(200, w.do("POST /signup", "", bob)).str("access_token")
		q := w.enroll(up, "phone")
		full := w.must(200, w.verify(up, q, q.code(w, 0))).str("access_token")
		w.advance(time.Minute)
		stolen := w.login().str("access_token")
		guesses := 0
		for range 4 {
			for range 4 {
				if got := w.verify(stolen, p, "000000"); got.code() == "mfa_verification_failed" {
					guesses++
				}
			}
			w.do(passwordLine, full, ann)
		}
		if guesses != 10 {
			t.Errorf("%d guesses", guesses)
		}
	})
}

// TestSamePasswordIsAGuess: a request to change the password that fails for another reason
// cannot be used to guess the present password.
func TestSamePasswordIsAGuess(t *testing.T) {
	engines(t, usual, func(t *testing.T, w *world) {
		token := w.must(200, w.do("POST /signup", "", ann)).str("access_token")
		long := strings.Repeat("x", 5000)
		w.must(200, w.do("PUT /user", token, fmt.Sprintf(`{"data":{"a":%q}}`, long)))
		guess := func(password string) *answer {
			return w.do("PUT /user", token, fmt.Sprintf(`{"password":%q,"data":{"b":%q}}`, password, long))
		}
		w.refused(422, "same_password", guess("a good password"))
		for i := range 10 {
			w.refused(400, "validation_failed", guess(fmt.Sprintf("guess number %d", i)))
		}
		if got := guess("a good password"); !w.limited(got) {
			t.Errorf("after ten guesses: %d %s", got.status, got.text)
		}
	})
}

// TestBegunByUsers: flows that a user begins leave rows, so their number is limited. A
// session with a password alone does not use up the limit of the owner's other sessions.
func TestBegunByUsers(t *testing.T) {
	change := func(c *accounts.Config) { usual(c); withPasskeys(c); c.Limits.Requests.Count = 2 }
	engines(t, change, func(t *testing.T, w *world) {
		up := w.must(200, w.do("POST /signup", "", ann)).str("access_token")
		p := w.enroll(up, "phone")
		for i := range 20 {
			line := "POST /factors/" + p.id + "/challenge"
			if i%2 == 0 {
				line = "POST /passkeys/registration/options"
			}
			w.must(200, w.do(line, up, "{}"))
		}
		for _, line := range []string{"POST /factors/" + p.id + "/challenge", "POST /passkeys/registration/options"} {
			if got := w.do(line, up, "{}"); !w.limited(got) {
				t.Errorf("%s: %d %s", line, got.status, got.text)
			}
			w.must(200, w.from("203.0.113.7", line, up, "{}"))
		}
		other := w.must(200, w.do("POST /signup", "", bob)).str("access_token")
		w.must(200, w.do("POST /passkeys/registration/options", other, "{}"))
	})
}

// TestOwnIsCounted: a user can make API keys, which send a notice, and recovery codes often
// enough, but not without limit.
func TestOwnIsCounted(t *testing.T) {
	change := func(c *accounts.Config) { usual(c); c.Limits.Requests.Count = 2 }
	engines(t, change, func(t *testing.T, w *world) {
		in, _ := w.withApp()
		token := in.str("access_token")
		for range 2 {
			id := w.must(200, w.do("POST /user/api-keys", token, `{"name":"x","scopes":["accounts.self"]}`)).str("id")
			w.must(204, w.do("DELETE /user/api-keys/"+id, token, ""))
		}
		// From wherever they come: the mails are to one address.
		if got := w.from("198.51.100.7", "POST /user/api-keys", token, `{"name":"x","scopes":["accounts.self"]}`); !w.limited(got) {
			t.Errorf("a third key: %d %s", got.status, got.text)
		}
		w.must(200, w.do("POST /factors/recovery-codes", token, "")) // beside the challenge of the app
		for range 9 {
			w.must(200, w.do("POST /factors/recovery-codes", token, ""))
			w.must(204, w.do("DELETE /factors/recovery-codes", token, ""))
		}
		for _, line := range []string{"POST /factors/recovery-codes", "DELETE /factors/recovery-codes"} {
			if got := w.do(line, token, ""); !w.limited(got) {
				t.Errorf("%s: %d %s", line, got.status, got.text)
			}
		}
	})
}

// TestIDTokensAreCounted: an ID token that is sent repeatedly makes at most as many
// sessions as logins at providers may be begun.
func TestIDTokensAreCounted(t *testing.T) {
	providers(t, func(c *accounts.Config) { usual(c); c.Limits.Requests.Count = 2 }, func(t *testing.T, w *world, f fakes) {
		body := fmt.Sprintf(`{"provider":"trusted","id_token":%q}`, f.trusted.IDToken(nil))
		for range 20 {
			w.must(200, w.do("POST /token?grant_type=id_token", "", body))
		}
		if got := w.do("POST /token?grant_type=id_token", "", body); !w.limited(got) {
			t.Errorf("%d %s", got.status, got.text)
		}
	})
}

// TestBudgetBegunAtOnce: simultaneous first requests of a budget are not refused as if it
// were used up.
func TestBudgetBegunAtOnce(t *testing.T) {
	engines(t, usual, func(t *testing.T, w *world) {
		for round := range 5 {
			var wg sync.WaitGroup
			for i := range 20 {
				wg.Go(func() {
					body := fmt.Sprintf(`{"email":"user%d.%d@example.org","password":"a good password"}`, round, i)
					w.must(200, w.do("POST /signup", "", body))
				})
			}
			wg.Wait()
			w.advance(6 * time.Minute)
		}
	})
}
