//go:build !race

package plinth_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/auth"
)

// discarded is an answer that nobody reads.
type discarded struct{ header http.Header }

func (d *discarded) Header() http.Header         { return d.header }
func (d *discarded) Write(p []byte) (int, error) { return len(p), nil }
func (d *discarded) WriteHeader(int)             {}

// chainOfAll returns an application with all defaults of production around a handler that
// does nothing, its log written and discarded, and a request of a page by a proxy.
func chainOfAll(tb testing.TB) func() {
	tb.Helper()
	app, err := plinth.New(tb.Context(), plinth.Config{
		DatabaseURL: ":memory:", DisableAccounts: true, Schema: plinth.SchemaOff, PublicURL: "https://notes.example",
		Keys:   auth.Keys{Publishable: []string{auth.NewPublishableKey()}},
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Rates:  plinth.Rates{Address: plinth.Rate{Requests: 1 << 30}, Caller: plinth.Rate{Requests: 1 << 30}},
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = app.DB().Close() })
	app.Router().Get("/hello", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })
	handler, err := app.Handler(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	r := httptest.NewRequestWithContext(tb.Context(), http.MethodGet, "https://notes.example/hello", http.NoBody)
	r.Header.Set("Accept-Encoding", "gzip")
	w := &discarded{header: http.Header{}}
	return func() {
		clear(w.header)
		handler.ServeHTTP(w, r)
	}
}

// BenchmarkChain is the cost of everything that stands around a handler.
func BenchmarkChain(b *testing.B) {
	serve := chainOfAll(b)
	b.ReportAllocs()
	for b.Loop() {
		serve()
	}
}

// TestChainAllocations: the chain allocates no more than it may. Two allocations are the
// router's, two hold the scope of the caller, and one is of the handler. The race detector
// allocates by itself, so this is not built with it.
func TestChainAllocations(t *testing.T) {
	serve := chainOfAll(t)
	if n := testing.AllocsPerRun(500, serve); n > 25+5 {
		t.Errorf("%.0f allocations", n)
	}
}
