package accounts_test

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/auth/password"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

// people are accounts in every state. A password that is not theirs, or any password
// for an address without an account, is answered the same.
var people = []string{"known", "banned", "removed", "unconfirmed", "passwordless", "absent"}

func (w *world) addPeople() {
	w.t.Helper()
	for _, name := range people {
		if name != "absent" {
			w.must(200, w.do("POST /signup", "", login(name+"@example.org", "a good password")))
		}
	}
	for name, change := range map[string]string{
		"known":       `"email_confirmed_at" = "created_at"`,
		"banned":      `"email_confirmed_at" = "created_at", "banned_until" = '2100-01-01T00:00:00.000000+00:00'`,
		"removed":     `"email_confirmed_at" = "created_at", "removed_at" = "created_at"`,
		"unconfirmed": `"email_confirmed_at" = null`,
		// As one is who has only ever come by a provider.
		"passwordless": `"email_confirmed_at" = "created_at", "password_hash" = null`,
	} {
		if _, err := w.db.Bun().ExecContext(w.t.Context(), `update "auth_users" set `+change+` where "email" = '`+name+`@example.org'`); err != nil {
			w.t.Fatal(err)
		}
	}
}

// mailed are the requests that end in a mail to whoever has an account.
var mailed = [][2]string{
	{"recover", `{"email":"%s@example.org"}`},
	{"otp", `{"email":"%s@example.org","create_user":false}`},
	{"resend", `{"email":"%s@example.org","type":"signup"}`},
}

// TestA1 is case A-1: status, headers and body are the same with and without an account.
func TestA1(t *testing.T) {
	engines(t, func(c *accounts.Config) { c.Autoconfirm = false }, func(t *testing.T, w *world) {
		w.addPeople()
		want := w.do(passwordLine, "", login("absent@example.org", "not the password"))
		if want.status != 400 || want.code() != "invalid_credentials" {
			t.Fatalf("%d %s", want.status, want.text)
		}
		for _, name := range people {
			for _, body := range []string{
				login(name+"@example.org", "not the password"), login(name+"@example.org", ""), fmt.Sprintf(`{"email":"%s@example.org"}`, name),
			} {
				got := w.do(passwordLine, "", body)
				if got.status != want.status || got.text != want.text || headersFor(got, "") != headersFor(want, "") {
					t.Errorf("%s: %d %s %s", body, got.status, headersFor(got, ""), got.text)
				}
			}
		}
		for _, what := range mailed {
			mail := func(name string) *answer { return w.do("POST /"+what[0], "", fmt.Sprintf(what[1], name)) }
			want, limited := mail("unknown"), mail("unknown")
			for _, name := range people {
				if got := mail(name); got.status != 200 || got.text != "{}" || headersFor(got, "") != headersFor(want, "") {
					t.Errorf("%s of %s: %d %s %s", what[0], name, got.status, headersFor(got, ""), got.text)
				}
				if got := mail(name); got.status != 429 || got.text != limited.text || headersFor(got, "") != headersFor(limited, "") {
					t.Errorf("%s of %s at once: %d %s %s", what[0], name, got.status, headersFor(got, ""), got.text)
				}
				// Digits that are wrong are wrong, whoever they are sent for.
				guess := fmt.Sprintf(`{"email":"%s@example.org","type":"recovery","token":"000000"}`, name)
				if got := w.do("POST /verify", "", guess); got.status != 403 || got.code() != "otp_expired" {
					t.Errorf("digits for %s: %d %s", name, got.status, got.text)
				}
			}
			w.advance(2 * time.Minute)
		}
		// Sign-up: the same but for what is drawn anew each time.
		forget := func(name string) string {
			email := name + "@example.org"
			a := w.do("POST /signup", "", login(email, "a good password"))
			headers := headersFor(a, email)
			for _, name := range []string{"id", "email", "created_at", "updated_at", "confirmation_sent_at"} {
				delete(a.body, name)
			}
			return fmt.Sprint(a.status, headers, a.body)
		}
		first := forget("new")
		w.advance(2 * time.Minute)
		for _, name := range []string{"new", "known", "banned", "unconfirmed", "passwordless"} {
			if got := forget(name); got != first {
				t.Errorf("sign-up of %s:\n%s\n%s", name, got, first)
			}
		}
	})
}

