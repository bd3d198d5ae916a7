package served_test

import (
	"fmt"
	"maps"
	"math"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

// TestServedOverload offers four times the capacity to an application with default
// settings, at a fixed rate. Of 100 requests 80 are for a row, by unauthenticated callers
// and by users who read and write, 15 for a list of 20, 5 log in. Rates are off. The server
// runs on one processor and the client on the other. Latencies begin when a request was
// due. It has only a long form, beside nothing else.
func TestServedOverload(t *testing.T) {
	programtest.SkipShort(t)
	const last = 120 * time.Second
	s := startBy(t, apart(t), "PLINTH_RATE_ADDRESS=off", "PLINTH_RATE_CALLER=off")
	g := newGenerator(t, s, 600)
	g.logIn(t)
	c := g.capacity(t)
	g.logIn(t) // tokens last for five minutes
	var base, over, after []outcome
	baseMemory := s.memory(t, func() { base = g.offer(0.8*c, 10*time.Second) })
	var probes []outcome
	overMemory := s.memory(t, func() {
		probes = s.probed(func() { over = g.offer(4*c, last) })
	})
	// The load goes back to what the server can do, and the server has five seconds to
	// do it as before.
	after = only(g.offer(0.8*c, 10*time.Second), func(o outcome) bool { return o.due > 5*time.Second })

	tell(t, "at 0.8 of the capacity", base)
	tell(t, "at 4", over)
	tell(t, "probes at 4", probes)
	tell(t, "at 0.8, 5 s later", after)
	t.Logf("memory %d MiB at 0.8, %d MiB at 4", baseMemory>>20, overMemory>>20)

	accepted, refused := only(over, served), only(over, shed)
	if len(accepted)+len(refused) != len(over) {
		t.Errorf("%d answers are neither a success, 429 nor 503, such as %+v", len(over)-len(accepted)-len(refused), strange(over))
	}
	if len(refused) == 0 {
		t.Error("nothing was refused, so that the capacity was taken for less than it is")
	}
	if goodput := float64(len(accepted)) / last.Seconds(); goodput < 0.8*c {
		t.Errorf("%.0f served a second, capacity %.0f", goodput, c)
	}
	if p99 := quantile(accepted, 0.99); p99 > time.Second {
		t.Errorf("99 of 100 that were served within %s", p99)
	}
	before := float64(len(only(base, served))) / float64(len(base))
	if ok := only(after, served); float64(len(ok)) < (before-(1-mostServed))*float64(len(after)) || quantile(ok, 0.99) > time.Second {
		t.Errorf("afterwards %d of %d served, 99 of 100 within %s; before, a part of %.4f", len(ok), len(after), quantile(ok, 0.99), before)
	}
	if bound := 2*baseMemory + 64<<20; overMemory > bound {
		t.Errorf("%d MiB, at 0.8 of the capacity %d MiB", overMemory>>20, baseMemory>>20)
	}
	if ok := only(probes, served); len(ok) != len(probes) {
		t.Errorf("%d of %d probes answered 200", len(ok), len(probes))
	}
}

// mostServed is the part that has to be served of what a server can do. Requests are due
// at random times, and a burst of logins is no lack of capacity.
const mostServed = 0.995

// capacity finds the highest rate at which nearly all are served, within half a second.
func (g *generator) capacity(t *testing.T) float64 {
	t.Helper()
	good := func(rate float64, last time.Duration) bool {
		for range 2 { // since a pause of the machine is no lack of capacity
			all := g.offer(rate, last)
			ok := only(all, served)
			if float64(len(ok)) >= mostServed*float64(len(all)) && quantile(ok, 0.99) < 500*time.Millisecond {
				return true
			}
		}
		return false
	}
	g.offer(20, 2*time.Second) // connections and caches
	low, high := 50.0, 2000.0
	for high/low > 1.05 {
		rate := math.Sqrt(low * high)
		if good(rate, 5*time.Second) {
			low = rate
		} else {
			high = rate
		}
	}
	for !good(low, 15*time.Second) {
		if low *= 0.95; low < 50 {
			t.Fatal("the server can do nothing")
		}
	}
	t.Logf("capacity %.0f/s", low)
	return low
}

// tell logs what became of requests, of all and of each kind.
func tell(t *testing.T, what string, all []outcome) {
	t.Helper()
	if len(all) == 0 {
		t.Errorf("%s: nothing was sent", what)
		return
	}
	span := max(all[len(all)-1].due-all[0].due, 1)
	ok, refused := only(all, served), only(all, shed)
	t.Logf("%s: %d sent, a hundredth later than %s; %.0f/s served, p50 %s, p99 %s", what, len(all), lateness(all),
		float64(len(ok))/span.Seconds(), quantile(ok, 0.5), quantile(ok, 0.99))
	if len(refused) > 0 {
		t.Logf("%s: %d refused, p50 %s, p90 %s, p99 %s", what, len(refused), quantile(refused, 0.5), quantile(refused, 0.9), quantile(refused, 0.99))
	}
	groups := map[string][]outcome{}
	for _, o := range all {
		name := fmt.Sprintf("%s %d", o.kind, o.status)
		groups[name] = append(groups[name], o)
	}
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		t.Logf("  %s: %d, p50 %s, p99 %s", name, len(groups[name]), quantile(groups[name], 0.5), quantile(groups[name], 0.99))
	}
}

func strange(all []outcome) outcome {
	i := slices.IndexFunc(all, func(o outcome) bool { return !served(o) && !shed(o) })
	return all[max(i, 0)]
}

// apart moves this process to the second processor until t ends, and returns the
// command that starts another one on the first. Where that cannot be they share.
func apart(t *testing.T) []string {
	t.Helper()
	move := func(processors string) error {
		return exec.Command("taskset", "-a", "-c", "-p", processors, strconv.Itoa(os.Getpid())).Run()
	}
	if err := move("1"); err != nil {
		t.Logf("the client and the server share processors: %v", err)
		return nil
	}
	t.Cleanup(func() { _ = move("0-1") })
	return []string{"taskset", "-c", "0"}
}

// memory is the most that the server has resident while something happens, in bytes.
func (s *site) memory(t *testing.T, during func()) (most int64) {
	t.Helper()
	while(during, func() {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.pid))
		_, rest, ok := strings.Cut(string(status), "VmRSS:")
		size, _, okSize := strings.Cut(rest, "kB")
		n, errSize := strconv.ParseInt(strings.TrimSpace(size), 10, 64)
		if err != nil || !ok || !okSize || errSize != nil {
			t.Error("the server's memory cannot be read")
		}
		most = max(most, n<<10)
	})
	return most
}

// probed asks whether the server is ready while something happens.
func (s *site) probed(during func()) (all []outcome) {
	w := &wire{}
	begin := time.Now()
	while(during, func() {
		o := outcome{kind: "probe", due: time.Since(begin)}
		o.status, _ = w.ask(s.address, "GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")
		o.took = time.Since(begin) - o.due
		all = append(all, o)
	})
	if w.Conn != nil {
		_ = w.Close()
	}
	return all
}

// while does something ten times a second while something else happens.
func while(during, often func()) {
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for tick := time.NewTicker(100 * time.Millisecond); ; {
			select {
			case <-done:
				tick.Stop()
				return
			case <-tick.C:
				often()
			}
		}
	}()
	during()
	close(done)
	<-stopped
}

func served(o outcome) bool { return o.status == http.StatusOK || o.status == http.StatusNoContent }

func shed(o outcome) bool {
	return o.status == http.StatusServiceUnavailable || o.status == http.StatusTooManyRequests
}
