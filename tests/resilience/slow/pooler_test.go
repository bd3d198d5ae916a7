package slow_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/testkit/poolertest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/changelog"
	"github.com/seed-7694ebf6/plinth/store/postgres"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// TestPooler does the same behind PgBouncer in transaction mode: the wait is bounded,
// health goes on, clients that leave have their statements stopped, tracers are told,
// and nothing is kept.
func TestPooler(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	var told counter
	s := open(t, poolertest.Start(t, url), "", postgres.Options{MaxConns: 4, Pooler: true, Store: store.Options{Tracers: []store.Tracer{&told}}})
	ctx := t.Context()
	for range 3 {
		if a := s.ask(ctx, http.MethodGet, "/notes?order=id", ""); a.status != http.StatusOK {
			t.Errorf("status %d: %s", a.status, a.body)
		}
	}
	var answers []answer
	var load sync.WaitGroup
	load.Go(func() {
		answers = s.load(ctx, 50, 2*time.Second, func(int, int) answer { return s.ask(ctx, http.MethodGet, "/rpc/sleep", "") })
	})
	programtest.Until(t, 15*time.Second, "all connections are in use", func() bool { return s.db.Stats().Pools[0].InUse == 3 })
	if err := s.db.Ping(ctx); err != nil {
		t.Errorf("ping under load: %v", err)
	}
	load.Wait()
	counts := s.judge(t, answers, 4*time.Second)
	if counts[http.StatusOK] == 0 || counts[http.StatusServiceUnavailable] == 0 {
		t.Errorf("%v: some were to be served and some not", counts)
	}

	gone, leave := context.WithCancel(ctx)
	var client sync.WaitGroup
	client.Go(func() { s.ask(gone, http.MethodGet, "/rpc/sleep", "") })
	const sleeping = "state = 'active' and query like '%pg_sleep%'"
	programtest.Until(t, 15*time.Second, "the statement runs", func() bool { return s.backends(t, sleeping) == 1 })
	begun := time.Now()
	leave()
	client.Wait()
	programtest.Until(t, 15*time.Second, "the statement ends", func() bool { return s.backends(t, sleeping) == 0 })
	if took := time.Since(begun); took > programtest.Within(900*time.Millisecond) {
		t.Errorf("the statement ended after %s, which is when it would have anyway", took)
	}
	programtest.Until(t, 15*time.Second, "connections come back", func() bool { return s.db.Stats().Pools[0].InUse == 0 })
	if lags, err := changelog.Lags(ctx, s.db); err != nil || len(lags) != 0 {
		t.Errorf("lags %v, %v", lags, err)
	}
	begins, ends, busy := told.figures()
	if begins == 0 || begins != ends || busy == 0 {
		t.Errorf("tracers were told of %d beginnings, %d ends and %d refusals", begins, ends, busy)
	}
	t.Logf("%v", counts)
}

// counter is a tracer that counts.
type counter struct {
	mu                 sync.Mutex
	begins, ends, busy int
}

func (c *counter) Start(ctx context.Context, _ store.TracedStatement) context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.begins++
	return ctx
}

func (c *counter) End(_ context.Context, _ store.TracedStatement, o store.TraceOutcome) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ends++
	if o.Error == store.ErrorBusy {
		c.busy++
	}
}

func (c *counter) figures() (begins, ends, busy int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.begins, c.ends, c.busy
}
