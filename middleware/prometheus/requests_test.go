package prometheus_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	client "github.com/prometheus/client_golang/prometheus"

	"github.com/seed-7694ebf6/plinth/internal/reqinfo"
	"github.com/seed-7694ebf6/plinth/middleware"
	"github.com/seed-7694ebf6/plinth/middleware/prometheus"
)

// routed answers as a router of this library and as http.ServeMux would.
func routed() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/mux/{id}", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, "answer")
	})
	mux.HandleFunc("/rows/", func(w http.ResponseWriter, r *http.Request) {
		reqinfo.From(r.Context()).SetRoute("/rows/{table}")
		w.WriteHeader(http.StatusNotFound)
	})
	mux.HandleFunc("/silent", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/odd", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(799) })
	mux.HandleFunc("/gone", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.HandleFunc("/panic", func(http.ResponseWriter, *http.Request) { panic("at first") })
	mux.HandleFunc("/late", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusAccepted)
		panic("in the middle")
	})
	return mux
}

func send(h http.Handler, r *http.Request) {
	defer func() { _ = recover() }()
	h.ServeHTTP(httptest.NewRecorder(), r)
}

// TestLabels: what strangers choose is in no label.
func TestLabels(t *testing.T) {
	t.Parallel()
	m := must(prometheus.New(prometheus.Options{}))
	h := m.Middleware(routed())
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for _, r := range []*http.Request{
		httptest.NewRequest("GET", "/mux/1", nil), httptest.NewRequest("GET", "/mux/2?token=secret", nil), httptest.NewRequest("POST", "/mux/3", strings.NewReader("{}")),
		httptest.NewRequest("BREW", "/mux/4", nil), httptest.NewRequest("get", "/mux/5", nil),
		httptest.NewRequest("GET", "/rows/notes", nil), httptest.NewRequest("GET", "/.env", nil), httptest.NewRequest("GET", "/wp-admin", nil),
		httptest.NewRequest("GET", "/silent", nil), httptest.NewRequest("HEAD", "/odd", nil), httptest.NewRequest("GET", "/panic", nil),
		httptest.NewRequest("GET", "/late", nil), httptest.NewRequestWithContext(gone, "GET", "/gone", nil),
	} {
		send(h, r)
	}
	want := map[string]float64{
		"code=200,method=GET,route=/mux/{id}":     2,
		"code=200,method=POST,route=/mux/{id}":    1,
		"code=200,method=other,route=/mux/{id}":   2,
		"code=404,method=GET,route=/rows/{table}": 1,
		"code=404,method=GET,route=unmatched":     2,
		"code=200,method=GET,route=/silent":       1,
		"code=other,method=HEAD,route=/odd":       1,
		"code=500,method=GET,route=/panic":        1,
		"code=202,method=GET,route=/late":         1,
		"code=499,method=GET,route=/gone":         1,
	}
	if got := values(t, m, "plinth_http_requests_total"); !maps.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if got := values(t, m, "plinth_http_requests_in_flight")[""]; got != 0 {
		t.Errorf("%v are in flight when all is over", got)
	}
	durations := values(t, m, "plinth_http_request_duration_seconds")
	if durations["method=GET,route=unmatched"] != 2 || len(durations) != 10 {
		t.Errorf("durations %v", durations)
	}
}

// TestBounded: also a router that tells paths makes no more series than there may be.
func TestBounded(t *testing.T) {
	t.Parallel()
	m := must(prometheus.New(prometheus.Options{Route: func(r *http.Request) string { return r.URL.Path }}))
	h := m.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for i := range 3000 {
		send(h, httptest.NewRequest("GET", fmt.Sprint("/", i), nil))
	}
	got := values(t, m, "plinth_http_requests_total")
	total := 0.0
	for _, n := range got {
		total += n
	}
	if len(got) != 1001 || got["code=200,method=other,route=other"] != 2000 || total != 3000 {
		t.Errorf("%d series of %v requests, others %v", len(got), total, got["code=200,method=other,route=other"])
	}
	send(h, func() *http.Request { r := httptest.NewRequest("GET", "/", nil); r.URL.Path = "\xff"; return r }())
}

func TestSizes(t *testing.T) {
	t.Parallel()
	m := must(prometheus.New(prometheus.Options{}))
	server := httptest.NewServer(m.Middleware(routed()))
	t.Cleanup(server.Close)
	for _, body := range []io.Reader{strings.NewReader("1234567"), struct{ io.Reader }{strings.NewReader("12345678901")}} { // the second in chunks
		r, err := http.NewRequestWithContext(t.Context(), "POST", server.URL+"/mux/1", body)
		if err != nil {
			t.Fatal(err)
		}
		res, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
	}
	server.Close()
	if got := sum(t, m, "plinth_http_request_size_bytes"); got != 18 {
		t.Errorf("read %v bytes", got)
	}
	if got := sum(t, m, "plinth_http_response_size_bytes"); got != 12 {
		t.Errorf("sent %v bytes", got)
	}
	lie := httptest.NewRequest("POST", "/mux/1", io.NopCloser(strings.NewReader("123")))
	lie.ContentLength = math.MaxInt64
	send(m.Middleware(routed()), lie)
	if got := sum(t, m, "plinth_http_request_size_bytes"); got != 21 {
		t.Errorf("read %v bytes, after one that has told more than it has sent", got)
	}
}

