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

// TestConcurrencyPause: a request gives its place to others while it waits for something
// of its own, and is in work again at once when that is over, whoever has the place. What
// was one place is one place afterwards.
func TestConcurrencyPause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		work, waits, over := newHeld(), make(chan struct{}), make(chan struct{})
		limited := middleware.Concurrency(middleware.ConcurrencyOptions{Limit: 1, Queue: 1, Logger: quiet()})
		c := crowd{t: t, h: limited(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/waits" {
				place := exchange.From(r.Context())
				place.Pause()
				<-waits
				place.Resume()
				<-over
				return
			}
			work.ServeHTTP(w, r)
		}))}
		paused, _ := exchange.Begin(stranger())
		paused.URL.Path = "/waits"
		first := c.send(paused)
		second := c.send(stranger())
		if n := work.in.Load(); n != 1 {
			t.Fatalf("%d in work beside one that waits", n)
		}
		close(waits)
		synctest.Wait()
		if w := answer(c.h, stranger()); w.Code != http.StatusServiceUnavailable {
			t.Errorf("a third is answered %d", w.Code)
		}
		close(over)
		synctest.Wait()
		if w := answer(c.h, stranger()); w.Code != http.StatusServiceUnavailable {
			t.Errorf("beside the second one is answered %d", w.Code)
		}
		close(work.let)
		c.wg.Wait()
		if first.Code != http.StatusOK || second.Code != http.StatusOK {
			t.Errorf("answers %d, %d", first.Code, second.Code)
		}
		if w := answer(c.h, stranger()); w.Code != http.StatusOK {
			t.Errorf("afterwards one is answered %d", w.Code)
		}
	})
}

// TestPausedPlaces: requests that wait for others of their caller give their places to
// others, but no more than there is room for, whoever they are: each has a body and a
// stack. Nothing is left of it.
func TestPausedPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var in atomic.Int64
		let := make(chan struct{})
		h := middleware.Concurrency(middleware.ConcurrencyOptions{Limit: 4, Queue: 1000, Wait: time.Minute})(
			http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				place := exchange.From(r.Context())
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
