package servetest_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestSlowBodies: while bodies arrive a byte a second, of one address or of forty and of
// every kind, strangers who ask for one and a half times what the server can do are served
// as without them. The slow ones come first, when there are as many places as there ever
// are; the load makes them fewer. Rounds with and without take turns. The short form runs
// beside other tests, and finds out only whether anybody is served.
func TestSlowBodies(t *testing.T) {
	s := start(t, "GOMAXPROCS=1")
	rounds, last, least := 1, time.Second, 0.2
	if long() {
		rounds, last, least = 4, 5*time.Second, 0.9
	}
	g := newGenerator(t, s, 200)
	g.requestOf = ordinary
	g.offer(100, time.Second) // connections and caches
	for _, slow := range []struct {
		name      string
		addresses int
		header    string
	}{
		{"OneAddress", 1, "Content-Length: 1000"},
		{"Addresses", 40, "Content-Length: 1000"},
		{"Long", 40, "Content-Length: 1000000"},
		{"Chunked", 40, "Transfer-Encoding: chunked"},
	} {
		t.Run(slow.name, func(t *testing.T) {
			rate := 1.5 * capacity(t, s)
			var without, with []outcome
			for range rounds {
				without = append(without, g.offer(rate, last)...)
				stop := drip(t, s, 200, slow.addresses, slow.header)
				with = append(with, g.offer(rate, last)...)
				stop()
			}
			before, during := only(without, served), only(with, served)
			part := float64(len(during)) / float64(len(before))
			t.Logf("%.0f/s offered, %.0f/s served beside slow bodies (p99 %s), %.0f/s without (p99 %s): %.2f", rate,
				float64(len(during))/float64(rounds)/last.Seconds(), quantile(during, 0.99), float64(len(before))/float64(rounds)/last.Seconds(), quantile(before, 0.99), part)
			if odd := len(with) + len(without) - len(during) - len(before) - len(only(with, shed)) - len(only(without, shed)); odd > 0 {
				t.Errorf("%d answers are neither 200 nor 503, such as %v, %v", odd, strange(with), strange(without))
			}
			if part < least {
				t.Errorf("%.2f of what is served without slow bodies", part)
			}
		})
	}
}

// ordinary returns a call of a function that computes, a quarter of them by POST, of an
// address of its own.
func ordinary(i, percent int) (kind, text string) {
	header := fmt.Sprintf(" HTTP/1.1\r\nHost: x\r\nApikey: %s\r\nX-Forwarded-For: 10.1.%d.%d\r\n", publishable, i/250%240, i%250)
	if percent < 75 {
		return "get", fmt.Sprintf("GET /rest/v1/rpc/digest?id=n%d%s\r\n", i%notes, header)
	}
	body := fmt.Sprintf(`{"id":"n%d"}`, i%notes)
	return "post", fmt.Sprintf("POST /rest/v1/rpc/digest%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", header, len(body), body)
}

// capacity is how many requests in a second a few clients get answered, one after the
// other each.
func capacity(t *testing.T, s *site) float64 {
	t.Helper()
	var answered atomic.Int64
	var wg sync.WaitGroup
	began := time.Now()
	for i := range 4 {
		wg.Go(func() {
			w := &wire{}
			for n := i; time.Since(began) < time.Second; n++ {
				_, text := ordinary(n*250+i, n%100)
				switch status, _ := w.ask(s.address, text); status {
				case http.StatusOK:
					answered.Add(1)
				case http.StatusServiceUnavailable: // there are few places after a load
					time.Sleep(20 * time.Millisecond)
				default:
					t.Errorf("status %d", status)
					return
				}
			}
			_ = w.Close()
		})
	}
	wg.Wait()
	return float64(answered.Load()) / time.Since(began).Seconds()
}

// drip makes connections of addresses whose bodies arrive a byte a second, and returns what
// ends them.
func drip(t *testing.T, s *site, n, addresses int, header string) (stop func()) {
	t.Helper()
	end := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		conn, err := net.Dial("tcp", s.address)
		if err != nil {
			t.Fatal(err)
		}
		_, err = fmt.Fprintf(conn, "POST /rest/v1/rpc/digest HTTP/1.1\r\nHost: x\r\nApikey: %s\r\nX-Forwarded-For: 203.0.113.%d\r\nContent-Type: application/json\r\n%s\r\n\r\n",
			publishable, i%addresses, header)
		if err != nil {
			t.Fatal(err)
		}
		piece := " "
		if header[0] == 'T' {
			piece = "1\r\n \r\n"
		}
		wg.Go(func() {
			defer conn.Close() //nolint:errcheck // that is the end
			tick := time.NewTicker(time.Second)
			defer tick.Stop()
			for {
				select {
				case <-end:
					return
				case <-tick.C:
					_, _ = io.WriteString(conn, piece) // it may have been refused
				}
			}
		})
	}
	time.Sleep(200 * time.Millisecond) // the server has read them
	return func() {
		close(end)
		wg.Wait()
	}
}
