package plinth_test

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

// TestServerLimits holds the server to the limits that operators are told of, and none of
// them is missing.
func TestServerLimits(t *testing.T) {
	t.Parallel()
	app := newApp(t, served(t))
	t.Cleanup(func() { _ = app.DB().Close() })
	s := plinth.NewServer(app)
	for name, tt := range map[string]struct{ got, want time.Duration }{
		"header": {s.ReadHeaderTimeout, 5 * time.Second},
		"read":   {s.ReadTimeout, 30 * time.Second},
		"write":  {s.WriteTimeout, 60 * time.Second},
		"idle":   {s.IdleTimeout, 90 * time.Second},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %s, want %s", name, tt.got, tt.want)
		}
	}
	if header := s.MaxHeaderBytes + 4<<10; header != 32<<10 { // which net/http adds
		t.Errorf("headers of %d bytes", header)
	}
	if streams := s.HTTP2.MaxConcurrentStreams; streams != 100 {
		t.Errorf("%d streams", streams)
	}
}

// TestReadyWithoutLog: an instance that cannot tell others of what it commits is not
// ready, until it can.
func TestReadyWithoutLog(t *testing.T) {
	t.Parallel()
	app := newApp(t, served(t))
	t.Cleanup(func() { _ = app.DB().Close() })
	handler, err := app.Handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		behind time.Duration
		status int
		log    string
	}{
		{0, http.StatusOK, "ok"},
		{30 * time.Second, http.StatusOK, "ok"},
		{31 * time.Second, http.StatusServiceUnavailable, "unavailable"},
		{0, http.StatusOK, "ok"},
	} {
		plinth.SetBehind(app, tt.behind)
		// An answer holds for a second.
		programtest.Until(t, 20*time.Second, fmt.Sprintf("/readyz answers %d and log %s when %s behind", tt.status, tt.log, tt.behind), func() bool {
			status, body := serveOnce(t, handler, "/readyz")
			return status == tt.status && strings.Contains(body, `"database":"ok"`) && strings.Contains(body, `"log":"`+tt.log+`"`)
		})
	}
}