func TestInFlight(t *testing.T) {
	t.Parallel()
	m := must(prometheus.New(prometheus.Options{}))
	var during float64
	send(m.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { during = values(t, m, "plinth_http_requests_in_flight")[""] })), httptest.NewRequest("GET", "/", nil))
	if after := values(t, m, "plinth_http_requests_in_flight")[""]; during != 1 || after != 0 {
		t.Errorf("%v, then %v", during, after)
	}
}

// TestHijacked: a session is no request that took long.
func TestHijacked(t *testing.T) {
	t.Parallel()
	m := must(prometheus.New(prometheus.Options{}))
	server := httptest.NewServer(m.Middleware(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
		conn.Close()
	})))
	t.Cleanup(server.Close)
	res, err := server.Client().Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	server.Close() // does not wait for what was hijacked
	counted := func() bool {
		return values(t, m, "plinth_http_requests_total")["code=101,method=GET,route=unmatched"] == 1
	}
	for end := time.Now().Add(10 * time.Second); !counted() && time.Now().Before(end); time.Sleep(time.Millisecond) {
	}
	if !counted() {
		t.Errorf("%v", values(t, m, "plinth_http_requests_total"))
	}
	if got := values(t, m, "plinth_http_request_duration_seconds"); got["method=GET,route=unmatched"] != 0 {
		t.Errorf("%v", got)
	}
}

// TestLasting: how long streams last is not how long requests take: those that
// middleware.Deadline leaves alone, and connections that were taken over after an answer.
func TestLasting(t *testing.T) {
	t.Parallel()
	m := must(prometheus.New(prometheus.Options{}))
	exempt := middleware.Must(middleware.Deadline(middleware.DeadlineOptions{Exempt: func(r *http.Request) bool { return r.URL.Path == "/mux/events" }}))
	mux := http.NewServeMux()
	mux.HandleFunc("/mux/events", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "data: 1\n\n") })
	mux.HandleFunc("/mux/note", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "note") })
	mux.HandleFunc("/mux/tunnel", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusOK)
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_ = conn.Close()
	})
	server := httptest.NewServer(m.Middleware(exempt(mux)))
	t.Cleanup(server.Close)
	for _, path := range []string{"/mux/events", "/mux/note", "/mux/tunnel"} {
		if res, err := server.Client().Get(server.URL + path); err == nil {
			res.Body.Close()
		}
	}
	server.Close()
	for route, durations := range map[string]float64{"/mux/events": 0, "/mux/note": 1, "/mux/tunnel": 0} {
		if got := values(t, m, "plinth_http_requests_total")["code=200,method=GET,route="+route]; got != 1 {
			t.Errorf("%s: %v requests", route, got)
		}
		if got := values(t, m, "plinth_http_request_duration_seconds")["method=GET,route="+route]; got != durations {
			t.Errorf("%s: %v durations", route, got)
		}
	}
}

// TestRegistry: metrics stand beside those of the program, and twice in no registry.
func TestRegistry(t *testing.T) {
	t.Parallel()
	registry := client.NewRegistry()
	m := must(prometheus.New(prometheus.Options{Registry: registry}))
	if m.Registry() != registry {
		t.Error("another registry")
	}
	own := client.NewCounter(client.CounterOpts{Name: "own_total"})
	registry.MustRegister(own)
	families := read(t, m)
	if families["own_total"] == nil || families["go_goroutines"] != nil {
		t.Errorf("%v", slices.Sorted(maps.Keys(families)))
	}
	if families := read(t, must(prometheus.New(prometheus.Options{}))); families["go_goroutines"] == nil || families["process_open_fds"] == nil || families["go_build_info"] == nil {
		t.Errorf("%v", slices.Sorted(maps.Keys(families)))
	}
	defer func() {
		if recover() == nil {
			t.Error("a registry takes the metrics twice")
		}
	}()
	must(prometheus.New(prometheus.Options{Registry: registry}))
}

// TestAllocations: a request costs four small allocations: its record and the request with
// it, its writer, and what is done at its end.
func TestAllocations(t *testing.T) {
	m := must(prometheus.New(prometheus.Options{}))
	h := m.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)
	if got := testing.AllocsPerRun(1000, func() { h.ServeHTTP(w, r) }); got > 4 {
		t.Errorf("%v allocations", got)
	}
}

func BenchmarkMiddleware(b *testing.B) {
	h := must(prometheus.New(prometheus.Options{})).Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)
	r, _ = reqinfo.Begin(r) // as the chain has
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(w, r)
	}
}

// TestAtOnce: no request is lost where many are the first of their route.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	m := must(prometheus.New(prometheus.Options{Route: func(r *http.Request) string { return r.URL.Path }}))
	h := m.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range 200 {
				send(h, httptest.NewRequest("GET", fmt.Sprint("/", i%50), nil))
			}
		})
	}
	all.Wait()
	total := 0.0
	got := values(t, m, "plinth_http_requests_total")
	for _, n := range got {
		total += n
	}
	if len(got) != 50 || total != 1600 {
		t.Errorf("%v requests on %d routes", total, len(got))
	}
}
