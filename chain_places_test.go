package plinth_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/password"
)

// TestPlacesOfLogins: while logins wait for a turn to hash, others find the places free
// that are theirs, if there is a thread that does not hash.
func TestPlacesOfLogins(t *testing.T) {
	if runtime.GOMAXPROCS(0) == 1 {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	}
	config := testConfig(t)
	config.MaxRequests, config.MaxRequestsPerCaller = 1, 4
	config.Accounts.Hashes = password.Config{Memory: 32 << 10, Time: 4, Concurrent: 1, Wait: time.Minute}
	h := handler(t, config)
	codes := make([]int, 3) // strangers have as many places even of a crowded server
	var logins sync.WaitGroup
	for i := range codes {
		logins.Go(func() {
			body := fmt.Sprintf(`{"email":"nobody%d@example.org","password":"a good password"}`, i)
			path := []string{"token", "token/", "/token"}[i] // accounts take them for the same
			codes[i] = do(t, h, http.MethodPost, "/auth/v1/"+path+"?grant_type=password", body).Code
		})
	}
	done := make(chan struct{})
	go func() {
		logins.Wait()
		close(done)
	}()
	served := 0
	for waiting := true; waiting; {
		select {
		case <-done:
			waiting = false
		default:
			if w := do(t, h, http.MethodGet, "/who", ""); w.Code != http.StatusOK {
				t.Fatalf("beside logins: %d %s", w.Code, w.Body)
			}
			served++
		}
	}
	if served < 10 {
		t.Errorf("%d were served beside logins", served)
	}
	for _, code := range codes {
		if code != http.StatusBadRequest {
			t.Errorf("logins of nobody: %v", codes)
			break
		}
	}
}

// TestPlacesOfOneCaller: one caller has no more requests in work than Config says, and
// others find a place beside them.
func TestPlacesOfOneCaller(t *testing.T) {
	t.Parallel()
	config := served(t)
	config.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.1/32")}
	config.MaxRequests, config.MaxRequestsPerCaller = 4, 1
	app := newApp(t, config)
	t.Cleanup(func() { _ = app.DB().Close() })
	held, release := make(chan struct{}), make(chan struct{})
	app.Router().Get("/hold", func(http.ResponseWriter, *http.Request) {
		close(held)
		<-release
	})
	app.Router().Get("/hello", func(http.ResponseWriter, *http.Request) {})
	handler, err := app.Handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var first sync.WaitGroup
	first.Go(func() { ask(t, handler, http.MethodGet, "/hold", "203.0.113.1") })
	<-held
	if w := ask(t, handler, http.MethodGet, "/hello", "203.0.113.1"); w.Code != http.StatusTooManyRequests || !strings.Contains(w.Body.String(), `"PL429"`) {
		t.Errorf("a second one: %d %s", w.Code, w.Body)
	}
	if w := ask(t, handler, http.MethodGet, "/hello", "203.0.113.2"); w.Code != http.StatusOK {
		t.Errorf("one of another address: %d %s", w.Code, w.Body)
	}
	close(release)
	first.Wait()
	if w := ask(t, handler, http.MethodGet, "/hello", "203.0.113.1"); w.Code != http.StatusOK {
		t.Errorf("afterwards: %d %s", w.Code, w.Body)
	}
}
