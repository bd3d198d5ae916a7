package deploy_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/testkit/redistest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// TestSharedLimit: two instances with one Redis count a client together, and each for itself
// while that is away.
func TestSharedLimit(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	const most = 60
	env := append(production(pgtest.URL(t)), "PLINTH_DRAIN_DELAY=0s", fmt.Sprintf("PLINTH_RATE_ADDRESS=%d/24h", most), "NOTES_REDIS_URL="+server.URL())
	if out, err := runApp(t, env, "migrate", "up"); err != nil {
		t.Fatalf("migrate up: %v\n%s", err, out)
	}
	var two [2]string
	for i := range two {
		_, two[i] = startApp(t, env)
	}
	// asks sends requests of a client to an instance, one at a time, until it refuses one,
	// and returns how many it has served.
	asks := func(instance, client string, atMost int, pause time.Duration) (served int) {
		t.Helper()
		for served < atMost {
			status := statusFor(t, instance, client)
			if status == http.StatusTooManyRequests {
				return served
			}
			if status != http.StatusNotFound {
				t.Fatalf("%s is answered %d", client, status)
			}
			served++
			time.Sleep(pause)
		}
		return served
	}
	for i, instance := range two {
		// A connection is made when it is needed first, and on a busy machine not at once.
		for n := range most {
			client := fmt.Sprintf("203.0.113.%d", i*most+n)
			asks(instance, client, 1, 0)
			if server.Do("KEYS", "*"+client+"/*") == "*1" {
				break
			}
			if n == most-1 {
				t.Fatal("an instance does not count in Redis")
			}
			time.Sleep(200 * time.Millisecond)
		}
	}
	const client = "198.51.100.1"
	if served := asks(two[0], client, 2*most, 0); served == 2*most {
		t.Fatalf("%d requests of a client are served, of whom %d may be", served, most)
	}
	// Where the machine is busy a request may be counted by the instance alone, as while
	// Redis is away; one that knows of nobody else would serve as many again.
	if served := asks(two[1], client, most/2, 100*time.Millisecond); served == most/2 {
		t.Errorf("the other instance serves the same client %d more", served)
	}
	server.Kill()
	for _, instance := range two {
		if served := asks(instance, "198.51.100.2", 2*most, 0); served < most || served > most+1 {
			t.Errorf("without Redis an instance serves %d requests of a client, of whom %d may be", served, most)
		}
	}
}

// statusFor sends a request of a client behind a proxy to an instance.
func statusFor(t *testing.T, instance, client string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+instance+"/nowhere", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = http.Header{"X-Forwarded-For": {client}}
	res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}
