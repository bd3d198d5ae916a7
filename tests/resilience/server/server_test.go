package server_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

// TestDrainFailsNoRequest: clients that keep their connections and send requests all the
// time see no failure while the server drains. Its answers close connections, /readyz is 503
// at once, and neither is an error in the log. Afterwards connections are refused.
func TestDrainFailsNoRequest(t *testing.T) {
	t.Parallel()
	config, lines := apptest.Served(t), new(apptest.Log)
	config.Logger = slog.New(slog.NewJSONHandler(lines, nil))
	config.DrainDelay = time.Second
	config.OpsAddr = programtest.Listen(t)
	app := apptest.New(t, config)
	app.Router().Post("/work", func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(2 * time.Millisecond)
		_, _ = io.WriteString(w, "done")
	})
	end := apptest.Run(t, app, config.Addr)
	base := "http://" + config.Addr
	if status, body := apptest.Get(t, base+"/readyz"); status != http.StatusOK || body != `{"status":"ok","database":"ok","migrations":"off","log":"ok"}`+"\n" {
		t.Fatalf("readyz: %d %s", status, body)
	}
	var (
		asked, told, refused atomic.Int64
		clients              sync.WaitGroup
	)
	for range 8 {
		clients.Go(func() {
			for {
				n, err := sendUntilClose(config.Addr)
				asked.Add(int64(n))
				if errors.Is(err, syscall.ECONNREFUSED) || n == 0 && errors.Is(err, syscall.ECONNRESET) {
					refused.Add(1) // the listener is closed: a balancer has gone elsewhere long since
					return
				}
				if err != nil {
					t.Errorf("a request failed: %v", err)
					return
				}
				told.Add(1)
			}
		})
	}
	time.Sleep(100 * time.Millisecond)
	ended := make(chan error, 1)
	go func() { ended <- end() }()
	for begun := time.Now(); ; {
		status, body := apptest.Get(t, base+"/readyz")
		if status == http.StatusServiceUnavailable && body == `{"status":"draining"}`+"\n" {
			break
		}
		if time.Since(begun) > programtest.Within(800*time.Millisecond) {
			t.Fatalf("readyz while it drains: %d %s", status, body)
		}
	}
	if status, _ := apptest.Get(t, base+"/livez"); status != http.StatusOK {
		t.Errorf("livez while it drains: %d", status)
	}
	if status, _ := apptest.Get(t, "http://"+config.OpsAddr+"/readyz"); status != http.StatusServiceUnavailable {
		t.Errorf("readyz of the operators' address: %d", status)
	}
	if err := <-ended; err != nil {
		t.Errorf("Run = %v", err)
	}
	clients.Wait()
	for _, line := range lines.Taken(t) {
		if line["level"] == "ERROR" || line["path"] == "/readyz" {
			t.Errorf("logged: %v", line)
		}
	}
	if asked.Load() < 100 || told.Load() < 8 || refused.Load() != 8 {
		t.Errorf("%d requests, %d told to close, %d refused at last", asked.Load(), told.Load(), refused.Load())
	}
}

// sendUntilClose sends requests on one connection, none of them twice, until an answer says
// that the connection ends.
func sendUntilClose(addr string) (n int, err error) {
	conn, err := net.Dial("tcp", addr) // refused or not at once
	if err != nil {
		return 0, err
	}
	defer conn.Close() // read to its end
	in := bufio.NewReader(conn)
	for {
		if _, err := io.WriteString(conn, "POST /work HTTP/1.1\r\nHost: notes.example\r\nContent-Length: 0\r\n\r\n"); err != nil {
			return n, err
		}
		res, err := http.ReadResponse(in, nil)
		if err != nil {
			return n, err
		}
		body, err := io.ReadAll(res.Body)
		// Beside other tests, places are few at times: that is no request that draining fails.
		busy := res.StatusCode == http.StatusServiceUnavailable && strings.Contains(string(body), "The server is busy")
		if err != nil || !busy && (res.StatusCode != http.StatusOK || string(body) != "done") {
			return n, fmt.Errorf("status %d, body %q, %w", res.StatusCode, body, err)
		}
		n++
		if res.Close {
			return n, nil
		}
	}
}

// TestSecondSignal: who cannot wait sends another signal, and the server ends within a
// second, while it still lets clients in and while it waits for a request or for work
// beside it.
func TestSecondSignal(t *testing.T) {
	for _, tt := range []struct {
		name           string
		delay, timeout time.Duration
	}{
		{"delay", time.Minute, time.Minute},
		{"requests", -1, time.Minute},
		{"background", -1, time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			config := apptest.Served(t)
			config.DrainDelay, config.DrainTimeout, config.OpsAddr = tt.delay, tt.timeout, programtest.Listen(t)
			app := apptest.New(t, config)
			entered, release := make(chan struct{}), make(chan struct{})
			defer close(release)
			app.Router().Get("/slow", func(_ http.ResponseWriter, r *http.Request) {
				close(entered)
				if tt.name != "background" {
					<-r.Context().Done()
				}
			})
			app.Background("slow", func(ctx context.Context) error {
				if tt.name == "background" {
					<-release
				}
				return nil
			})
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			ended := make(chan error, 1)
			go func() { ended <- app.Run(ctx) }()
			awaitReady := func(want int) {
				t.Helper()
				programtest.Until(t, 20*time.Second, fmt.Sprintf("/readyz answers %d", want), func() bool {
					status, _ := apptest.Get(t, "http://"+config.OpsAddr+"/readyz")
					return status == want
				})
			}
			awaitReady(http.StatusOK)
			var client sync.WaitGroup
			defer client.Wait()
			client.Go(func() { apptest.Get(t, "http://"+config.Addr+"/slow") })
			<-entered
			stop()
			awaitReady(http.StatusServiceUnavailable)
			time.Sleep(50 * time.Millisecond)
			begun := time.Now()
			if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			select {
			case err := <-ended:
				if took := time.Since(begun); took > programtest.Within(time.Second) || err == nil {
					t.Errorf("%v after %s", err, took)
				}
			case <-time.After(10 * time.Second):
				t.Fatal("the second signal is not heard")
			}
		})
	}
}

