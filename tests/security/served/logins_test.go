package served_test

import (
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

// TestA41: 500 clients log in at once over sockets, from as many IP addresses, and
// every second one disconnects after 20 ms. Other logins get 200 or 503 with Retry-After,
// probes are answered, and the server's memory grows by at most 256 MiB. The short form
// runs beside other tests, so it allows longer times.
func TestA41(t *testing.T) {
	last, wait, lag := 3*time.Second, 15*time.Second, 5*time.Second
	if programtest.Long() {
		last, wait, lag = time.Minute, 3*time.Second, 100*time.Millisecond
	}
	engines(t, func(t *testing.T, s *site) {
		for i := range 5 {
			s.logIn(t, i)
		}
		idle := s.memory(t, func() { time.Sleep(250 * time.Millisecond) })
		var all, probes []outcome
		peak := s.memory(t, func() {
			probes = s.probed(func() { all = s.crowd(t, last) })
		})
		s.logIn(t, 0)

		tell(t, "logins", all)
		tell(t, "probes", probes)
		t.Logf("idle %d MiB, peak %d MiB", idle>>20, peak>>20)
		if bound := idle + 256<<20; peak > bound {
			t.Errorf("%d MiB, at most %d MiB", peak>>20, bound>>20)
		}
		let, refused := only(all, served), only(all, shed)
		if len(let) == 0 || len(refused) == 0 || len(let)+len(refused) != len(all) {
			t.Errorf("of %d logins %d are let in and %d refused, others such as %+v", len(all), len(let), len(refused), strange(all))
		}
		if slowest := quantile(let, 1); slowest > 2*wait {
			t.Errorf("somebody was let in after %s", slowest)
		}
		if slowest := quantile(refused, 1); slowest > wait {
			t.Errorf("somebody was refused after %s", slowest)
		}
		if ok := only(probes, served); len(ok) != len(probes) || quantile(probes, 0.99) > lag {
			t.Errorf("%d of %d probes answered, 99 of 100 within %s", len(ok), len(probes), quantile(probes, 0.99))
		}
	})
}

// logIn lets a user in; there may be few places after a load.
func (s *site) logIn(t *testing.T, i int) {
	t.Helper()
	for begun := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		w := &wire{}
		status, body := w.ask(s.address, loginOf(i))
		if w.Conn != nil {
			_ = w.Close()
		}
		if status == http.StatusOK {
			return
		}
		if time.Since(begun) > 5*time.Second {
			t.Fatalf("login: %d %s", status, body)
		}
	}
}

// crowd lets 500 clients log in for a while, every second of whom leaves. It returns what
// became of the others, who come again a tenth of a second after they were refused.
func (s *site) crowd(t *testing.T, last time.Duration) (all []outcome) {
	t.Helper()
	var mu sync.Mutex
	var wg sync.WaitGroup
	begin := time.Now()
	for i := range 500 {
		wg.Go(func() {
			w := &wire{}
			for time.Since(begin) < last {
				if i%2 == 1 {
					s.leave(i)
					continue
				}
				o := outcome{kind: "login", due: time.Since(begin)}
				o.status, _ = w.ask(s.address, loginOf(i))
				o.took = time.Since(begin) - o.due
				mu.Lock()
				all = append(all, o)
				mu.Unlock()
				if shed(o) {
					if w.header.Get("Retry-After") == "" {
						t.Errorf("%d without Retry-After", o.status)
					}
					time.Sleep(time.Duration(50+rand.IntN(100)) * time.Millisecond)
				}
			}
			if w.Conn != nil {
				_ = w.Close()
			}
		})
	}
	wg.Wait()
	return all
}

// leave sends a login and goes away.
func (s *site) leave(i int) {
	conn, err := net.Dial("tcp", s.address)
	if err != nil {
		return
	}
	_, _ = io.WriteString(conn, loginOf(i))
	time.Sleep(20 * time.Millisecond)
	_ = conn.Close()
	time.Sleep(time.Duration(rand.IntN(100)) * time.Millisecond)
}
