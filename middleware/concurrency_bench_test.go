package middleware_test

import (
	"net/http"
	"runtime"
	"testing"

	observed "github.com/seed-7694ebf6/plinth/internal/answer"
	"github.com/seed-7694ebf6/plinth/internal/exchange"
	"github.com/seed-7694ebf6/plinth/middleware"
)

func BenchmarkConcurrency(b *testing.B) {
	for name, perCaller := range map[string]int{"Places": 0, "PerCaller": 10} {
		b.Run(name, func(b *testing.B) {
			h := middleware.Concurrency(middleware.ConcurrencyOptions{PerCaller: perCaller})(
				http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			r, w := user("ada", http.MethodGet), &plainWriter{header: http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(w, r)
			}
		})
	}
}

// TestConcurrencyAllocs guards what places cost each request.
func TestConcurrencyAllocs(t *testing.T) {
	h := middleware.Concurrency(middleware.ConcurrencyOptions{PerCaller: 10})(
		http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	r, _ := exchange.Begin(user("ada", http.MethodGet)) // as others have outside of it, and a writer that is observed
	w := observed.Observe(&plainWriter{header: http.Header{}})
	if got := testing.AllocsPerRun(1000, func() { h.ServeHTTP(w, r) }); got > 0 {
		t.Errorf("%v allocations", got)
	}
	runtime.KeepAlive(h)
}
