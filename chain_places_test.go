package plinth_test

import (
	"fmt"
	"net/http"
	"runtime"
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
