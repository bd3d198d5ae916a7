//go:build !race

package chain_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store"
)

// discarded is an answer that nobody reads.
type discarded struct{ header http.Header }

func (d *discarded) Header() http.Header         { return d.header }
func (d *discarded) Write(p []byte) (int, error) { return len(p), nil }
func (d *discarded) WriteHeader(int)             {}

// chainOfAll returns an application with all defaults of production around a handler that
// does nothing, its log written and discarded, and what sends it a request of a page by a
// proxy.
func chainOfAll(tb testing.TB, c caller) func() {
	tb.Helper()
	keys := auth.Keys{Publishable: []string{auth.NewPublishableKey()}}
	config := plinth.Config{
		DatabaseURL: filepath.Join(tb.TempDir(), "app.db"), DisableAccounts: c.withoutAccounts,
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	config.Accounts.MasterKeys = [][]byte{[]byte("qX7vB2mK9tR4wZ8cN1pL6sD3fG5hJ0yA")}
	development := newChain(tb, config) // which makes the tables
	if err := development.DB().Close(); err != nil {
		tb.Fatal(err)
	}
	config.PublicURL, config.Keys = "https://notes.example", keys
	config.Rates = plinth.Rates{Address: plinth.Rate{Requests: 1 << 30}, Caller: plinth.Rate{Requests: 1 << 30}}
	app := newChain(tb, config)
	tb.Cleanup(func() { _ = app.DB().Close() })
	handler, err := app.Handler(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	r := httptest.NewRequestWithContext(tb.Context(), http.MethodGet, "https://notes.example/hello", http.NoBody)
	r.Header.Set("Accept-Encoding", "gzip")
	if c.key {
		r.Header.Set("Apikey", keys.Publishable[0])
	}
	if c.token {
		r.Header.Set("Authorization", "Bearer "+tokenOf(tb, app, handler, keys.Publishable[0]))
	}
	w := &discarded{header: http.Header{}}
	return func() {
		clear(w.header)
		handler.ServeHTTP(w, r)
	}
}

// pointRead returns what reads a row by its key: of an application with default settings,
// or by its REST handler alone.
func pointRead(tb testing.TB, bare bool) func() {
	tb.Helper()
	config := plinth.Config{DatabaseURL: filepath.Join(tb.TempDir(), "app.db"), Logger: slog.New(slog.NewJSONHandler(io.Discard, nil))}
	config.Rates = plinth.Rates{Address: plinth.Rate{Requests: 1 << 30}, Caller: plinth.Rate{Requests: 1 << 30}}
	app, err := plinth.New(tb.Context(), config)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = app.DB().Close() })
	app.Add(api.Resource[apptest.Task]{Policy: api.Policy{Read: api.Anyone()}})
	handler, err := app.Handler(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	row := &apptest.Task{OwnerID: store.NewID(), Title: "a"}
	if err := store.For[apptest.Task](app.DB()).Insert(tb.Context(), row); err != nil {
		tb.Fatal(err)
	}
	if bare {
		rest, err := api.New(app.DB(), api.Config{BasePath: "/rest/v1"})
		if err != nil {
			tb.Fatal(err)
		}
		rest.Add(api.Resource[apptest.Task]{Policy: api.Policy{Read: api.Anyone()}})
		if handler, err = rest.Handler(); err != nil {
			tb.Fatal(err)
		}
	}
	r := httptest.NewRequestWithContext(tb.Context(), http.MethodGet, "http://127.0.0.1:8090/rest/v1/tasks?id=eq."+row.ID.String(), http.NoBody)
	r.RemoteAddr = "127.0.0.1:4711"
	r.Header.Set("Accept-Encoding", "gzip")
	w := httptest.NewRecorder()
	if handler.ServeHTTP(w, r); w.Code != http.StatusOK || w.Body.Len() < 10 {
		tb.Fatalf("%d %s", w.Code, w.Body)
	}
	sink := &discarded{header: http.Header{}}
	return func() {
		clear(sink.header)
		handler.ServeHTTP(sink, r)
	}
}

// BenchmarkPointRead reads a row with the chain and without.
func BenchmarkPointRead(b *testing.B) {
	for name, bare := range map[string]bool{"application": false, "bare": true} {
		b.Run(name, func(b *testing.B) {
			read := pointRead(b, bare)
			b.ReportAllocs()
			for b.Loop() {
				read()
			}
		})
	}
}

// newChain returns an application that is prepared.
func newChain(tb testing.TB, config plinth.Config) *plinth.App {
	tb.Helper()
	app, err := plinth.New(tb.Context(), config)
	if err != nil {
		tb.Fatal(err)
	}
	app.Router().Get("/hello", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })
	if _, err := app.Handler(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return app
}

// tokenOf makes an account and logs in.
func tokenOf(tb testing.TB, app *plinth.App, handler http.Handler, key string) string {
	tb.Helper()
	person := accounts.NewUser{Email: "ann@example.org", EmailConfirmed: true, Password: "correct horse battery"}
	if _, err := app.Accounts().CreateUser(tb.Context(), person); err != nil {
		tb.Fatal(err)
	}
	r := httptest.NewRequestWithContext(tb.Context(), http.MethodPost, "https://notes.example/auth/v1/token?grant_type=password",
		strings.NewReader(`{"email":"ann@example.org","password":"correct horse battery"}`))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Apikey", key)
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	var session struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &session); err != nil || session.Token == "" {
		tb.Fatalf("logging in: %d %s", w.Code, w.Body)
	}
	return session.Token
}

