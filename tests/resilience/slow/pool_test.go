package slow_test

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/postgres"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// TestR4PoolExhaustion lets 200 clients share a pool of four connections by
// functions that keep one for a second each. Who gets none waits two seconds and is
// told to come back; health and what may use the reserve go on; and when the load
// ends everything is as before.
func TestR4PoolExhaustion(t *testing.T) {
	t.Parallel()
	s := open(t, pgtest.URL(t), "", postgres.Options{MaxConns: 4})
	ctx := t.Context()

	stop := make(chan struct{})
	var watch sync.WaitGroup
	var slowest, slowestReserved time.Duration
	watch.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				if n < 10 {
					t.Errorf("%d checks are too few", n)
				}
				return
			case <-time.After(50 * time.Millisecond):
			}
			begun := time.Now()
			if err := s.db.Ping(ctx); err != nil {
				t.Errorf("ping under load: %v", err)
			}
			slowest = max(slowest, time.Since(begun))
			begun = time.Now()
			if _, err := store.For[Note](s.db).Get(store.WithReserve(ctx), "a"); err != nil {
				t.Errorf("a read from the reserve under load: %v", err)
			}
			slowestReserved = max(slowestReserved, time.Since(begun))
		}
	})
	answers := s.load(ctx, 200, either(4*time.Second, 30*time.Second), func(int, int) answer {
		return s.ask(ctx, http.MethodGet, "/rpc/sleep", "")
	})
	close(stop)
	watch.Wait()

	served, refused := 0, 0
	var longest time.Duration
	for _, a := range answers {
		switch {
		case a.status == http.StatusOK:
			served++
		case a.status != http.StatusServiceUnavailable, a.retry == "":
			t.Errorf("status %d, Retry-After %q: %s", a.status, a.retry, a.body)
		default:
			refused++
			longest = max(longest, a.took)
		}
	}
	if served < 8 || refused < 200 {
		t.Errorf("%d served and %d refused are too few to prove anything", served, refused)
	}
	if limit := programtest.Within(2*time.Second + 500*time.Millisecond); longest > limit {
		t.Errorf("refused after %s, want at most %s", longest, limit)
	}
	begun := time.Now()
	if a := s.ask(ctx, http.MethodGet, "/notes?id=eq.a", ""); a.status != http.StatusOK || time.Since(begun) > programtest.Within(time.Second) {
		t.Errorf("after the load: status %d after %s", a.status, time.Since(begun))
	}
	p := s.db.Stats().Pools[0]
	if p.InUse != 0 || p.Waiting != 0 || p.Open > 4 || p.Refused < int64(refused) || p.WaitTime == 0 {
		t.Errorf("after the load: %+v", p)
	}
	if n := s.backends(t, "true"); n > 4 {
		t.Errorf("the server has %d connections, want at most 4", n)
	}
	t.Logf("%d served, %d refused after at most %s; health within %s, the reserve within %s", served, refused, longest, slowest, slowestReserved)
}

// TestR4ClientsGone lets clients go away in the middle of their statements: the
// server stops them within a second, and the connections are there for others.
func TestR4ClientsGone(t *testing.T) {
	t.Parallel()
	s := open(t, pgtest.URL(t), "", postgres.Options{MaxConns: 4})
	const sleeping = "state = 'active' and query like '%pg_sleep%'"
	rounds := either(3, 20)
	var took []time.Duration
	for range rounds {
		ctx, leave := context.WithCancel(t.Context())
		var clients sync.WaitGroup
		for range 20 {
			clients.Go(func() { s.ask(ctx, http.MethodGet, "/rpc/sleep", "") })
		}
		programtest.Until(t, 15*time.Second, "statements run", func() bool { return s.backends(t, sleeping) == 3 })
		begun := time.Now()
		leave()
		clients.Wait()
		programtest.Until(t, 15*time.Second, "statements end", func() bool { return s.backends(t, sleeping) == 0 })
		took = append(took, time.Since(begun))
		if a := s.ask(t.Context(), http.MethodGet, "/notes?id=eq.a", ""); a.status != http.StatusOK || time.Since(begun) > programtest.Within(time.Second) {
			t.Errorf("the next request: status %d, %s after the clients left", a.status, time.Since(begun))
		}
	}
	if worst := slices.Max(took); worst > programtest.Within(900*time.Millisecond) {
		t.Errorf("statements ended after %s, which is when they would have anyway", worst)
	}
	programtest.Until(t, 15*time.Second, "connections come back", func() bool { return s.db.Stats().Pools[0].InUse == 0 })
	t.Logf("statements of clients that had left ended after at most %s, in %d rounds", slices.Max(took), rounds)
}

// backends counts connections of the application to its database. It asks by one
// of those in reserve, which it does not count.
func (s *site) backends(t *testing.T, where string) int {
	t.Helper()
	var n int
	err := s.db.Bun().NewRaw("select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and "+where).
		Scan(store.WithReserve(context.Background()), &n)
	if err != nil {
		t.Error(err)
	}
	return n
}
