package accounts_test

import (
	"io"
	"testing"
	"time"
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