// caller is who asks, and whether the application knows accounts, which is the default.
type caller struct{ withoutAccounts, key, token bool }

// callers are what the chain's cost is told apart by, and how many allocations it may make
// for them, with the principal and the scope of the caller, the router and the handler.
var callers = map[string]struct {
	caller
	allocations float64
}{
	"stranger":         {caller{}, 22},
	"without accounts": {caller{withoutAccounts: true}, 22},
	"publishable key":  {caller{key: true}, 23},
	"user":             {caller{key: true, token: true}, 27},
}

// BenchmarkChain is the cost of everything that stands around a handler.
func BenchmarkChain(b *testing.B) {
	for _, name := range slices.Sorted(maps.Keys(callers)) {
		b.Run(name, func(b *testing.B) { benchmarkChain(b, callers[name].caller) })
	}
}

func benchmarkChain(b *testing.B, c caller) {
	b.Helper()
	serve := chainOfAll(b, c)
	b.ReportAllocs()
	for b.Loop() {
		serve()
	}
}

// TestChainAllocations: the chain allocates no more than it may. The race detector
// allocates by itself, so this is not built with it.
func TestChainAllocations(t *testing.T) {
	for name, tt := range callers {
		t.Run(name, func(t *testing.T) {
			serve := chainOfAll(t, tt.caller)
			n := testing.AllocsPerRun(500, serve)
			t.Logf("%.0f allocations", n)
			if n > tt.allocations {
				t.Errorf("%.0f allocations, want at most %.0f", n, tt.allocations)
			}
		})
	}
}

// TestChainTime: the chain takes no more than 12 µs, whoever calls: the least of several
// rounds, since what else the machine does only adds to it. PLINTH_TEST_LONG=1 judges that.
func TestChainTime(t *testing.T) {
	programtest.SkipShort(t)
	for name, tt := range callers {
		t.Run(name, func(t *testing.T) {
			var rounds []time.Duration
			for range 7 {
				result := testing.Benchmark(func(b *testing.B) { benchmarkChain(b, tt.caller) })
				rounds = append(rounds, time.Duration(result.NsPerOp()))
			}
			slices.Sort(rounds)
			t.Logf("%v", rounds)
			if least := rounds[0]; least == 0 || least > 12*time.Microsecond {
				t.Errorf("%s", least)
			}
		})
	}
}
