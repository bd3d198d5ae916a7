package deploy_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

// balancer is a program before two servers.
type balancer struct {
	name   string
	plain  string // address
	secure string
	pool   *x509.CertPool

	// asks says that it asks the servers itself whether they are ready. Otherwise takeOut tells it that the first is not.
	asks    bool
	takeOut func()
}

// balancers start each program with the configuration of this folder.
var balancers = []struct {
	name  string
	start func(t *testing.T, first, second string) *balancer
}{
	{"haproxy", startHAProxy},
	{"nginx", startNginx},
}

func startHAProxy(t *testing.T, first, second string) *balancer {
	t.Helper()
	path := programtest.Path(t, "haproxy")
	b := &balancer{name: "haproxy", asks: true}
	certs := t.TempDir()
	var cert, key []byte
	b.pool, cert, key = newCertificate(t)
	write(t, filepath.Join(certs, "notes.example.pem"), append(cert, key...))
	programtest.Serve(t, 3, func(addrs []string) *programtest.Process {
		b.plain, b.secure = addrs[0], addrs[1]
		file := changed(
			t, "haproxy/haproxy.cfg",
			"bind :443 ssl crt /etc/haproxy/certs/ ", "bind "+b.secure+" ssl crt "+certs+" ",
			"bind :80", "bind "+b.plain,
			"bind 127.0.0.1:8404", "bind "+addrs[2],
			"maxconn 20000", "maxconn 1000", // files that a test may open
			"10.0.0.11:8080", first, "10.0.0.12:8080", second,
		)
		if out := check(t, path, "-c", "-f", file); strings.Contains(out, "WARNING") {
			t.Errorf("haproxy -c: %s", out)
		}
		return programtest.Start(t, nil, path, "-db", "-f", file)
	})
	return b
}

func startNginx(t *testing.T, first, second string) *balancer {
	t.Helper()
	path := programtest.Path(t, "nginx")
	b := &balancer{name: "nginx"}
	dir := t.TempDir()
	var cert, key []byte
	b.pool, cert, key = newCertificate(t)
	write(t, filepath.Join(dir, "cert.pem"), cert)
	write(t, filepath.Join(dir, "key.pem"), key)
	scratch := "http {\n"
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		scratch += kind + "_temp_path " + filepath.Join(dir, kind) + ";\n"
	}
	var file string
	errors := filepath.Join(dir, "errors") // before the configuration is read
	programtest.Serve(t, 2, func(addrs []string) *programtest.Process {
		b.plain, b.secure = addrs[0], addrs[1]
		file = changed(
			t, "nginx/nginx.conf",
			"listen 80 ", "listen "+b.plain+" ", "listen 443 ", "listen "+b.secure+" ",
			"/etc/nginx/certs/notes.example.pem", filepath.Join(dir, "cert.pem"),
			"/etc/nginx/certs/notes.example.key", filepath.Join(dir, "key.pem"),
			"/run/nginx.pid", filepath.Join(dir, "pid"),
			"10.0.0.11:8080", first, "10.0.0.12:8080", second,
			"http {\n", scratch, "worker_processes auto", "worker_processes 1",
		)
		if out := check(t, path, "-t", "-e", errors, "-c", file); strings.Contains(out, "[warn]") {
			t.Errorf("nginx -t: %s", out)
		}
		return programtest.Start(t, nil, path, "-e", errors, "-c", file, "-g", "daemon off;")
	})
	b.takeOut = func() {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		write(t, file, []byte(strings.Replace(string(text), first+" ", first+" down ", 1)))
		check(t, path, "-e", errors, "-c", file, "-s", "reload")
		time.Sleep(time.Second)
	}
	return b
}

