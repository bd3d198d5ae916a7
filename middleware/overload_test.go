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
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a test
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

// simulate runs f in a bubble with a service of two processors and 4 ms a request, and
// places for it: with 24 of them a request is served within 48 ms of its place, in the mean.
func simulate(t *testing.T, f func(t *testing.T, s *simulated, h http.Handler)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &simulated{processors: make(chan struct{}, 2), mean: 4 * time.Millisecond, random: rand.New(rand.NewPCG(3, 4))} //nolint:gosec // a test
		f(t, s, middleware.Concurrency(middleware.ConcurrencyOptions{Limit: 24, Logger: slog.New(slog.DiscardHandler)})(s))
	})
}

// TestOverload offers four times what a service can do. It goes on doing it, those it
// serves wait little, those it does not are told at once, and when it is over so is
// everything.
func TestOverload(t *testing.T) {
	t.Parallel()
	simulate(t, func(t *testing.T, s *simulated, h http.Handler) {
		c := s.capacity()
		base := s.openLoop(h, 0.8*c, 60*time.Second, mix())
		p99, ok := quantile(base, 200, 0.99)
		if refused := len(base) - ok; refused > len(base)/200 {
			t.Errorf("at 0.8 of the capacity %d of %d were refused", refused, len(base))
		}
		const last = 60 * time.Second
		over := s.openLoop(h, 4*c, last, mix())
		overP99, served := quantile(over, 200, 0.99)
		refusal, refused := quantile(over, 503, 0.99)
		t.Logf("at 0.8: p99 %s; at 4: %d of %.0f served, p99 %s; %d refused, p99 %s", p99, served, c*last.Seconds(), overP99, refused, refusal)
		if goodput := float64(served) / last.Seconds(); goodput < 0.9*c {
			t.Errorf("%.0f a second, capacity %.0f", goodput, c)
		}
		if overP99 > 500*time.Millisecond || overP99 > 3*p99 {
			t.Errorf("p99 %s, at 0.8 of the capacity %s", overP99, p99)
		}
		if refusal >= 10*time.Millisecond || served+refused != len(over) {
			t.Errorf("refused within %s, %d answers, %d served, %d refused", refusal, len(over), served, refused)
		}
		time.Sleep(5 * time.Second)
		after := s.openLoop(h, 0.8*c, 60*time.Second, mix())
		afterP99, ok := quantile(after, 200, 0.99)
		if afterP99 > 2*p99 || len(after)-ok > len(after)/200 {
			t.Errorf("afterwards p99 %s, %d of %d served", afterP99, ok, len(after))
		}
	})
}

// TestOverloadWithout is the same load without places: it shows that the measure can
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

// TestOverloadPriorities: of twice what a service can do, what matters is served: all
// health checks and writes, most reads, and strangers get what is left.
func TestOverloadPriorities(t *testing.T) {
	t.Parallel()
	simulate(t, func(t *testing.T, s *simulated, _ http.Handler) {
		names := []string{"strangers", "reads", "writes", "health"}
		h := middleware.Concurrency(middleware.ConcurrencyOptions{
			Limit: 32, Logger: slog.New(slog.DiscardHandler),
			Priority: func(r *http.Request) middleware.Priority {
				return middleware.Priority(slices.Index(names, r.URL.Path[1:])) //nolint:gosec // at most 3
			},
		})(s)
		// Parts of the capacity.
		offered := map[string]float64{"strangers": 1.5, "reads": 1.5, "writes": 0.5, "health": 0.05}
		results := map[string][]served{}
		var mu sync.Mutex
		var wg sync.WaitGroup
		for name, part := range offered {
			wg.Go(func() {
				r := as(auth.Principal{}, http.MethodGet, "/"+name)
				all := s.openLoop(h, part*s.capacity(), 20*time.Second, func() *http.Request { return r })
				mu.Lock()
				defer mu.Unlock()
				results[name] = all
			})
		}
		wg.Wait()
		part := map[string]float64{}
		for _, name := range names {
			_, n := quantile(results[name], 200, 0.5)
			part[name] = float64(n) / float64(len(results[name]))
		}
		t.Logf("served of those who came: %v", part)
		if part["health"] < 1 || part["writes"] < 0.99 || part["reads"] < 0.25 || part["strangers"] > 0.05 {
			t.Errorf("served of those who came: %v", part)
		}
	})
}
