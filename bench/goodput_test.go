package bench_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

var goodput = flag.Bool("goodput", false, "measure in TestGoodput; without it one answer of each side is compared")

// The sides of TestGoodput.
const (
	sideApplication = "application" // App.Run with every default, its access log in a file
	sideBare        = "bare"        // the REST handler alone
)

const goodputKey = "sb_publishable_of_the_goodput_test_0123456789"

// leastGoodput is the ratio that the default application has to reach.
const leastGoodput = 0.85

// TestGoodput measures a point read of the whole default application against the same
// read of the REST handler alone, in a closed loop with 8 to 256 connections. Rates are
// off, and every refusal is a failure.
func TestGoodput(t *testing.T) {
	for _, engine := range chosenEngines() {
		t.Run(engine, func(t *testing.T) {
			a := &arena{engine: engine, database: filepath.Join(t.TempDir(), "goodput.db")}
			if engine == enginePostgres {
				a.database = pgtest.Start(t, pgtest.Options{Fsync: *goodput}).URL()
			}
			requests := a.fillGoodput(t)
			a.load = start(t, roleLoad, "load generator")
			application, bare := a.serveGoodput(t, sideApplication), a.serveGoodput(t, sideBare)
			if !*goodput {
				for _, s := range []*server{application, bare} {
					a.offer(t, s, &comparison{connections: 1, status: http.StatusOK}, requests, 50*time.Millisecond)
				}
				return
			}
			for _, connections := range []int{8, 32, 64, 256} {
				t.Run(fmt.Sprint(connections), func(t *testing.T) { a.goodput(t, application, bare, connections, requests) })
			}
		})
	}
}

// goodput measures both sides in interleaved rounds.
func (a *arena) goodput(t *testing.T, application, bare *server, connections int, requests [][]byte) {
	t.Helper()
	c := &comparison{connections: connections, status: http.StatusOK}
	side := func(s *server) func() sample {
		a.offer(t, s, c, requests, 300*time.Millisecond)
		return func() sample { return a.offer(t, s, c, requests, duration()) }
	}
	name := fmt.Sprintf("goodput-%d", connections)
	a.hand, a.plinth = bare, application
	a.profile(t, &comparison{name: name})
	with, without := interleave(side(application), side(bare))
	a.endProfile(t)
	whole, alone := typical(with), typical(without)
	ratio := ratios(with, without, func(s sample) float64 { return s.speed })
	t.Logf("%d connections: application %.0f/s, p99 %.1f ms, CPU %.1f us, %.1f allocations; bare %.0f/s, p99 %.1f ms, CPU %.1f us, %.1f allocations; goodput %.2f (%.2f to %.2f), refused %.1f %%",
		connections, whole.speed, whole.p99, whole.cpu, whole.allocs, alone.speed, alone.p99, alone.cpu, alone.allocs,
		ratio.median, ratio.low, ratio.high, 100*whole.refused)
	if ratio.median < leastGoodput || whole.refused > 0 {
		t.Errorf("goodput %.2f of the bare handler with %.1f %% refused, want at least %.2f and none", ratio.median, 100*whole.refused, leastGoodput)
	}
}

// offer measures one side.
func (a *arena) offer(t *testing.T, s *server, c *comparison, requests [][]byte, d time.Duration) sample {
	t.Helper()
	return a.runJob(t, s, loadJob{Address: s.address, Connections: c.connections, For: d, Requests: requests, Status: c.status, Refusals: true})
}

// fillGoodput makes the tables as an application in development does, and returns point reads.
func (a *arena) fillGoodput(t *testing.T) (requests [][]byte) {
	t.Helper()
	app, err := goodputApplication(t.Context(), plinth.Config{DatabaseURL: a.database, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer app.DB().Close() // everything is committed
	if _, err := app.Handler(t.Context()); err != nil {
		t.Fatal(err)
	}
	items := newContent(size{items: 1_000, authors: 1}).items
	insert(t, app.DB(), items)
	for _, item := range items {
		requests = append(requests, fmt.Appendf(nil, "GET /rest/v1/items?id=eq.%s HTTP/1.1\r\nHost: bench.example\r\nApikey: %s\r\n\r\n", item.ID, goodputKey))
	}
	return requests
}

func (a *arena) serveGoodput(t *testing.T, side string) *server {
	t.Helper()
	p := start(t, roleServer, a.engine+" "+side)
	var s serverState
	p.ask(t, serverCommand{Serve: &serverConfig{Side: side, Engine: a.engine, Database: a.database, Log: filepath.Join(t.TempDir(), "access.log")}}, &s)
	return &server{process: p, address: s.Address}
}

func goodputApplication(ctx context.Context, config plinth.Config) (*plinth.App, error) {
	config.Accounts.MasterKeys = [][]byte{[]byte("qX7vB2mK9tR4wZ8cN1pL6sD3fG5hJ0yA")}
	app, err := plinth.New(ctx, config)
	if err != nil {
		return nil, err
	}
	app.Add(api.Resource[Item]{Policy: api.Policy{Read: api.Anyone()}})
	return app, nil
}

// runApplication runs the application and returns its address, which its log says.
func (c *serverConfig) runApplication(ctx context.Context) (address string, err error) {
	file, err := os.Create(c.Log)
	if err != nil {
		return "", err
	}
	unlimited := plinth.Rate{Requests: -1}
	app, err := goodputApplication(ctx, plinth.Config{
		DatabaseURL: c.Database, Addr: "127.0.0.1:0", PublicURL: "https://bench.example",
		Keys:  auth.Keys{Publishable: []string{goodputKey}},
		Rates: plinth.Rates{Address: unlimited, Caller: unlimited}, Schema: plinth.SchemaOff,
		Logger: slog.New(slog.NewJSONHandler(file, nil)),
	})
	if err != nil {
		return "", err
	}
	ended := make(chan error, 1)
	go func() { ended <- app.Run(ctx) }()
	for {
		select {
		case err := <-ended:
			return "", errors.Join(errors.New("the application has ended"), err)
		case <-time.After(20 * time.Millisecond):
		}
		text, err := os.ReadFile(c.Log)
		if err != nil {
			return "", err
		}
		for line := range strings.Lines(string(text)) {
			var entry struct{ Msg, Addr string }
			if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "serving" {
				go exitAfter(ended)
				return entry.Addr, nil
			}
		}
	}
}

// exitAfter ends a server process whose application has ended.
func exitAfter(ended <-chan error) {
	fmt.Fprintln(os.Stderr, "bench:", <-ended)
	os.Exit(1)
}

// newBare is the REST handler with the same key and nothing around it.
func newBare(ctx context.Context, c *serverConfig) (http.Handler, error) {
	db, err := openStore(ctx, c.Engine, c.Database, false)
	if err != nil {
		return nil, err
	}
	return bareOver(db)
}

func bareOver(db *store.DB) (http.Handler, error) {
	ring, err := auth.NewKeyring(auth.Keys{Publishable: []string{goodputKey}})
	if err != nil {
		return nil, err
	}
	rest, err := api.New(db, api.Config{Authenticator: ring.Authenticator(auth.Chain())})
	if err != nil {
		return nil, err
	}
	rest.Add(api.Resource[Item]{Policy: api.Policy{Read: api.Anyone()}})
	handler, err := rest.Handler()
	return http.StripPrefix("/rest/v1", handler), err
}

// serveBare serves a handler as net/http does by itself.
func serveBare(handler http.Handler) (address string, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	ended := make(chan error, 1)
	go func() { ended <- http.Serve(listener, handler) }() // loopback
	go exitAfter(ended)
	return listener.Addr().String(), nil
}
