package otel_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/middleware/otel"
)

// TestReceiverAway: while a receiver takes spans and says nothing, or says that it is
// unavailable, requests are answered as always, what waits for it has a bound, and a
// program that ends need not wait for it.
func TestReceiverAway(t *testing.T) { // alone, since it looks at the memory of the process
	for name, status := range map[string]int{"hangs": 0, "unavailable": http.StatusServiceUnavailable} {
		t.Run(name, func(t *testing.T) {
			before := runtime.NumGoroutine()
			release := make(chan struct{})
			var asked atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				asked.Add(1)
				if status == 0 {
					<-release
					return
				}
				w.WriteHeader(status)
			}))
			transport := &http.Transport{}
			exporter, err := otlptracehttp.New(t.Context(), otlptracehttp.WithEndpointURL(server.URL+"/v1/traces"), otlptracehttp.WithHTTPClient(&http.Client{Transport: transport}))
			if err != nil {
				t.Fatal(err)
			}
			provider := sdk.NewTracerProvider(sdk.WithBatcher(exporter), sdk.WithResource(resource.Empty())) // of which all else is as it comes
			h := must(otel.New(provider, otel.Options{})).Middleware(routed())

			answered(t, h, 5_000) // more than wait for a receiver, which are 2,048
			programtest.Until(t, 20*time.Second, "the receiver is asked", func() bool { return asked.Load() > 0 })
			full, running := held(), runtime.NumGoroutine()
			const more = 20_000
			answered(t, h, more)
			if grown := held() - full; grown > more*200 { // a span is some kilobytes
				t.Errorf("%d requests later %d bytes more are held", more, grown)
			}
			if now := runtime.NumGoroutine(); now > running+10 {
				t.Errorf("%d requests later there are %d goroutines, of %d", more, now, running)
			}

			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			if err := provider.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Shutdown = %v", err)
			}
			close(release)
			_ = exporter.Shutdown(t.Context()) // which ends the pauses before it tries again
			transport.CloseIdleConnections()
			server.Close()
			programtest.Until(t, 30*time.Second, "the goroutines of the exporter end", func() bool { return runtime.NumGoroutine() <= before })
		})
	}
}

// answered sends requests, and wants each to be answered in time.
func answered(t *testing.T, h http.Handler, n int) {
	t.Helper()
	for i := range n {
		begun := time.Now()
		if w := send(h, get("/notes/7")); w.Code != http.StatusOK || w.Body.String() != "note" {
			t.Fatalf("request %d: %d %s", i, w.Code, w.Body)
		}
		if took := time.Since(begun); took > programtest.Within(5*time.Second) {
			t.Fatalf("request %d took %s", i, took)
		}
	}
}

// held is how much memory is in use.
func held() int {
	var m runtime.MemStats
	for range 3 { // what has a finalizer goes with the second one
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc) // less than memory
}
