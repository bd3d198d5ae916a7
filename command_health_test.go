package plinth_test

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth"
)

// TestHealthCommand asks servers that are ready, that are not, and that are not there.
func TestHealthCommand(t *testing.T) {
	t.Parallel()
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/readyz" || r.Method != http.MethodGet {
			t.Errorf("asked for %s %s", r.Method, r.URL)
		}
		w.WriteHeader(status)
	}))
	run := func(addr string, args ...string) int {
		config := testConfig(t)
		config.Addr, config.DatabaseURL = addr, ":memory:"
		return newApp(t, config).Main(t.Context(), append([]string{"health"}, args...))
	}
	addr := strings.TrimPrefix(server.URL, "http://")
	if code := run(addr); code != 0 {
		t.Errorf("ready: exit code %d", code)
	}
	if code := run(addr, "now"); code != 2 {
		t.Errorf("an argument: exit code %d", code)
	}
	for _, status = range []int{http.StatusServiceUnavailable, http.StatusNotFound, http.StatusNoContent} {
		if code := run(addr); code != 1 {
			t.Errorf("%d: exit code %d", status, code)
		}
	}
	server.Close()
	if code := run(addr); code != 1 {
		t.Errorf("nobody there: exit code %d", code)
	}
}

// TestHealthCommandOverTLS asks a server whose certificate is for another name.
func TestHealthCommandOverTLS(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.TLS.ServerName != "notes.example" {
			w.WriteHeader(http.StatusMisdirectedRequest)
		}
	}))
	defer server.Close()
	config := testConfig(t)
	config.Addr, config.DatabaseURL = strings.TrimPrefix(server.URL, "https://"), ":memory:"
	config.PublicURL, config.DisableAccounts = "https://notes.example", true
	config.Keys.Publishable = []string{"sb_publishable_of_the_test_0123456789"}
	config.TLS.CertFile, config.TLS.KeyFile = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	newPair(t, config.TLS.CertFile, config.TLS.KeyFile)
	if code := newApp(t, config).Main(t.Context(), []string{"health"}); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// TestOwnHost finds a listener from its own machine.
func TestOwnHost(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]string{
		"127.0.0.1:8090": "127.0.0.1:8090", ":8080": "127.0.0.1:8080", "0.0.0.0:8080": "127.0.0.1:8080",
		"[::]:8080": "[::1]:8080", "[fe80::1%eth0]:80": "[fe80::1%eth0]:80", "app:80": "app:80",
		"10.1.2.3:80": "10.1.2.3:80", "[::1]:80": "[::1]:80",
		"127.0.0.1:0": "", "nowhere": "",
	} {
		if got, err := plinth.OwnHost(addr); got != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v, want %q", addr, got, err, want)
		}
	}
}
