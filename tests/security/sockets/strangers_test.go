package sockets_test

import (
	"bufio"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/middleware"
)

// TestA47OverSockets is case A-47 against a served application behind a proxy: 10,000
// strangers, each from an address of their own and with an API key, a token or a cookie of
// their own, leave no more in memory than there is room for, and who has used up their
// burst stays limited in their midst. It runs beside no others, whose memory it would count.
func TestA47OverSockets(t *testing.T) {
	engines(t, func(t *testing.T, url string) {
		limiter, err := middleware.NewLimiter(middleware.LimiterOptions{Size: 1000})
		if err != nil {
			t.Fatal(err)
		}
		s := newSite(t, url, func(c *plinth.Config) {
			c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
			c.Rates = plinth.Rates{Address: plinth.Rate{Requests: 20, Per: time.Hour}, Limiter: limiter}
		})
		target := func() int {
			return s.send(t, request("GET /own", "X-Forwarded-For: 198.51.100.1\r\n", "")).StatusCode
		}
		for i := range 20 {
			if status := target(); status != http.StatusNoContent {
				t.Fatalf("request %d of 20: %d", i+1, status)
			}
		}
		limited := func(n int64) {
			t.Helper()
			if status := target(); status != http.StatusTooManyRequests {
				t.Errorf("behind %d strangers: %d", n, status)
			}
		}
		limited(0)
		s.strangers(t, 0, 2000) // what is made once is there
		before := heap()
		for n := int64(2000); n < 12_000; n += 2500 {
			s.strangers(t, n, n+2500)
			limited(n + 2500)
		}
		grown := heap() - before
		t.Logf("10,000 strangers left %d KiB", grown>>10)
		if grown > 512<<10 { // their counts alone would be more than 1 MiB
			t.Errorf("10,000 strangers left %d KiB", grown>>10)
		}
	})
}

// strangers send a request each, by four connections of the proxy.
func (s *site) strangers(t *testing.T, from, to int64) {
	t.Helper()
	kinds := []struct {
		target, header string // with what nobody has given out
		status         int
	}{
		{"/own", "Apikey: " + auth.NewPublishableKey()[:24] + "%020d", http.StatusNoContent}, // nobody, to a route that asks for nobody
		{"/rest/v1/tasks", "Authorization: Bearer eyJhbGciOiJFUzI1NiIsImtpZCI6IngifQ.eyJzdWIiOiJ4In0." + rand.Text() + "%020d", http.StatusUnauthorized},
		{"/rest/v1/tasks", "Apikey: " + auth.NewPublishableKey()[:24] + "%020d", http.StatusUnauthorized},
		{"/auth/v1/user", "Cookie: __Host-plinth-session=" + rand.Text() + "%020d", http.StatusUnauthorized},
	}
	next := new(atomic.Int64)
	next.Store(from)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			conn, err := net.Dial("tcp", s.addr) // loopback
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close() // read to its end
			_ = conn.SetDeadline(time.Now().Add(time.Minute))
			in := bufio.NewReader(conn)
			for n := next.Add(1); n <= to; n = next.Add(1) {
				kind := kinds[n%int64(len(kinds))]
				headers := fmt.Sprintf("X-Forwarded-For: 10.%d.%d.%d\r\n"+kind.header+"\r\n", n>>16, n>>8&0xff, n&0xff, n)
				_, _ = io.WriteString(conn, request("GET "+kind.target, headers, ""))
				res, err := http.ReadResponse(in, nil)
				if err != nil {
					t.Error(err)
					return
				}
				_, err = io.Copy(io.Discard, res.Body)
				noPlace := res.StatusCode == http.StatusServiceUnavailable // it has been counted before it was refused
				if err != nil || res.StatusCode != kind.status && !noPlace {
					t.Errorf("%s: %d, want %d, %v", kind.target, res.StatusCode, kind.status, err)
				}
			}
		})
	}
	wg.Wait()
}

// heap is the memory in use after all garbage is collected.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
