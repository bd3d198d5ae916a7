package middleware_test

import (
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/middleware"
)

// simulated is a service that has processors and nothing else: a request takes one for
// a while, exponentially distributed, and those who find none stand in line. In the time
// of a synctest bubble it is as exact as arithmetic.
type simulated struct {
	processors chan struct{}
	mean       time.Duration

	mu     sync.Mutex
	random *rand.Rand
}

// exponential returns a time of that mean.
func (s *simulated) exponential(mean float64) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Duration(s.random.ExpFloat64() * mean)
}

func (s *simulated) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	work := s.exponential(float64(s.mean))
	s.processors <- struct{}{}
	time.Sleep(work)
	<-s.processors
	w.WriteHeader(http.StatusOK)
}

// capacity is how many requests it can serve in a second.
func (s *simulated) capacity() float64 {
	return float64(cap(s.processors)) * float64(time.Second) / float64(s.mean)
}

// served is what became of a request that was sent at a time.
type served struct {
	status int
	took   time.Duration
}

// statusWriter keeps a status.
type statusWriter struct {
	plainWriter

	status int
}

func (w *statusWriter) WriteHeader(status int) { w.status = status }

// openLoop sends requests at a rate for a while, whatever becomes of them, and waits
// for the last answer.
func (s *simulated) openLoop(h http.Handler, rate float64, last time.Duration, next func() *http.Request) (all []served) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	begin := time.Now()
	for at := time.Duration(0); at < last; at += s.exponential(float64(time.Second) / rate) {
		time.Sleep(time.Until(begin.Add(at)))
		r := next()
		wg.Go(func() {
			w, sent := &statusWriter{plainWriter: plainWriter{http.Header{}}}, time.Now()
			h.ServeHTTP(w, r)
			mu.Lock()
			defer mu.Unlock()
			all = append(all, served{w.status, time.Since(sent)})
		})
	}
	wg.Wait()
	return all
}

// quantile returns a quantile of the times of answers with a status, and how many there are.
func quantile(all []served, status int, q float64) (time.Duration, int) {
	var took []time.Duration
	for _, s := range all {
		if s.status == status {
			took = append(took, s.took)
		}
	}
	if len(took) == 0 {
		return 0, 0
	}
	slices.Sort(took)
	return took[int(float64(len(took)-1)*q)], len(took)
}

// mix gives requests of strangers (30 of 100), reads (50) and writes (20).
func mix() func() *http.Request {
	random := rand.New(rand.NewPCG(1, 2)) // a test
	ada := auth.Principal{Kind: auth.User, ID: "ada"}
	kinds := []*http.Request{
		as(auth.Principal{}, http.MethodGet, "/"), as(ada, http.MethodGet, "/"), as(ada, http.MethodPost, "/"),
	}
	return func() *http.Request {
		switch n := random.IntN(100); {
		case n < 30:
			return kinds[0]
		case n < 80:
			return kinds[1]
		}
		return kinds[2]
	}
}

// simulate runs f in a bubble with a service of two processors and 4 ms a request.
func simulate(t *testing.T, f func(t *testing.T, s *simulated, h http.Handler)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &simulated{processors: make(chan struct{}, 2), mean: 4 * time.Millisecond, random: rand.New(rand.NewPCG(3, 4))} // a test
		f(t, s, middleware.Must(middleware.Admission(middleware.AdmissionOptions{Running: 128, Logger: slog.New(slog.DiscardHandler)}))(s))
	})
}

// TestOverload offers four times the capacity of a service. It serves at least 80 % of the
// capacity, an accepted request takes at most a second, and afterwards it serves as before.
func TestOverload(t *testing.T) {
	t.Parallel()
	simulate(t, func(t *testing.T, s *simulated, h http.Handler) {
		const last = 60 * time.Second
		c := s.capacity()
		base := s.openLoop(h, 0.8*c, last, mix())
		p99, ok := quantile(base, 200, 0.99)
		if ok != len(base) {
			t.Errorf("at 0.8 of the capacity %d of %d were served", ok, len(base))
		}
		over := s.openLoop(h, 4*c, last, mix())
		overP99, served := quantile(over, 200, 0.99)
		refusal, refused := quantile(over, 503, 1)
		_, tooMany := quantile(over, 429, 1)
		t.Logf("at 0.8: p99 %s; at 4: %d of %.0f served, p99 %s; %d refused, at the latest after %s, %d of them 429", p99, served, c*last.Seconds(), overP99, refused+tooMany, refusal, tooMany)
		if goodput := float64(served) / last.Seconds(); goodput < 0.8*c || overP99 > time.Second {
			t.Errorf("%.0f a second, capacity %.0f, p99 %s", goodput, c, overP99)
		}
		if refusal > 500*time.Millisecond || served+refused+tooMany != len(over) {
			t.Errorf("refused within %s, %d answers, %d served, %d refused", refusal, len(over), served, refused)
		}
		time.Sleep(5 * time.Second)
		after := s.openLoop(h, 0.8*c, last, mix())
		if afterP99, ok := quantile(after, 200, 0.99); afterP99 > 2*p99 || ok != len(after) {
			t.Errorf("afterwards p99 %s, %d of %d served", afterP99, ok, len(after))
		}
	})
}

// TestOverloadWithout is the same load without admission. It shows that the measure can
// fail.
func TestOverloadWithout(t *testing.T) {
	t.Parallel()
	simulate(t, func(t *testing.T, s *simulated, _ http.Handler) {
		over := s.openLoop(s, 4*s.capacity(), 5*time.Second, mix())
		if p99, _ := quantile(over, 200, 0.99); p99 < time.Second {
			t.Errorf("p99 %s", p99)
		}
	})
}
