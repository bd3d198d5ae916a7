package middleware_test

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-7694ebf6/plinth/middleware"
)

// stream are requests that come one after the other, and what became of them.
type stream struct {
	every   time.Duration
	request func() *http.Request

	mu                            sync.Mutex
	sent, served, refused, waited int // waited: of those that are refused
}

// count notes what became of a request.
func (s *stream) count(served bool, took time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent++
	switch {
	case served:
		s.served++
	case took > 0:
		s.waited++
		fallthrough
	default:
		s.refused++
	}
}

// offer lets streams flow for a while into places where a request is in work for 10 ms.
// What came in the first half is not counted.
func offer(t *testing.T, opts middleware.ConcurrencyOptions, last time.Duration, streams ...*stream) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		opts.Logger = quiet()
		h := middleware.Concurrency(opts)(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(10 * time.Millisecond) }))
		begun := time.Now()
		for _, s := range streams {
			go func() {
				for ; time.Since(begun) < last; time.Sleep(s.every) {
					counts := time.Since(begun) > last/2
					go func() {
						came, w := time.Now(), httptest.NewRecorder()
						h.ServeHTTP(w, s.request())
						if counts {
							s.count(w.Code == http.StatusOK, time.Since(came))
						}
					}()
					synctest.Wait()
				}
			}()
			time.Sleep(time.Microsecond) // no two at a time
		}
		time.Sleep(last + time.Second)
	})
}

// TestConcurrencyPriorities: where two hundred requests in a second can be done and five
// hundred come, all hundred writes are served, a hundred of two hundred reads, and hardly
// any stranger; and who is refused has not waited for it.
func TestConcurrencyPriorities(t *testing.T) {
	t.Parallel()
	writes := &stream{every: 10 * time.Millisecond, request: func() *http.Request { return user("u", http.MethodPost) }}
	reads := &stream{every: 5 * time.Millisecond, request: func() *http.Request { return user("u", http.MethodGet) }}
	strangers := &stream{every: 5 * time.Millisecond, request: stranger}
	offer(t, middleware.ConcurrencyOptions{Limit: 2}, 10*time.Second, strangers, reads, writes)
	if writes.served < writes.sent*98/100 {
		t.Errorf("of %d writes %d are served", writes.sent, writes.served)
	}
	if reads.served < reads.sent*40/100 {
		t.Errorf("of %d reads %d are served", reads.sent, reads.served)
	}
	if strangers.served > strangers.sent*10/100 {
		t.Errorf("of %d strangers %d are served", strangers.sent, strangers.served)
	}
	for _, s := range []*stream{writes, reads, strangers} {
		if s.waited > s.sent/100 {
			t.Errorf("of %d refused %d have waited", s.refused, s.waited)
		}
	}
}

// TestConcurrencyFull: no place stays empty while a fifth more comes than can be done.
func TestConcurrencyFull(t *testing.T) {
	t.Parallel()
	s := &stream{every: 8333 * time.Microsecond, request: stranger}
	offer(t, middleware.ConcurrencyOptions{Limit: 1}, 10*time.Second, s)
	if s.served < 490 {
		t.Errorf("%d served in 5 s, 500 can be", s.served)
	}
	if s.waited > s.refused/50 {
		t.Errorf("of %d refused %d have waited", s.refused, s.waited)
	}
}
