package server_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// apart is a table that no lock of these tests is on.
type apart struct {
	bun.BaseModel `bun:"table:aparts"`
	ID            int64 `bun:",pk"`
}

// TestLockedTable: clients of many addresses wait for the lock of one PostgreSQL table.
// While they leave connections of the pool free, no other request is refused. With more of
// them than connections, routes without a database and probes are answered all the time,
// and other statements get 503 after AcquireTimeout at the latest. One second after the
// lock has ended everything is answered. PLINTH_TEST_LONG=1 judges the times.
func TestLockedTable(t *testing.T) {
	t.Parallel()
	for _, waiting := range []int{8, 40} {
		t.Run(fmt.Sprint(waiting), func(t *testing.T) {
			t.Parallel()
			config := apptest.Served(t)
			config.DatabaseURL, config.Schema = pgtest.URL(t), plinth.SchemaVerify
			config.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.1/32")}
			config.Rates = plinth.Rates{Address: plinth.Rate{Requests: -1}, Caller: plinth.Rate{Requests: -1}}
			config.MaxRequests, config.MaxRequestsPerCaller = 128, 64 // as with two processors
			development := config                                     // which makes the tables
			development.PublicURL, development.Keys, development.Schema, development.TrustedProxies = "", auth.Keys{}, plinth.SchemaAuto, nil
			if _, err := lockable(t, development).Handler(t.Context()); err != nil {
				t.Fatal(err)
			}
			app := lockable(t, config)
			app.Router().Get("/hello", func(http.ResponseWriter, *http.Request) {})
			handler, err := app.Handler(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			l := &locked{handler: handler, key: config.Keys.Publishable[0]}
			l.hold(t, app, waiting)
		})
	}
}

// lockable returns an application with a table that is locked and another one.
func lockable(t *testing.T, config plinth.Config) *plinth.App {
	t.Helper()
	app := apptest.New(t, config)
	t.Cleanup(func() { _ = app.DB().Close() })
	app.Add(api.Resource[apptest.Task]{Policy: api.Policy{Read: api.Anyone()}}, api.Resource[apart]{Policy: api.Policy{Read: api.Anyone()}})
	return app
}

// locked is an application one table of which is locked.
type locked struct {
	handler http.Handler
	key     string
}

// status asks for a path from an address and returns the status and the time it took.
func (l *locked) status(t *testing.T, path string, address int) (int, time.Duration) {
	t.Helper()
	began := time.Now()
	w := apptest.Ask(t, l.handler, http.MethodGet, path, fmt.Sprintf("203.0.113.%d", address), "Apikey", l.key)
	return w.Code, time.Since(began)
}

// hold locks the table while clients ask for it, and judges other requests.
func (l *locked) hold(t *testing.T, app *plinth.App, waiting int) {
	t.Helper()
	const tasks, others = "/rest/v1/tasks", "/rest/v1/aparts"
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var clients sync.WaitGroup
	done := errors.New("held long enough")
	err := app.DB().Tx(store.WithReserve(ctx), func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.SQL().ExecContext(ctx, "lock table tasks in access exclusive mode"); err != nil {
			return err
		}
		for i := range waiting {
			clients.Go(func() {
				for ctx.Err() == nil {
					if status, _ := l.status(t, tasks, i); status == http.StatusOK {
						return // the lock has ended
					} else if status != http.StatusServiceUnavailable && status != http.StatusBadRequest { // 57014, its statement deadline
						t.Errorf("a client that waits for the lock: %d", status)
					}
				}
			})
		}
		time.Sleep(200 * time.Millisecond)
		for began := time.Now(); time.Since(began) < 3*time.Second; {
			for _, path := range []string{"/hello", "/livez", "/readyz"} {
				if status, took := l.status(t, path, 100); status != http.StatusOK || took > judged(time.Second) {
					t.Errorf("%s: %d after %s", path, status, took)
				}
			}
			status, took := l.status(t, others, 101)
			if status != http.StatusOK && (waiting == 8 || status != http.StatusServiceUnavailable) || took > judged(2500*time.Millisecond) {
				t.Errorf("another table: %d after %s", status, took)
			}
			time.Sleep(20 * time.Millisecond)
		}
		return done
	})
	if !errors.Is(err, done) {
		t.Fatal(err)
	}
	ended := time.Now()
	for {
		status, _ := l.status(t, tasks, 102)
		other, _ := l.status(t, others, 102)
		if status == http.StatusOK && other == http.StatusOK {
			break
		}
		if time.Since(ended) > judged(time.Second) {
			t.Fatalf("%s after the lock has ended: %d, %d", time.Since(ended), status, other)
		}
	}
	clients.Wait()
}

// judged is a bound of time, which the short form does not judge beside other tests.
func judged(limit time.Duration) time.Duration {
	if !programtest.Long() {
		return 10 * limit
	}
	return limit
}
