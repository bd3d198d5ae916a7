package server_test

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

// serveACME is the program that TestACME starts.
func serveACME(t *testing.T) {
	ctx, stop := signal.NotifyContext(t.Context(), syscall.SIGTERM)
	defer stop()
	config := plinth.FromEnv()
	config.Listen = programtest.HandOver
	if err := apptest.New(t, config).Run(ctx); err != nil {
		t.Fatal(err)
	}
}

// TestACME gets a certificate from a real authority, Pebble, which asks the application
// for proof of its name: on the encrypted port, or in the clear where that is all it can
// reach. A new process has the certificate without asking again.
func TestACME(t *testing.T) {
	if os.Getenv("PLINTH_ACME_DOMAINS") != "" {
		serveACME(t)
		return
	}
	pebble := programtest.Path(t, "pebble")
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	apptest.Certificate(t, cert, key)
	env := apptest.Production(t)
	for name, value := range map[string]string{
		"SSL_CERT_FILE":           cert,
		"PLINTH_ADDR":             programtest.Listen(t),
		"PLINTH_HTTP_ADDR":        programtest.Listen(t),
		"PLINTH_ACME_DOMAINS":     "notes.example",
		"PLINTH_ACME_CACHE":       filepath.Join(dir, "cache"),
		"PLINTH_DISABLE_ACCOUNTS": "1",
		"PLINTH_SITE_URL":         "", "PLINTH_REDIRECT_URLS": "", "PLINTH_MASTER_KEYS": "",
		"PLINTH_DRAIN_DELAY": "0s",
	} {
		env[name] = value
	}
	names := serveNames(t)
	pebbleServes, authority := programtest.Serve(t, 1, func(addrs []string) *programtest.Process {
		config, err := json.Marshal(map[string]any{"pebble": map[string]any{
			"listenAddress": addrs[0], "certificate": cert, "privateKey": key,
			"httpPort": port(t, env["PLINTH_HTTP_ADDR"]), "tlsPort": port(t, env["PLINTH_ADDR"]),
			"profiles": map[string]any{"default": map[string]any{"description": "default", "validityPeriod": 7776000}},
		}})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "pebble.json"), config, 0o600); err != nil {
			t.Fatal(err)
		}
		return programtest.Start(t, []string{"PEBBLE_VA_NOSLEEP=1", "PEBBLE_WFE_NONCEREJECT=0"},
			pebble, "-config", filepath.Join(dir, "pebble.json"), "-strict", "-dnsserver", names)
	})
	env["PLINTH_ACME_DIRECTORY"] = "https://" + strings.Replace(authority[0], "127.0.0.1", "localhost", 1) + "/dir"

	first := startACMEServer(t, env)
	issued := handshake(t, env["PLINTH_ADDR"])
	_ = first.Stop()
	_ = pebbleServes.Stop()
	startACMEServer(t, env)
	if again := handshake(t, env["PLINTH_ADDR"]); again != issued {
		t.Errorf("certificate %s after a restart, %s before", again, issued)
	}
}

// serveNames is a name server, over TCP (RFC 1035 section 4.2.2), that knows every name to
// be this machine.
func serveNames(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") // at once or not
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go answerNames(conn)
		}
	}()
	return l.Addr().String()
}

func answerNames(conn net.Conn) {
	defer conn.Close() // whoever asked has the answer
	for {
		var size [2]byte
		if _, err := io.ReadFull(conn, size[:]); err != nil {
			return
		}
		packed := make([]byte, binary.BigEndian.Uint16(size[:]))
		var query dnsmessage.Message
		if _, err := io.ReadFull(conn, packed); err != nil || query.Unpack(packed) != nil || len(query.Questions) != 1 {
			return
		}
		answer := dnsmessage.Message{Header: dnsmessage.Header{ID: query.ID, Response: true, Authoritative: true}, Questions: query.Questions}
		if q := query.Questions[0]; q.Type == dnsmessage.TypeA {
			answer.Answers = []dnsmessage.Resource{{
				Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, TTL: 1},
				Body:   &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}},
			}}
		}
		packed, err := answer.Pack()
		if err != nil {
			return
		}
		if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(packed))), packed...)); err != nil {
			return
		}
	}
}

// startACMEServer starts the program.
func startACMEServer(t *testing.T, env map[string]string) *programtest.Process {
	t.Helper()
	var list []string
	for name, value := range env {
		list = append(list, name+"="+value)
	}
	return programtest.StartWith(t, []string{env["PLINTH_ADDR"], env["PLINTH_HTTP_ADDR"]}, list, os.Args[0], "-test.run=^TestACME$", "-test.v")
}

// handshake waits until the server shows a certificate for notes.example and returns its
// serial number.
func handshake(t *testing.T, addr string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	// Whose authority nobody knows: its root is made when it starts.
	dialer := &tls.Dialer{Config: &tls.Config{ServerName: "notes.example", InsecureSkipVerify: true}} // see above
	for {
		conn, err := dialer.DialContext(ctx, "tcp", addr)
		if err == nil {
			cert := conn.(*tls.Conn).ConnectionState().PeerCertificates[0]
			_ = conn.Close()
			if !strings.HasPrefix(cert.Issuer.CommonName, "Pebble") || cert.VerifyHostname("notes.example") != nil {
				t.Fatalf("a certificate of %s for %s", cert.Issuer, cert.DNSNames)
			}
			return cert.SerialNumber.String()
		}
		select {
		case <-ctx.Done():
			t.Fatal(err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func port(t *testing.T, addr string) int {
	t.Helper()
	_, text, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestACMEHostPolicy: nobody makes the application ask for certificates of other names.
func TestACMEHostPolicy(t *testing.T) {
	t.Parallel()
	config := apptest.Served(t)
	config.TLS = plinth.TLS{ACMEDomains: []string{"notes.example"}, ACMECache: t.TempDir(), ACMEDirectory: "https://127.0.0.1:1/dir", HTTPAddr: programtest.Listen(t)}
	apptest.Run(t, apptest.New(t, config), config.Addr)
	for _, name := range []string{"evil.example", "", "127.0.0.1", "www.notes.example"} {
		if _, err := tls.Dial("tcp", config.Addr, &tls.Config{ServerName: name, InsecureSkipVerify: true}); err == nil { // nothing is shown
			t.Errorf("a certificate for %q", name)
		}
	}
	if status, _ := apptest.Get(t, "http://"+config.TLS.HTTPAddr+"/.well-known/acme-challenge/x"); status == http.StatusOK {
		t.Error("a challenge that nobody set is answered")
	}
}
