package outbound_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/outbound"
)

// canary is a server on loopback that counts connections.
func canary(t *testing.T) (port string, connections *atomic.Int64) {
	t.Helper()
	connections = new(atomic.Int64)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{
		ReadHeaderTimeout: time.Second, Handler: http.NotFoundHandler(),
		ConnState: func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				connections.Add(1)
			}
		},
	}
	go s.Serve(l) // ends with Close
	t.Cleanup(func() { _ = s.Close() })
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return port, connections
}

// TestForbidden is case A-54: addresses that must not be asked, in every spelling.
func TestForbidden(t *testing.T) {
	t.Parallel()
	port, connections := canary(t)
	c := outbound.New(outbound.Config{HTTP: true})
	defer c.Close()
	for _, host := range []string{
		"127.0.0.1", "127.1", "127.0.1", "0", "0.0.0.0", "0x7f000001", "0x7f.1", "0X7F000001", "2130706433", "017700000001", "0177.0.0.1",
		"[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]",
		"[2002:7f00:1::]", "[2001:0:7f00:1::]", "[fe80::1%25lo]", "[fe80::1]", "[fc00::1]", "[fd12:3456::1]", "[ff02::1]", "[2001:db8::1]", "[100::1]", "[3fff::1]",
		"169.254.169.254", "100.64.0.1", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "192.0.0.1", "198.18.0.1", "224.0.0.1", "255.255.255.255",
		"localhost", "localhost.", "LOCALHOST", "a.localhost", "127.0.0.1.", "１２７.0.0.1",
	} {
		for _, scheme := range []string{"http", "https"} {
			for _, at := range []string{"", ":" + port, ":443"} {
				raw := scheme + "://" + host + at + "/x"
				if _, err := c.Check(raw); err == nil {
					t.Errorf("%s passes Check", raw)
				}
				refused(t, c, raw)
			}
		}
	}
	for _, raw := range []string{
		"ftp://example.org/", "file:///etc/passwd", "gopher://example.org/", "javascript:1", "example.org", "//example.org/", "",
		"https://", "https:///x", "https:example.org", "https://ann@example.org/", "https://ann:secret@example.org/", "https://example.org@127.0.0.1/",
		"https://example.org:22/", "https://example.org:5432/", "https://example.org:0/", "https://example.org:99999/", "https://8.8.8.8:25/",
	} {
		if _, err := c.Check(raw); err == nil {
			t.Errorf("%s passes Check", raw)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("the error tells the URL: %v", err)
		}
		refused(t, c, raw)
	}
	if _, err := c.Check("https://example.org:/"); err == nil { // net/http drops the colon
		t.Error("a colon without a port passes Check")
	}
	if _, err := outbound.New(outbound.Config{}).Check("http://example.org/"); err == nil {
		t.Error("http passes without HTTP")
	}
	for _, raw := range []string{"https://example.org/a?b=c", "https://EXAMPLE.org.:8443/", "http://8.8.8.8/", "https://[2606:4700::1111]/", "https://1.2.example/"} {
		if _, err := c.Check(raw); err != nil {
			t.Errorf("%s: %v", raw, err)
		}
	}
	if n := connections.Load(); n > 0 {
		t.Errorf("%d connections to a server on loopback", n)
	}
}

func refused(t *testing.T, c *outbound.Client, raw string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	_, _, err := c.Get(ctx, raw)
	if _, ok := errors.AsType[*outbound.URLError](err); !ok {
		t.Errorf("%s: %v", raw, err)
	}
}

// TestName: a name that leads to loopback is refused when the connection is made,
// whatever the name server says and however often it changes its mind.
func TestName(t *testing.T) {
	t.Parallel()
	for address, public := range map[string]bool{
		"127.0.0.1:443": false, "[::1]:443": false, "[::ffff:10.0.0.1]:443": false, "8.8.8.8:443": true, "8.8.8.8:22": false,
	} {
		err := outbound.New(outbound.Config{}).Control("tcp4", address)
		if (err == nil) != public {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// here lets a test server through.
func here(s *httptest.Server) func(netip.AddrPort) bool {
	u, _ := url.Parse(s.URL)
	own := netip.MustParseAddrPort(u.Host)
	return func(to netip.AddrPort) bool { return to == own }
}

func TestGet(t *testing.T) {
	t.Parallel()
	port, connections := canary(t)
	mux := http.NewServeMux()
	s := httptest.NewServer(mux)
	defer s.Close()
	mux.HandleFunc("/good", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "" {
			t.Errorf("Accept-Encoding %q", r.Header.Get("Accept-Encoding"))
		}
		w.Header().Set("Cache-Control", "max-age=60")
		_, _ = w.Write([]byte("hello"))
	})
	size := func(n int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, n)) }
	}
	mux.HandleFunc("/most", size(1000))
	mux.HandleFunc("/more", size(1001))
	mux.HandleFunc("/redirect", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://127.0.0.1:"+port+"/", http.StatusFound)
	})
	mux.HandleFunc("/slow", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	c := outbound.New(outbound.Config{HTTP: true, MaxBody: 1000, Timeout: 300 * time.Millisecond, Allow: here(s)})
	defer c.Close()

	body, header, err := c.Get(t.Context(), s.URL+"/good")
	if string(body) != "hello" || header.Get("Cache-Control") != "max-age=60" || err != nil {
		t.Errorf("good: %q, %v, %v", body, header, err)
	}
	if body, _, err := c.Get(t.Context(), s.URL+"/most"); len(body) != 1000 || err != nil {
		t.Errorf("as large as allowed: %d bytes, %v", len(body), err)
	}
	if _, _, err := c.Get(t.Context(), s.URL+"/more"); !errors.Is(err, outbound.ErrTooLarge) {
		t.Errorf("larger: %v", err)
	}
	if _, _, err := c.Get(t.Context(), s.URL+"/redirect"); err == nil || !strings.Contains(err.Error(), "302") {
		t.Errorf("redirect: %v", err)
	}
	if _, _, err := c.Get(t.Context(), s.URL+"/missing"); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("missing: %v", err)
	}
	if _, _, err := c.Get(t.Context(), s.URL+"/slow"); err == nil {
		t.Error("slow: no error")
	}
	if n := connections.Load(); n > 0 {
		t.Errorf("%d connections to where the redirect leads", n)
	}
}

// TestNoProxy: a proxy of the environment would make the connection in our place,
// to where we would not.
func TestNoProxy(t *testing.T) {
	port, connections := canary(t)
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:"+port)
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:"+port)
	c := outbound.New(outbound.Config{HTTP: true, Timeout: 200 * time.Millisecond})
	defer c.Close()
	_, _, _ = c.Get(t.Context(), "http://8.8.8.8/") // that there is no answer is of no interest
	if n := connections.Load(); n > 0 {
		t.Errorf("%d connections to the proxy", n)
	}
}

func FuzzCheck(f *testing.F) {
	for _, raw := range []string{"https://example.org/", "https://127.1/", "https://[::ffff:10.0.0.1]/", "https://a@b:443/", "http://0x7f.1:80"} {
		f.Add(raw)
	}
	c := outbound.New(outbound.Config{HTTP: true})
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := c.Check(raw)
		if err != nil {
			return
		}
		if u.User != nil || u.Scheme != "http" && u.Scheme != "https" {
			t.Errorf("%q passes", raw)
		}
		if addr, err := netip.ParseAddr(u.Hostname()); err == nil && !outbound.Public(addr) {
			t.Errorf("%q passes with %s", raw, addr)
		}
	})
}
