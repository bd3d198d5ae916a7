package accounts_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
)

// atOnce makes requests at the same time and counts their statuses.
func atOnce(asks ...func() *answer) map[int]int {
	var wg sync.WaitGroup
	start, got := make(chan struct{}), make([]int, len(asks))
	for i, ask := range asks {
		wg.Go(func() {
			<-start
			got[i] = ask().status
		})
	}
	close(start)
	wg.Wait()
	out := map[int]int{}
	for _, status := range got {
		out[status]++
	}
	return out
}

func many(n int, ask func() *answer) []func() *answer {
	out := make([]func() *answer, n)
	for i := range out {
		out[i] = ask
	}
	return out
}

// TestMailsAtOnce: of simultaneous requests for a mail to one address one sends it, with
// and without an account, and none fails.
func TestMailsAtOnce(t *testing.T) {
	engines(t, func(c *accounts.Config) { withSMS(c); c.Limits.Requests.Count = -1 }, func(t *testing.T, w *world) {
		w.account("known@example.org")
		for _, c := range []struct {
			line, body string
			mails      int
		}{
			{"POST /recover", `{"email":"known@example.org"}`, 1},
			{"POST /recover", `{"email":"unknown@example.org"}`, 0},
			{"POST /otp", `{"email":"unknown@example.org"}`, 1},
			{"POST /signup", `{"email":"unknown@example.org","password":"a good password"}`, 1},
			{"POST /otp", `{"phone":"+4930000001","create_user":false}`, 0},
			{"POST /otp", `{"phone":"+4930000002"}`, 1},
			{"POST /signup", `{"phone":"+4930000003","password":"a good password"}`, 1},
		} {
			got := atOnce(many(20, func() *answer { return w.do(c.line, "", c.body) })...)
			if got[200] != 1 || got[429] != 19 {
				t.Errorf("%s %s: %v", c.line, c.body, got)
			}
			if mails := w.mails(); len(mails) != c.mails {
				t.Errorf("%s %s: %d mails", c.line, c.body, len(mails))
			}
		}
		// They have all signed up with one password, which holds.
		w.advance(time.Minute)
		w.must(200, w.do("POST /signup", "", `{"email":"unknown@example.org","password":"a good password"}`))
		w.must(200, w.verifyHash("signup", w.mail(accounts.MailConfirmation, "unknown@example.org")))
		w.must(200, w.enter("unknown@example.org", "a good password"))
	})
}

// TestEmailChangeBothAtOnce: two addresses that confirm at the same moment complete the
// change once.
func TestEmailChangeBothAtOnce(t *testing.T) {
	engines(t, confirmed, func(t *testing.T, w *world) {
		for i := range 5 {
			old, next := fmt.Sprintf("old%d@example.org", i), fmt.Sprintf("new%d@example.org", i)
			token := w.account(old)
			w.must(200, w.do("PUT /user", token, fmt.Sprintf(`{"email":%q}`, next)))
			mails := byAddress(w.mails())
			got := atOnce(
				func() *answer { return w.verifyHash("email_change", mails[old]) },
				func() *answer { return w.verifyHash("email_change", mails[next]) },
			)
			if got[200] != 2 {
				t.Errorf("%v", got)
			}
			w.must(200, w.enter(next, "a good password"))
			w.mails()
		}
	})
}

// TestPasswordsAtOnce: of two simultaneous changes of a password one succeeds, and only its
// session stays.
func TestPasswordsAtOnce(t *testing.T) {
	engines(t, confirmed, func(t *testing.T, w *world) {
		one := w.account("ann@example.org")
		two := w.must(200, w.enter("ann@example.org", "a good password")).str("access_token")
		atOnce(
			func() *answer { return w.do("PUT /user", one, `{"password":"another password 1"}`) },
			func() *answer { return w.do("PUT /user", two, `{"password":"another password 2"}`) },
		)
		first, second := w.enter("ann@example.org", "another password 1").status == 200, w.enter("ann@example.org", "another password 2").status == 200
		if first == second {
			t.Errorf("the first holds: %v, the second: %v", first, second)
		}
		if w.goesOn(one) == w.goesOn(two) {
			t.Error("both sessions go on, or none")
		}
	})
}

// TestFirstLoginsAtOnce: two simultaneous first logins after an import both succeed,
// although one replaces the hash.
func TestFirstLoginsAtOnce(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		w.must(200, w.do("POST /signup", "", ann))
		for range 5 {
			w.sql("update auth_users set password_hash = ?", bcryptHash)
			ask := func() *answer { return w.do(passwordLine, "", ann) }
			if got := atOnce(many(6, ask)...); got[200] != 6 {
				t.Errorf("%v", got)
			}
		}
	})
}
