package middleware_test

import (
	"net/http"
	"testing"
	"testing/synctest"

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
				place := exchange.From(r.Context()).Place()
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