// TestA2Hash: a login computes a hash whether there is an account or not. It counts what the
// process allocates.
func TestA2Hash(t *testing.T) {
	const memory = 8 << 10 // KiB
	measure(t, func(c *accounts.Config) { c.Hashes = password.Config{Memory: memory, Time: 1} }, func(t *testing.T, w *world) {
		w.addPeople()
		for _, name := range people {
			least := uint64(math.MaxUint64)
			for range 3 { // others may allocate meanwhile
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				w.must(400, w.do(passwordLine, "", login(name+"@example.org", "not the password")))
				runtime.ReadMemStats(&after)
				least = min(least, after.TotalAlloc-before.TotalAlloc)
			}
			if least < memory<<10 {
				t.Errorf("a login as %s allocates %d bytes, a hash %d", name, least, memory<<10)
			}
		}
	})
}

// TestA2 is case A-2: so is the time, with the default hash and with an imported bcrypt
// hash.
func TestA2(t *testing.T) {
	programtest.SkipShort(t)
	const samples = 100
	change := func(c *accounts.Config) {
		c.Autoconfirm, c.Hashes, c.MinResponseTime = false, password.Config{}, 0
	}
	measure(t, change, func(t *testing.T, w *world) {
		w.addPeople()
		w.addImported()
		logins := make(map[string]func(int) *answer)
		for _, name := range append(slices.Clone(people), "imported") {
			logins[name] = func(int) *answer { return w.do(passwordLine, "", login(name+"@example.org", "not the password")) }
		}
		w.sameTime("login", logins, samples)
		ask := func(line, body string) *answer {
			w.advance(time.Minute) // an address gets a mail a minute
			return w.must(200, w.do(line, "", body))
		}
		w.sameTime("sign-up", map[string]func(int) *answer{
			"absent": func(i int) *answer {
				return ask("POST /signup", login(fmt.Sprintf("%d-%d@example.org", i, time.Now().UnixNano()), "a good password"))
			},
			"known": func(int) *answer { return ask("POST /signup", login("known@example.org", "a good password")) },
		}, samples)
		for _, what := range mailed {
			asks := make(map[string]func(int) *answer)
			for _, name := range []string{"absent", "known", "banned", "unconfirmed"} {
				asks[name] = func(int) *answer { return ask("POST /"+what[0], fmt.Sprintf(what[1], name)) }
			}
			w.sameTime(what[0], asks, 60)
		}
	})
}

// sameTime fails the test unless kinds of requests take as long as "absent", in two of
// three tries: medians that differ by less than 5 % or 2 ms, and single samples that
// tell nothing.
func (w *world) sameTime(what string, kinds map[string]func(i int) *answer, samples int) {
	w.t.Run(what, func(t *testing.T) { sameTime(t, what, kinds, samples) })
}

func sameTime(t *testing.T, what string, kinds map[string]func(i int) *answer, samples int) {
	const most = 0.6 // of the AUC
	good, report := 0, ""
	for try := range 3 {
		took := make(map[string][]time.Duration)
		for i := range samples {
			// The order turns, so that nobody always comes first.
			names := slices.Sorted(maps.Keys(kinds))
			for j := range names {
				name := names[(i+j)%len(names)]
				start := time.Now()
				kinds[name](try*samples + i)
				took[name] = append(took[name], time.Since(start))
			}
		}
		fine := true
		for _, name := range slices.Sorted(maps.Keys(kinds)) {
			a, b := median(took[name]), median(took["absent"])
			area := auc(took[name], took["absent"])
			apart := max(a-b, b-a)
			line := fmt.Sprintf("%s, %s: median %v, of absent %v, AUC %.2f", what, name, a, b, area)
			t.Log(line)
			if apart >= 2*time.Millisecond && apart >= b/20 || area >= most {
				fine, report = false, report+line+"\n"
			}
		}
		if fine {
			good++
		}
		if bad := try + 1 - good; good == 2 || bad == 2 {
			break
		}
	}
	if good < 2 {
		t.Errorf("the time tells:\n%s", report)
	}
}

func median(d []time.Duration) time.Duration {
	d = slices.Sorted(slices.Values(d))
	return d[len(d)/2]
}

// auc is how often a sample of a is larger than one of b, or smaller, if that is more
// often: 0.5 tells nothing, 1 everything (Mann and Whitney's U).
func auc(a, b []time.Duration) float64 {
	more := 0.0
	for _, x := range a {
		for _, y := range b {
			switch cmp.Compare(x, y) {
			case 1:
				more++
			case 0:
				more += 0.5
			}
		}
	}
	area := more / float64(len(a)*len(b))
	return max(area, 1-area)
}