// TestCertificateFiles: a certificate that was renewed is shown without a restart; what
// cannot be read, and half of a pair, leaves the old one. All files have one time, as those
// of an archive may.
func TestCertificateFiles(t *testing.T) {
	t.Parallel()
	dir, lines := t.TempDir(), new(logLines)
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	newCert, newKey := filepath.Join(dir, "new-cert.pem"), filepath.Join(dir, "new-key.pem")
	first := newPair(t, cert, key).SerialNumber.String()
	second := newPair(t, newCert, newKey).SerialNumber.String()
	when := time.Now()
	dated := func(names ...string) {
		t.Helper()
		for _, name := range names {
			if err := os.Chtimes(name, when, when); err != nil {
				t.Fatal(err)
			}
		}
	}
	dated(cert, key, newCert, newKey)
	get, later, err := plinth.CertificateFiles(cert, key, slog.New(slog.NewJSONHandler(lines, nil)))
	if err != nil {
		t.Fatal(err)
	}
	shown := func(want string, told int) {
		t.Helper()
		c, err := get()
		if err != nil || c.Leaf.SerialNumber.String() != want {
			t.Errorf("%s, %v, want %s", c.Leaf.SerialNumber, err, want)
		}
		if got := lines.taken(t); len(got) != told {
			t.Errorf("logged: %v", got)
		}
	}
	shown(first, 0)
	later()
	shown(first, 0)
	if err := os.WriteFile(cert, []byte("garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	dated(cert)
	shown(first, 0) // nobody has looked
	later()
	shown(first, 1)
	if err := os.Rename(newCert, cert); err != nil {
		t.Fatal(err)
	}
	later()
	shown(first, 1) // the key is that of the old one
	if err := os.Rename(newKey, key); err != nil {
		t.Fatal(err)
	}
	later()
	shown(second, 1)
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	later()
	shown(second, 1)
}

// TestConnectionsOfEach: one address has no more connections than it may, and gets others
// when it has closed some; others and proxies have theirs.
func TestConnectionsOfEach(t *testing.T) {
	t.Parallel()
	changed := plinth.Connections(plinth.Config{MaxConnections: 100, MaxConnectionsPerClient: 2, Logger: slog.New(slog.DiscardHandler)})
	open := func(addr string) (conn peer, stays bool) {
		near, far := net.Pipe()
		t.Cleanup(func() { _ = near.Close() })
		conn = peer{near, addr}
		changed(conn, http.StateNew)
		_ = far.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
		_, err := far.Read(make([]byte, 1))
		return conn, os.IsTimeout(err)
	}
	var conns []peer
	for i, tt := range []struct {
		addr  string
		stays bool
	}{
		{"203.0.113.1:1", true},
		{"203.0.113.1:2", true},
		{"203.0.113.1:3", false},
		{"203.0.113.2:1", true},
		{"[2001:db8::1]:1", true},
		{"[2001:db8::2]:1", true}, // of the same network
		{"[2001:db8::3]:1", false},
		{"127.0.0.1:1", true},
		{"127.0.0.1:2", true},
		{"127.0.0.1:3", true}, // of this machine
	} {
		conn, stays := open(tt.addr)
		if stays != tt.stays {
			t.Errorf("%d, of %s: stays %t", i, tt.addr, stays)
		}
		conns = append(conns, conn)
	}
	changed(conns[0], http.StateClosed)
	changed(conns[2], http.StateClosed)
	if _, stays := open("203.0.113.1:4"); !stays {
		t.Error("there is no room after one was closed")
	}
	if _, stays := open("203.0.113.1:5"); stays {
		t.Error("there is more room than before")
	}
	changed(conns[3], http.StateHijacked) // a WebSocket, which LongLived counts
	for _, addr := range []string{"203.0.113.2:2", "203.0.113.2:3"} {
		if _, stays := open(addr); !stays {
			t.Errorf("%s has no room beside one that a handler has taken over", addr)
		}
	}
}

// TestClosedConnectionsAreLogged: connections that are closed because there are too many are
// logged once a second with their number, separately for both limits.
func TestClosedConnectionsAreLogged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lines := new(logLines)
		changed := plinth.Connections(plinth.Config{MaxConnections: 4, MaxConnectionsPerClient: 2, Logger: slog.New(slog.NewJSONHandler(lines, nil))})
		open := func(addrs ...string) {
			for _, addr := range addrs {
				near, far := net.Pipe()
				t.Cleanup(func() { _, _ = near.Close(), far.Close() })
				changed(peer{near, addr}, http.StateNew)
			}
		}
		told := func(want ...string) {
			t.Helper()
			var got []string
			for _, line := range lines.taken(t) {
				got = append(got, fmt.Sprint(line["level"], " ", line["msg"], " ", line["closed"], " ", line["client"]))
			}
			if !slices.Equal(got, want) {
				t.Errorf("logged %q, want %q", got, want)
			}
		}
		open("203.0.113.1:1", "203.0.113.1:2")
		told()
		open("203.0.113.1:3", "203.0.113.1:4", "203.0.113.1:5")
		told("WARN connections closed, too many of one client (MaxConnectionsPerClient) 1 203.0.113.1")
		open("127.0.0.1:1", "203.0.113.2:1") // those that are closed count until they are gone
		told("WARN connections closed, too many at a time (MaxConnections) 1 <nil>")
		time.Sleep(time.Second)
		open("203.0.113.1:6", "203.0.113.3:1")
		told("WARN connections closed, too many of one client (MaxConnectionsPerClient) 3 203.0.113.1",
			"WARN connections closed, too many at a time (MaxConnections) 2 203.0.113.3")
	})
}

// TestProtectedPages: outside of development every answer tells browsers to come by
// https, for a year, and what else protects pages.
func TestProtectedPages(t *testing.T) {
	t.Parallel()
	handler, _ := proxied(t, nil)
	without, _ := proxied(t, func(c *plinth.Config) { c.Headers.HSTS = -1 })
	for _, target := range []string{"/hello/ann", "/panic", "/nowhere", "/rest/v1/tasks", "/livez"} {
		h := ask(t, handler, http.MethodGet, target, "203.0.113.7").Header()
		if h.Get("Strict-Transport-Security") != "max-age=31536000" || h.Get("X-Content-Type-Options") != "nosniff" ||
			!strings.HasPrefix(h.Get("Content-Security-Policy"), "default-src 'none'") || h.Get("X-Request-Id") == "" || h.Get("Server") != "" {
			t.Errorf("%s: %v", target, h)
		}
		if h := ask(t, without, http.MethodGet, target, "203.0.113.7").Header(); h.Get("Strict-Transport-Security") != "" {
			t.Errorf("%s: %v", target, h)
		}
	}
	development := newApp(t, testConfig(t))
	t.Cleanup(func() { _ = development.DB().Close() })
	open, err := development.Handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if h := ask(t, open, http.MethodGet, "/livez", "").Header(); h.Get("Strict-Transport-Security") != "" {
		t.Errorf("in development: %v", h)
	}
}