// newCertificate returns a certificate for notes.example and 127.0.0.1, its key, and who trusts it.
func newCertificate(t *testing.T) (pool *x509.CertPool, cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{"notes.example"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	pool = x509.NewCertPool()
	pool.AppendCertsFromPEM(cert)
	return pool, cert, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
}

func write(t *testing.T, file string, text []byte) {
	t.Helper()
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// client returns a client that trusts the balancer and keeps no connections.
func (b *balancer) client() *http.Client {
	return &http.Client{
		Timeout:       10 * time.Second,
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{RootCAs: b.pool}, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// ask sends a request and returns status, header and body.
func (b *balancer) ask(ctx context.Context, method, path string, header http.Header) (int, http.Header, string, error) {
	r, err := http.NewRequestWithContext(ctx, method, "https://"+b.secure+path, http.NoBody)
	if err != nil {
		return 0, nil, "", err
	}
	r.Host = "notes.example"
	if header != nil {
		r.Header = header
	}
	res, err := b.client().Do(r)
	if err != nil {
		return 0, nil, "", err
	}
	body, err := io.ReadAll(res.Body)
	return res.StatusCode, res.Header, string(body), errors.Join(err, res.Body.Close())
}

func TestBalancers(t *testing.T) {
	t.Parallel()
	for _, kind := range balancers {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			servers := []*backend{newBackend(t, "first"), newBackend(t, "second")}
			b := kind.start(t, servers[0].addr, servers[1].addr)
			b.awaitReady(t)
			t.Run("headers", func(t *testing.T) { checkHeaders(t, b) })
			t.Run("redirect", func(t *testing.T) { checkRedirect(t, b) })
			t.Run("events", func(t *testing.T) { checkEvents(t, b) })
			t.Run("socket", func(t *testing.T) { checkSocket(t, b) })
			t.Run("retries", func(t *testing.T) { checkRetries(t, b, servers) })
			if b.asks {
				t.Run("readiness", func(t *testing.T) { checkReadiness(t, b, servers) })
			}
		})
	}
}

// awaitReady waits until requests get through.
func (b *balancer) awaitReady(t *testing.T) {
	t.Helper()
	programtest.Until(t, 20*time.Second, "a request gets through", func() bool {
		status, _, _, err := b.ask(t.Context(), http.MethodGet, "/", nil)
		return err == nil && status == http.StatusOK
	})
}

// checkHeaders: nothing that a client says of where it comes from gets through; what it asks for does as it is.
func checkHeaders(t *testing.T, b *balancer) {
	forged := http.Header{}
	for _, name := range []string{
		"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Server", "X-Real-Ip", "Forwarded", "X-Request-Id",
	} {
		forged.Set(name, "forged-203.0.113.9")
	}
	forged["X-Forwarded-For"] = append(forged["X-Forwarded-For"], "forged-203.0.113.10")
	forged.Set("Apikey", "kept")
	const path = "/rest/v1/notes/a%2Fb//c?select=id&title=like.*a%20b*"
	status, header, body, err := b.ask(t.Context(), http.MethodGet, path, forged)
	if err != nil || status != http.StatusOK || header.Get("Strict-Transport-Security") == "" {
		t.Fatalf("%d %v, %v", status, header, err)
	}
	if strings.Contains(body, "forged") {
		t.Errorf("what the client said gets through:\n%s", body)
	}
	for _, line := range []string{
		"GET " + path + "\n", "host: notes.example\n", "X-Forwarded-For: 127.0.0.1\r\n", "X-Forwarded-Proto: https\r\n",
		"X-Forwarded-Host: notes.example\r\n", "X-Request-Id: ", "Apikey: kept\r\n",
	} {
		if !strings.Contains(body, line) {
			t.Errorf("the server does not see %q:\n%s", line, body)
		}
	}
}

// checkRedirect: plain HTTP leads to https only.
func checkRedirect(t *testing.T, b *balancer) {
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+b.plain+"/auth/v1/token?x=1", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "notes.example"
	res, err := b.client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if location := res.Header.Get("Location"); res.StatusCode != http.StatusPermanentRedirect || location != "https://notes.example/auth/v1/token?x=1" {
		t.Errorf("%d %s", res.StatusCode, location)
	}
}

// checkEvents: the first event arrives while the stream goes on.
func checkEvents(t *testing.T, b *balancer) {
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+b.secure+"/events", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	res, err := b.client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() // nothing depends on it
	line, err := bufio.NewReader(res.Body).ReadString('\n')
	if took := time.Since(begun); err != nil || line != "data: first\n" || took > 800*time.Millisecond {
		t.Errorf("%q after %s, %v", line, took, err)
	}
}

// checkSocket: an upgraded connection carries both ways.
func checkSocket(t *testing.T, b *balancer) {
	conn, err := (&tls.Dialer{Config: &tls.Config{RootCAs: b.pool, ServerName: "notes.example"}}).DialContext(t.Context(), "tcp", b.secure)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() // nothing depends on it
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	fmt.Fprintf(conn, "GET /socket HTTP/1.1\r\nHost: notes.example\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
	lines := bufio.NewReader(conn)
	res, err := http.ReadResponse(lines, nil)
	if err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("%v, %v", res, err)
	}
	_ = res.Body.Close() // there is none
	for _, word := range []string{"one\n", "two\n"} {
		if _, err := io.WriteString(conn, word); err != nil {
			t.Fatal(err)
		}
		if got, err := lines.ReadString('\n'); err != nil || got != word {
			t.Errorf("%q, %v, want %q", got, err, word)
		}
	}
}

// checkRetries: a write whose connection breaks after it was sent reaches one server, once.
func checkRetries(t *testing.T, b *balancer, servers []*backend) {
	for _, method := range []string{http.MethodPost, http.MethodPatch} {
		before := servers[0].broken.Load() + servers[1].broken.Load()
		status, _, _, err := b.ask(t.Context(), method, "/break", nil)
		if got := servers[0].broken.Load() + servers[1].broken.Load() - before; err != nil || status != http.StatusBadGateway || got != 1 {
			t.Errorf("%s: %d, %v, sent %d times", method, status, err, got)
		}
	}
	time.Sleep(2500 * time.Millisecond) // until both are trusted again
}

// checkReadiness: a server that says that it is not ready gets no new requests, and gets
// some again when it is.
func checkReadiness(t *testing.T, b *balancer, servers []*backend) {
	away := servers[0]
	away.unready.Store(true)
	time.Sleep(3 * time.Second) // two checks, and one more
	before, probes := away.answered.Load(), away.probed.Load()
	for i := range 50 {
		status, header, _, err := b.ask(t.Context(), http.MethodGet, "/", nil)
		if err != nil || status != http.StatusOK || header.Get("Backend") != "second" {
			t.Fatalf("request %d: %d from %q, %v", i, status, header.Get("Backend"), err)
		}
	}
	if got := away.answered.Load(); got != before {
		t.Errorf("%d requests reached the server that is not ready", got-before)
	}
	away.unready.Store(false)
	for begun := time.Now(); away.answered.Load() == before; time.Sleep(50 * time.Millisecond) {
		if time.Since(begun) > 8*time.Second {
			t.Fatalf("ready again and asked for %d times, but it gets no requests", away.probed.Load()-probes)
		}
		if status, _, _, err := b.ask(t.Context(), http.MethodGet, "/", nil); err != nil || status != http.StatusOK {
			t.Errorf("%d, %v", status, err)
		}
	}
}
