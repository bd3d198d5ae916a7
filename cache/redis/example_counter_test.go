package redis_test

import (
	"fmt"
	"log"
	"math"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/cache/redis"
	"github.com/seed-7694ebf6/plinth/internal/testkit/redistest"
)

// exports lets each account export three times at once, and then once a minute, on all
// instances together. While Redis is away everybody may: that is a choice of this
// handler, and a wrong one for logins.
func exports(limiter *redis.Limiter, export http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		remaining, wait, err := limiter.Take(r.Context(), r.Header.Get("Account"), time.Minute, 3)
		switch {
		case err != nil:
			w.Header().Set("Exports-Left", "unknown")
		case wait > 0:
			w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
			http.Error(w, "too many exports", http.StatusTooManyRequests)
			return
		default:
			w.Header().Set("Exports-Left", strconv.Itoa(remaining))
		}
		export.ServeHTTP(w, r)
	})
}

// A rate counter that all instances of an application share.
func ExampleLimiter() {
	// Nothing listens at this address, so nobody is refused here.
	client, err := redis.NewClient(redis.ClientOptions{URL: "redis://127.0.0.1:1", Logger: quiet})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	limiter, err := redis.NewLimiter(client, redis.LimiterOptions{Name: "exports"})
	if err != nil {
		log.Fatal(err)
	}
	handler := exports(limiter, http.NotFoundHandler())

	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest("GET", "/export", nil))
	fmt.Println(w.Code)
	// Output: 404
}

// TestRateCounter runs the handler of the example with a server.
func TestRateCounter(t *testing.T) {
	t.Parallel()
	limiter := must(redis.NewLimiter(newClient(t, redis.ClientOptions{URL: redistest.Start(t).URL(), Timeout: patient}), redis.LimiterOptions{Name: "exports"}))
	handler := exports(limiter, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "data") }))
	for i, want := range []struct {
		account string
		status  int
		left    string
	}{{"ann", 200, "2"}, {"ann", 200, "1"}, {"bob", 200, "2"}, {"ann", 200, "0"}, {"ann", 429, ""}, {"bob", 200, "1"}} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Account", want.account)
		handler.ServeHTTP(w, r)
		if w.Code != want.status || w.Header().Get("Exports-Left") != want.left || (w.Header().Get("Retry-After") != "") != (w.Code == 429) {
			t.Errorf("request %d of %s: %d, %v", i, want.account, w.Code, w.Header())
		}
	}
}
