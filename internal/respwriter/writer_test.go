package respwriter_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/seed-7694ebf6/plinth/internal/respwriter"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestWriter: what a handler does, and what is known of it afterwards.
func TestWriter(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		handler http.HandlerFunc
		status  int
		bytes   int64
	}{
		{"Nothing", func(http.ResponseWriter, *http.Request) {}, 0, 0},
		{"Status", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }, 404, 0},
		{"FirstStatus", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404); w.WriteHeader(500) }, 404, 0},
		{"Informational", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(103); w.WriteHeader(201) }, 201, 0},
		{"Body", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("12345")) }, 200, 5},
		{"String", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "12345") }, 200, 5},
		{"Copied", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.Copy(w, strings.NewReader("12345")) }, 200, 5},
		{"NothingCopied", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.Copy(w, strings.NewReader("")) }, 0, 0},
		{"Flushed", func(w http.ResponseWriter, _ *http.Request) { w.(http.Flusher).Flush() }, 200, 0},
		{"FlushedByController", func(w http.ResponseWriter, _ *http.Request) { _ = http.NewResponseController(w).Flush() }, 200, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			below := httptest.NewRecorder()
			w := respwriter.Observe(below)
			if respwriter.Observe(w) != w {
				t.Error("it is observed twice")
			}
			tt.handler(w, httptest.NewRequest(http.MethodGet, "/", nil))
			if w.Status() != tt.status || w.Bytes() != tt.bytes || w.Begun() != (tt.status != 0) || int64(below.Body.Len()) != tt.bytes || w.Unwrap() != below {
				t.Errorf("%d, %d bytes, begun %t; below %d bytes", w.Status(), w.Bytes(), w.Begun(), below.Body.Len())
			}
		})
	}
}

// hijackable is a writer whose connection can be taken over.
type hijackable struct {
	http.ResponseWriter
	conn net.Conn
}

func (h hijackable) Hijack() (net.Conn, *bufio.ReadWriter, error) { return h.conn, nil, nil }

func TestHijack(t *testing.T) {
	t.Parallel()
	if _, _, err := respwriter.Observe(httptest.NewRecorder()).Hijack(); err == nil {
		t.Error("a recorder has no connection")
	}
	conn, other := net.Pipe()
	defer conn.Close()
	defer other.Close()
	w := respwriter.Observe(hijackable{httptest.NewRecorder(), conn})
	if w.Conn() != nil {
		t.Error("nobody has taken it over yet")
	}
	if got, _, err := w.Hijack(); got != conn || err != nil || w.Conn() != conn || w.Status() != http.StatusSwitchingProtocols {
		t.Errorf("%v, %v, %d", got, err, w.Status())
	}
}

func TestOutcome(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		answered   int // 0 for nothing
		gone, done bool
		want       int
	}{
		{0, false, true, 200},
		{0, false, false, 500},
		{0, true, true, 499},
		{0, true, false, 499},
		{201, true, true, 201},
		{404, false, false, 404},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		if tt.gone {
			cancel()
		}
		w := respwriter.Observe(httptest.NewRecorder())
		if tt.answered != 0 {
			w.WriteHeader(tt.answered)
		}
		if got := w.Outcome(httptest.NewRequestWithContext(ctx, http.MethodGet, "/", http.NoBody), tt.done); got != tt.want {
			t.Errorf("%+v: %d", tt, got)
		}
		cancel()
	}
}
