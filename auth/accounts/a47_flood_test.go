package accounts_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

// heap is the memory in use after all garbage is collected.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestA47Unauthenticated: 10,000 requests with different e-mail addresses, phone numbers
// and IP addresses leave nothing in memory. Clients that were limited before stay limited by
// each budget. Other clients are not limited by the flood, except for text messages, which
// cost money. The rows of the flood are deleted afterwards. The short form sends 2,000
// requests, PLINTH_TEST_LONG=1 sends 10,000.
func TestA47Unauthenticated(t *testing.T) {
	const atOnce, most = 8, 1 << 20
	requests := int64(2_000)
	if programtest.Long() {
		requests = 10_000
	}
	change := func(c *accounts.Config) {
		withSMS(c)
		c.Autoconfirm = true // nobody waits for an even time
		c.Limits, c.Logger = accounts.Limits{}, slog.New(slog.DiscardHandler)
	}
	measure(t, change, func(t *testing.T, w *world) {
		w.must(200, w.do("POST /signup", "", ann))
		spend := func(status int, times int, send func(i int) *answer) {
			t.Helper()
			for i := range times {
				w.must(status, send(i))
			}
		}
		fresh := new(atomic.Int64) // addresses that nobody has come from
		address := func() string {
			n := fresh.Add(1)
			return fmt.Sprintf("10.%d.%d.%d", n>>16, n>>8&0xff, n&0xff)
		}
		guess := login("ann@example.org", "wrong")
		recovery := func(mail string) string { return fmt.Sprintf(`{"email":%q}`, mail) }
		for range 5 {
			w.must(200, w.from(address(), "POST /otp", "", `{"phone":"+4930123456"}`))
			w.advance(90 * time.Second) // MailInterval
		}
		spend(400, 10, func(int) *answer { return w.from("198.51.100.1", passwordLine, "", guess) })
		spend(400, 100, func(i int) *answer {
			return w.from("198.51.100.2", passwordLine, "", login(fmt.Sprintf("of-one-address-%d@example.org", i), "wrong"))
		})
		spend(400, 100, func(int) *answer { return w.from(address(), passwordLine, "", login("bob@example.org", "wrong")) })
		spend(200, 30, func(i int) *answer {
			return w.from("198.51.100.3", "POST /recover", "", recovery(fmt.Sprintf("asked-%d@example.org", i)))
		})
		targets := map[string]func() *answer{
			"an address and an account": func() *answer { return w.from("198.51.100.1", passwordLine, "", guess) },
			"an address":                func() *answer { return w.from("198.51.100.2", passwordLine, "", login("new@example.org", "wrong")) },
			"an account":                func() *answer { return w.from(address(), passwordLine, "", login("bob@example.org", "wrong")) },
			"an address that asks":      func() *answer { return w.from("198.51.100.3", "POST /recover", "", recovery("other@example.org")) },
			"a number":                  func() *answer { return w.from(address(), "POST /otp", "", `{"phone":"+4930123456"}`) },
		}
		w.must(200, w.from(address(), "POST /recover", "", recovery("dora@example.org")))
		targets["a mail"] = func() *answer { return w.from(address(), "POST /recover", "", recovery("dora@example.org")) }
		limited := func(when string) {
			t.Helper()
			for name, send := range targets {
				if a := send(); a.status != http.StatusTooManyRequests {
					t.Errorf("%s, %s is limited no more: %d %s", when, name, a.status, a.text)
				}
			}
		}
		limited("before the flood")

		kinds := []struct {
			line, body string
			want       int
		}{
			{passwordLine, `{"email":"u%d@example.net","password":"wrong"}`, 400},
			{"POST /recover", `{"email":"u%d@example.net"}`, 200},
			{"POST /otp", `{"email":"u%d@example.net","create_user":false}`, 200},
			{"POST /resend", `{"email":"u%d@example.net","type":"signup"}`, 200},
			{"POST /verify", `{"email":"u%d@example.net","type":"email","token":"123456"}`, 403},
			{"POST /token?grant_type=refresh_token", `{"refresh_token":"v1.forged%d"}`, 400},
			{passwordLine, `{"phone":"+49301%07d","password":"wrong"}`, 400},
			{"POST /otp", `{"phone":"+49301%07d"}`, 0},
		}
		var messages, conflicts atomic.Int64
		flood := func(from, to int64) {
			t.Helper()
			var next atomic.Int64
			next.Store(from)
			var wg sync.WaitGroup
			for range atOnce {
				wg.Go(func() {
					for n := next.Add(1); n <= to; n = next.Add(1) {
						kind := kinds[n%int64(len(kinds))]
						switch a := w.from(address(), kind.line, "", fmt.Sprintf(kind.body, n)); {
						case kind.want == 0 && a.status == 200:
							messages.Add(1)
						case kind.want == 0 && strings.HasPrefix(a.code(), "over_sms"):
						case a.status == http.StatusConflict && a.code() == "conflict":
							conflicts.Add(1) // lost ten times against the others on PostgreSQL, and may be sent again
						case a.status != kind.want:
							t.Errorf("%s: %d %s", kind.line, a.status, a.text)
						}
					}
				})
			}
			wg.Wait()
		}
		flood(0, 500) // what is made once is there
		began, before := time.Now(), heap()
		for i := range int64(4) {
			flood(500+i*requests/4, 500+(i+1)*requests/4)
			limited(fmt.Sprintf("after %d requests", (i+1)*requests/4))
		}
		if grown := heap() - before; grown > most {
			t.Errorf("%d requests of strangers left %d KiB in memory, at most %d are for them", requests, grown>>10, most>>10)
		} else {
			t.Logf("%d requests of strangers left %d KiB in memory, in %s", requests, grown>>10, time.Since(began).Round(time.Millisecond))
		}
		if n := conflicts.Load(); n > requests/100 {
			t.Errorf("%d requests of %d lost against others", n, requests)
		}
		if n := messages.Load(); n > 30 {
			t.Errorf("%d messages", n)
		}

		rows := func(table string) (n int) {
			t.Helper()
			if err := w.db.Bun().NewSelect().TableExpr(table).ColumnExpr("count(*)").Scan(t.Context(), &n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		left := func() string {
			if err := w.a.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			return fmt.Sprintf("%d budgets, %d times of mails, %d codes, %d users", rows("auth_failures"), rows("auth_mail_times"), rows("auth_codes"), rows("auth_users"))
		}
		t.Log("at once ", left())
		w.advance(31 * 24 * time.Hour)
		if got := left(); got != "0 budgets, 0 times of mails, 0 codes, 1 users" {
			t.Errorf("after a month there are %s", got)
		}
	})
}
