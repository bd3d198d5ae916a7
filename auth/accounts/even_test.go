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

// TestEvenFromTheBody: how long a client takes for its body is no part of the time that
// answers have in common. Otherwise one client would have all others wait, or choose
// where in a step the work for its own answer ends, and see what that takes after all.
func TestEvenFromTheBody(t *testing.T) {
	engines(t, confirmed, func(t *testing.T, w *world) {
		for _, after := range []time.Duration{225, 230, 235} { // a step would end at 240
			r := w.request("POST /recover", "", `{"email":"nobody@example.org"}`)
			body := &late{ReadCloser: r.Body, after: after * time.Millisecond}
			r.Body = body
			w.send(r)
			if took := time.Since(body.came); took < 20*time.Millisecond {
				t.Errorf("%d ms for the body, and %v for the answer, which is less than a step", after, took)
			}
		}
	})
}

// dearHash is a hash of bcrypt as others keep them, of "a good password", with the cost 10.
const dearHash = "$2a$10$zgf5mmeu3itHWbeh0o.Fuupxvavhads.gFCvYR208ng7eH6Y3M4Oy"

// addImported makes an account that was brought along with its hash. Any login that
// succeeds makes it anew.
func (w *world) addImported() {
	w.t.Helper()
	imported := &accounts.ImportedUser{Email: "imported@example.org", EmailConfirmedAt: time.Unix(0, w.now.Load()), PasswordHash: dearHash}
	if report, err := w.a.Import(w.t.Context(), all(imported), nil); err != nil || report.Created != 1 {
		w.t.Fatalf("%+v, %v", report, err)
	}
}

// TestEvenLogins: a login that fails takes as long as one with the slowest hash there is,
// which is that of an account that was imported.
func TestEvenLogins(t *testing.T) {
	engines(t, confirmed, func(t *testing.T, w *world) {
		w.addImported()
		failed := func(name string) time.Duration {
			r := w.request(passwordLine, "", login(name+"@example.org", "not the password"))
			began := time.Now()
			w.refused(400, "invalid_credentials", w.send(r))
			return time.Since(began)
		}
		failed("absent")
		for range 20 { // on a busy machine one may take so long that others do not wait for it
			if failed("imported") < accounts.MostHashSteps*accounts.EvenStep {
				break
			}
		}
		// No machine computes that hash within a step.
		for _, name := range []string{"absent", "imported"} {
			if took := failed(name); took < 2*accounts.EvenStep {
				t.Errorf("%s: %v", name, took)
			}
		}

		// A login that succeeds is answered at once, but others wait for what it took.
		other := w.withMasters(string(w.cfg.MasterKeys[0]))
		began := time.Now()
		other.must(200, other.do(passwordLine, "", login("imported@example.org", "a good password")))
		if took := time.Since(began); took < accounts.MostHashSteps*accounts.EvenStep {
			w = other
			if took := failed("absent"); took < 2*accounts.EvenStep {
				t.Errorf("after a login: %v", took)
			}
		}
	})
}
