package plinth_test

import (
	"net/http"
	"runtime"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
)

// TestServerDefaults holds what is left out to the numbers that operators are told
// (docs/operations.md), where clients are elsewhere and in development.
func TestServerDefaults(t *testing.T) { // others have Go lent threads, which are counted
	type defaults struct {
		addr, database                                       string
		schema                                               plinth.Schema
		drainDelay, drainTimeout, hsts                       time.Duration
		connections, connectionsOfOne, requests, requestsOf1 int
		address, caller                                      plinth.Rate
	}
	requests := 64 * runtime.GOMAXPROCS(0)
	production := defaults{
		addr: "127.0.0.1:8090", database: "plinth.db", schema: plinth.SchemaVerify,
		drainDelay: 5 * time.Second, drainTimeout: 10 * time.Second, hsts: 365 * 24 * time.Hour,
		connections: 10_000, connectionsOfOne: 1_000, requests: requests, requestsOf1: requests / 2,
		address: plinth.Rate{Requests: 30_000, Per: time.Minute}, caller: plinth.Rate{Requests: 6_000, Per: time.Minute},
	}
	development := production
	development.schema, development.drainDelay, development.hsts = plinth.SchemaAuto, 0, 0
	development.address.Requests, development.caller.Requests = -1, -1
	for name, tt := range map[string]struct {
		develops bool
		change   func(c *plinth.Config, want *defaults) // nil: none
	}{
		"production":  {},
		"development": {develops: true},
		"times of one's own": {change: func(c *plinth.Config, want *defaults) {
			c.DrainDelay, c.DrainTimeout, c.Headers.HSTS = time.Second, 2*time.Second, time.Hour
			want.drainDelay, want.drainTimeout, want.hsts = time.Second, 2*time.Second, time.Hour
		}},
		"no times": {change: func(c *plinth.Config, want *defaults) {
			c.DrainDelay, c.DrainTimeout, c.Headers.HSTS = -1, -1, -1
			want.drainDelay, want.drainTimeout, want.hsts = 0, 0, 0
		}},
		"numbers of one's own": {change: func(c *plinth.Config, want *defaults) {
			c.MaxConnections, c.MaxConnectionsPerClient, c.MaxRequests, c.MaxRequestsPerCaller = 1, 2, 3, 4
			want.connections, want.connectionsOfOne, want.requests, want.requestsOf1 = 1, 2, 3, 4
		}},
		"nine requests": {change: func(c *plinth.Config, want *defaults) {
			c.MaxRequests = 9
			want.requests, want.requestsOf1 = 9, 4
		}},
		"one request": {change: func(c *plinth.Config, want *defaults) {
			c.MaxRequests = 1
			want.requests, want.requestsOf1 = 1, 1
		}},
		"another rate": {change: func(c *plinth.Config, want *defaults) {
			c.Rates.Caller = plinth.Rate{Requests: 5}
			want.caller.Requests = 5
		}},
		"another rate in development": {develops: true, change: func(c *plinth.Config, want *defaults) {
			c.Rates.Address = plinth.Rate{Per: time.Hour}
			want.address = plinth.Rate{Requests: 30_000, Per: time.Hour}
		}},
		"no rate": {change: func(c *plinth.Config, want *defaults) {
			c.Rates.Address = plinth.Rate{Requests: -1}
			want.address.Requests = -1
		}},
	} {
		config, want := apptest.Served(t), production
		if tt.develops {
			config, want = apptest.Config(t), development
		}
		config.Addr, config.DatabaseURL, config.Schema, config.DrainDelay = "", "", "", 0
		if tt.change != nil {
			tt.change(&config, &want)
		}
		c, develops, err := plinth.Defaults(config)
		if err != nil || develops != tt.develops {
			t.Errorf("%s: development %t, %v", name, develops, err)
		}
		if got := (defaults{
			c.Addr, c.DatabaseURL, c.Schema, c.DrainDelay, c.DrainTimeout, c.Headers.HSTS,
			c.MaxConnections, c.MaxConnectionsPerClient, c.MaxRequests, c.MaxRequestsPerCaller, c.Rates.Address, c.Rates.Caller,
		}); got != want {
			t.Errorf("%s:\n%+v, want\n%+v", name, got, want)
		}
	}
}

// TestRequestTimeout: the time that a request has is said by its context.
func TestRequestTimeout(t *testing.T) {
	t.Parallel()
	for timeout, want := range map[time.Duration]time.Duration{0: 30 * time.Second, 7 * time.Minute: 7 * time.Minute} {
		config := apptest.Served(t)
		config.RequestTimeout = timeout
		app := apptest.New(t, config)
		t.Cleanup(func() { _ = app.DB().Close() })
		var ends time.Time
		app.Router().Get("/hello", func(_ http.ResponseWriter, r *http.Request) { ends, _ = r.Context().Deadline() })
		handler, err := app.Handler(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		before := time.Now()
		apptest.Status(t, handler, "/hello")
		if after := time.Now(); ends.Before(before.Add(want)) || ends.After(after.Add(want)) {
			t.Errorf("of %s: it ends %s after it began, want %s", timeout, ends.Sub(before), want)
		}
	}
}
