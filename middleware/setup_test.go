package middleware_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// discard keeps expected failures out of the test's output.
func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// lines is a log that a test reads. It is safe for concurrent use.
type lines struct {
	mu  sync.Mutex
	raw bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.raw.Write(b)
}

func (l *lines) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.raw.String()
}

// logger returns a logger that writes JSON to l.
func (l *lines) logger() *slog.Logger { return slog.New(slog.NewJSONHandler(l, nil)) }

// all returns the lines as they were written.
func (l *lines) all(t *testing.T) (out []map[string]any) {
	t.Helper()
	for d := json.NewDecoder(bytes.NewReader([]byte(l.text()))); d.More(); {
		line := map[string]any{}
		if err := d.Decode(&line); err != nil {
			t.Fatal(err)
		}
		out = append(out, line)
	}
	return out
}

// one returns the only line.
func (l *lines) one(t *testing.T) map[string]any {
	t.Helper()
	all := l.all(t)
	if len(all) != 1 {
		t.Fatalf("%d lines in the log: %s", len(all), l.text())
	}
	return all[0]
}

// serve sends one request through middleware, outermost first, to a handler.
func serve(h http.HandlerFunc, r *http.Request, around ...func(http.Handler) http.Handler) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	chain(h, around...).ServeHTTP(w, r)
	return w
}

func chain(h http.Handler, around ...func(http.Handler) http.Handler) http.Handler {
	for i := len(around) - 1; i >= 0; i-- {
		h = around[i](h)
	}
	return h
}

// panics returns what f panics with.
func panics(f func()) (p any) {
	defer func() { p = recover() }()
	f()
	return nil
}

// must returns a value, and panics if err is not nil.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
