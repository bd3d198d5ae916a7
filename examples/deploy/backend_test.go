package deploy_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// backend is a server behind a balancer, which tells what reaches it.
type backend struct {
	name     string
	addr     string
	unready  atomic.Bool
	answered atomic.Int64 // requests that were no probes
	probed   atomic.Int64
	broken   atomic.Int64 // requests whose connection was cut after they arrived
}

func newBackend(t *testing.T, name string) *backend {
	t.Helper()
	b := &backend{name: name}
	server := httptest.NewServer(b)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	b.addr = strings.TrimPrefix(server.URL, "http://")
	return b
}

func (b *backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/readyz":
		b.probed.Add(1)
		if b.unready.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		return
	case "/events":
		b.events(w, r)
	case "/socket":
		b.socket(w, r)
	case "/break":
		b.broken.Add(1)
		panic(http.ErrAbortHandler)
	default:
		w.Header().Set("Backend", b.name)
		fmt.Fprintf(w, "%s %s\nhost: %s\n", r.Method, r.RequestURI, r.Host)
		_ = r.Header.Write(w)
	}
	b.answered.Add(1)
}

// events sends one event at once and the next when it is asked to go on, a second later.
func (b *backend) events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprint(w, "data: first\n\n")
	_ = http.NewResponseController(w).Flush()
	select {
	case <-r.Context().Done():
	case <-time.After(time.Second):
		fmt.Fprint(w, "data: second\n\n")
	}
}

// socket takes an upgrade and repeats what it is sent.
func (b *backend) socket(w http.ResponseWriter, r *http.Request) {
	if !strings.EqualFold(r.Header.Get("Connection"), "upgrade") || r.Header.Get("Upgrade") != "echo" {
		w.WriteHeader(http.StatusUpgradeRequired)
		return
	}
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer conn.Close() // the other side sees it
	_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
	_, _ = io.Copy(conn, rw)
}
