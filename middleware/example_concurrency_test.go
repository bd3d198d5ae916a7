package middleware_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/seed-7694ebf6/plinth/middleware"
)

// Requests below /health tell whether the server lives, and streams of events hold no
// processor. Everything else is as important as who calls and what for.
func ExampleConcurrency() {
	busy := middleware.Concurrency(middleware.ConcurrencyOptions{
		Limit: 64, PerCaller: 8,
		Priority: func(r *http.Request) middleware.Priority {
			switch {
			case strings.HasPrefix(r.URL.Path, "/health"):
				return middleware.PriorityHealth
			case r.URL.Path == "/events":
				return middleware.PriorityExempt
			}
			return middleware.RequestPriority(r)
		},
	})
	h := busy(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("fine")) }))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/health", nil))
	fmt.Println(w.Code, w.Body)
	// Output: 200 fine
}
