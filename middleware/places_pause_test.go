package middleware_test

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/exchange"
	"github.com/seed-7694ebf6/plinth/middleware"
)

// TestPausedPlaces: requests that wait for others of their caller give their places to
// others, but no more than there is room for, whoever they are: each has a body and a
// stack. Nothing is left of it.
func TestPausedPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var in atomic.Int64
		let := make(chan struct{})
		h := middleware.Concurrency(middleware.ConcurrencyOptions{Limit: 4, Queue: 1000, Wait: time.Minute})(
			http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				place := exchange.From(r.Context()).Place()
				paused := place.Pause()
				in.Add(1)
				<-let
				in.Add(-1)
				if paused {
					place.Resume()
				}
			}))
		for range 2 {
			c := &crowd{t: t, h: h}
			for range 100 {
				r, _ := exchange.Begin(httptest.NewRequestWithContext(t.Context(), http.MethodPut, "/", nil))
				c.send(r.WithContext(r.Context()))
			}
			if n := in.Load(); n <= 4 || n > 5*4 {
				t.Errorf("%d requests wait, want more than there are places, and not all", n)
			}
			for range 100 {
				let <- struct{}{}
			}
			c.wg.Wait()
		}
	})
}