// TestReadyWithoutDatabase: /readyz says no while the database does not answer, and tells
// nobody why; /livez goes on.
func TestReadyWithoutDatabase(t *testing.T) {
	t.Parallel()
	config := apptest.Served(t)
	app := apptest.New(t, config)
	handler, err := app.Handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := app.DB().Close(); err != nil {
		t.Fatal(err)
	}
	if status, body := apptest.Status(t, handler, "/readyz"); status != http.StatusServiceUnavailable || body != `{"status":"unavailable","database":"unavailable","migrations":"off","log":"ok"}`+"\n" {
		t.Errorf("readyz: %d %s", status, body)
	}
	if status, _ := apptest.Status(t, handler, "/livez"); status != http.StatusOK {
		t.Errorf("livez: %d", status)
	}
}

// TestReadyWithoutMigrations: an instance whose database has lost a migration, as one that
// was restored from an old copy, is not ready until it has it again.
func TestReadyWithoutMigrations(t *testing.T) {
	t.Parallel()
	app := apptest.New(t, apptest.Config(t))
	t.Cleanup(func() { _ = app.DB().Close() })
	handler, err := app.Handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ready := func(status int, migrations string) {
		t.Helper()
		programtest.Until(t, 20*time.Second, fmt.Sprintf("/readyz answers %d with migrations %s", status, migrations), func() bool {
			got, body := apptest.Status(t, handler, "/readyz")
			return got == status && strings.Contains(body, `"migrations":"`+migrations+`"`)
		})
	}
	ready(http.StatusOK, "ok")
	if _, err := app.DB().Bun().NewRaw("alter table plinth_migrations rename to plinth_migrations_away").Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	ready(http.StatusServiceUnavailable, "unavailable")
	if _, err := app.DB().Bun().NewRaw("alter table plinth_migrations_away rename to plinth_migrations").Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	ready(http.StatusOK, "ok")
}

// TestTLS: connections are encrypted with the certificate of the files, also over HTTP/2;
// plain HTTP sends clients to the public address, whatever host they name.
func TestTLS(t *testing.T) {
	t.Parallel()
	config := apptest.Served(t)
	dir := t.TempDir()
	config.TLS = plinth.TLS{
		CertFile: filepath.Join(dir, "cert.pem"), KeyFile: filepath.Join(dir, "key.pem"), HTTPAddr: programtest.Listen(t),
	}
	cert := apptest.Certificate(t, config.TLS.CertFile, config.TLS.KeyFile)
	apptest.Run(t, apptest.New(t, config), config.Addr)

	pool := x509.NewCertPool()
	pool.AddCert(cert)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: "localhost"}, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+config.Addr+"/livez", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := (&http.Client{Transport: transport}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK || res.ProtoMajor != 2 {
		t.Errorf("status %d, %s", res.StatusCode, res.Proto)
	}
	if _, err := tls.Dial("tcp", config.Addr, &tls.Config{RootCAs: pool, ServerName: "localhost", MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}); err == nil { // that is the point
		t.Error("TLS 1.1 is spoken")
	}

	plain := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, tt := range []struct {
		method, path, location string
		status                 int
	}{
		{http.MethodGet, "/rest/v1/notes?select=id", "https://notes.example/rest/v1/notes?select=id", http.StatusPermanentRedirect},
		{http.MethodGet, "//evil.example/%2e%2e", "https://notes.example//evil.example/%2e%2e", http.StatusPermanentRedirect},
		{http.MethodPost, "/auth/v1/token", "", http.StatusMisdirectedRequest},
	} {
		r, err := http.NewRequestWithContext(t.Context(), tt.method, "http://"+config.TLS.HTTPAddr+tt.path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "evil.example"
		res, err := plain.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != tt.status || res.Header.Get("Location") != tt.location {
			t.Errorf("%s %s: %d, Location %q", tt.method, tt.path, res.StatusCode, res.Header.Get("Location"))
		}
	}
}

// A request that runs when the context ends gets its answer before Run returns.
func TestRunDrains(t *testing.T) {
	t.Parallel()
	config := apptest.Config(t)
	app := apptest.New(t, config)
	entered, release := make(chan struct{}), make(chan struct{})
	app.Router().Get("/slow", func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-release
		_, _ = io.WriteString(w, "whole")
	})
	app.Router().Get("/up", func(http.ResponseWriter, *http.Request) {})
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- app.Run(ctx) }()
	programtest.Until(t, 20*time.Second, "the application answers", func() bool {
		status, _ := apptest.Get(t, "http://"+config.Addr+"/up")
		return status == http.StatusOK
	})
	answer := make(chan string, 1)
	go func() {
		_, body := apptest.Get(t, "http://"+config.Addr+"/slow")
		answer <- body
	}()
	<-entered
	stop()
	select {
	case err := <-ended:
		t.Fatalf("Run returned before the request was answered: %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	close(release)
	if body := <-answer; body != "whole" {
		t.Errorf("the running request got %q", body)
	}
	if err := <-ended; err != nil {
		t.Errorf("Run = %v after a clean end", err)
	}
	if status, _ := apptest.Get(t, "http://"+config.Addr+"/up"); status != 0 {
		t.Errorf("somebody still answers: %d", status)
	}
}
