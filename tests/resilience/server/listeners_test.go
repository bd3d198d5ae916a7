package server_test

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

// encrypted is the configuration of a program that encrypts, and sends clients of plain
// HTTP on.
func encrypted(t *testing.T) plinth.Config {
	t.Helper()
	config, folder := apptest.Served(t), t.TempDir()
	config.TLS.CertFile, config.TLS.KeyFile = filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	apptest.Certificate(t, config.TLS.CertFile, config.TLS.KeyFile)
	config.TLS.HTTPAddr = programtest.Listen(t)
	return config
}

// TestConnectionsOfAllListeners: the limit of connections of a client counts both listeners.
func TestConnectionsOfAllListeners(t *testing.T) {
	t.Parallel()
	config := encrypted(t)
	config.MaxConnections = 4
	apptest.Run(t, apptest.New(t, config), config.TLS.HTTPAddr)
	var (
		stay    atomic.Int64
		clients sync.WaitGroup
	)
	for i := range 8 {
		conn, err := net.Dial("tcp", []string{config.TLS.HTTPAddr, config.Addr}[i%2]) // taken or not at once
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close() // read only
		clients.Go(func() {
			_ = conn.SetReadDeadline(time.Now().Add(2 * time.Second))
			_, err := conn.Read(make([]byte, 1))
			if timeout := net.Error(nil); errors.As(err, &timeout) && timeout.Timeout() {
				stay.Add(1)
			}
		})
	}
	clients.Wait()
	if stay := stay.Load(); stay < 3 || stay > 4 { // one may be that of waiting for the server
		t.Errorf("%d connections stay, want 4", stay)
	}
}

// TestRedirectStaysAtHome: whatever a request asks for, it is sent to the public address.
func TestRedirectStaysAtHome(t *testing.T) {
	t.Parallel()
	config := encrypted(t)
	apptest.Run(t, apptest.New(t, config), config.TLS.HTTPAddr)
	for target, want := range map[string]string{
		"/a?b=c": "/a?b=c", "//evil.example/": "//evil.example/", `/\evil.example`: "/%5Cevil.example", "/%0d%0aX:%20y": "/%0d%0aX:%20y",
		"http://evil.example/a": "/a", "http://evil.example": "/", "x:.evil.example/": "/", "x:@evil.example/": "/", "*": "/",
	} {
		conn, err := net.Dial("tcp", config.TLS.HTTPAddr) // answered or not at once
		if err != nil {
			t.Fatal(err)
		}
		_, _ = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: evil.example\r\n\r\n", target)
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(target, err)
		}
		_ = res.Body.Close()
		_ = conn.Close()
		if got := res.Header.Get("Location"); res.StatusCode != http.StatusPermanentRedirect || got != "https://notes.example"+want {
			t.Errorf("%s: %d, Location %q", target, res.StatusCode, got)
		}
	}
}
