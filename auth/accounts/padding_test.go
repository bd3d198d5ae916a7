package accounts_test

import (
	"io"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
)

// late is a body that comes after a while, and says when it was there.
type late struct {
	io.ReadCloser
	after time.Duration
	came  time.Time
}

func (l *late) Read(p []byte) (int, error) {
	if l.came.IsZero() {
		time.Sleep(l.after)
		l.came = time.Now()
	}
	return l.ReadCloser.Read(p)
}

// padded are accounts that ask for confirmation and pad answers to a time that tests can wait for.
func padded(c *accounts.Config) {
	confirmed(c)
	c.MinResponseTime = 100 * time.Millisecond
}

// TestPaddingStartsAtTheBody: the time in which a client sends its body does not count as
// padded time.
func TestPaddingStartsAtTheBody(t *testing.T) {
	engines(t, padded, func(t *testing.T, w *world) {
		r := w.request("POST /recover", "", `{"email":"absent@example.org"}`)
		body := &late{ReadCloser: r.Body, after: 120 * time.Millisecond}
		r.Body = body
		w.send(r)
		if took := time.Since(body.came); took < w.cfg.MinResponseTime {
			t.Errorf("the answer took %v after the body, want %v at least", took, w.cfg.MinResponseTime)
		}
	})
}

// slowHash is a bcrypt hash as other systems keep them, of "a good password", with the cost 10.
const slowHash = "$2a$10$zgf5mmeu3itHWbeh0o.Fuupxvavhads.gFCvYR208ng7eH6Y3M4Oy"

// addImported makes an account that was brought along with its hash. Any login that
// succeeds makes it anew.
func (w *world) addImported() {
	w.t.Helper()
	imported := &accounts.ImportedUser{Email: "imported@example.org", EmailConfirmedAt: time.Unix(0, w.now.Load()), PasswordHash: slowHash}
	if report, err := w.a.Import(w.t.Context(), all(imported), nil); err != nil || report.Created != 1 {
		w.t.Fatalf("%+v, %v", report, err)
	}
}

// TestPaddedLogins: a wrong password is answered after the padded time, with and without an
// account, and a right one at once.
func TestPaddedLogins(t *testing.T) {
	engines(t, padded, func(t *testing.T, w *world) {
		w.addPeople()
		took := func(line, body string, status int) time.Duration {
			r := w.request(line, "", body)
			started := time.Now()
			w.must(status, w.send(r))
			return time.Since(started)
		}
		for _, name := range []string{"absent", "known", "passwordless"} {
			if d := took(passwordLine, login(name+"@example.org", "not the password"), 400); d < w.cfg.MinResponseTime {
				t.Errorf("login of %s: %v", name, d)
			}
			if d := took("POST /recover", `{"email":"`+name+`@example.org"}`, 200); d < w.cfg.MinResponseTime {
				t.Errorf("recovery of %s: %v", name, d)
			}
		}
		fastest := time.Hour
		for range 10 {
			fastest = min(fastest, took(passwordLine, login("known@example.org", "a good password"), 200))
		}
		if fastest >= w.cfg.MinResponseTime {
			t.Errorf("the fastest of ten logins took %v", fastest)
		}
	})
}

// TestRefusalsAreNotPadded: a request beyond Limits.Requests is answered at once. If it were
// padded, few IP addresses could hold all slots of unauthenticated requests.
func TestRefusalsAreNotPadded(t *testing.T) {
	change := func(c *accounts.Config) {
		padded(c)
		c.MinResponseTime = time.Second
		c.Limits.Requests = accounts.Limit{Count: 1, Per: time.Hour}
	}
	engines(t, change, func(t *testing.T, w *world) {
		const body = `{"email":"absent@example.org"}`
		w.must(200, w.do("POST /recover", "", body))
		fastest := time.Hour
		for range 5 {
			started := time.Now()
			w.must(429, w.do("POST /recover", "", body))
			fastest = min(fastest, time.Since(started))
		}
		if fastest >= w.cfg.MinResponseTime {
			t.Errorf("the fastest of five refusals took %v", fastest)
		}
	})
}
