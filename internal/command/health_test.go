package command_test

import (
	"cmp"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/command"
	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
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
		config := apptest.Config(t)
		config.Addr, config.DatabaseURL = addr, ":memory:"
		return apptest.New(t, config).Main(t.Context(), append([]string{"health"}, args...))
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

// TestHealthWithoutDatabase asks before a database is opened: what is alive is alive while
// that is away, and operators' address is asked for it where there is one.
func TestHealthWithoutDatabase(t *testing.T) {
	t.Parallel()
	answers := func(statuses map[string]int) string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(cmp.Or(statuses[r.Method+" "+r.URL.Path], http.StatusTeapot))
		}))
		t.Cleanup(server.Close)
		return strings.TrimPrefix(server.URL, "http://")
	}
	const ok, away = http.StatusOK, http.StatusServiceUnavailable
	main := answers(map[string]int{"GET /livez": ok, "GET /readyz": away})
	ready := answers(map[string]int{"GET /livez": away, "GET /readyz": ok})
	const nobody = "127.0.0.1:1"
	for _, tt := range []struct {
		addr, ops string
		args      string
		code      int
		asked     bool
	}{
		{main, "", "health", 1, true},
		{main, "", "health -live", 0, true},
		{ready, "", "health", 0, true},
		{ready, "", "health -live", 1, true},
		{nobody, main, "health -live", 0, true},
		{main, nobody, "health -live", 1, true},
		{ready, nobody, "health", 0, true},
		{nobody, "", "health -live", 1, true},
		{main, "", "health -alive", 2, true},
		{main, "", "health -live now", 2, true},
		{"nowhere", "", "health", 1, true},
		{main, "", "serve health", 0, false},
		{main, "", "", 0, false},
	} {
		config := apptest.Config(t)
		config.Addr, config.OpsAddr = tt.addr, tt.ops
		config.DatabaseURL = "postgres://127.0.0.1:1/nobody"
		config.Postgres.OpenTimeout = time.Hour // which New would wait for
		if code, asked := config.Health(t.Context(), strings.Fields(tt.args)); code != tt.code || asked != tt.asked {
			t.Errorf("%q of %s and %q: %d, %v, want %d, %v", tt.args, tt.addr, tt.ops, code, asked, tt.code, tt.asked)
		}
	}
	config := apptest.Config(t)
	config.Addr, config.DatabaseURL, config.Schema = main, ":memory:", "none"
	if code, asked := config.Health(t.Context(), []string{"health", "-live"}); code != 1 || !asked {
		t.Errorf("what New refuses: %d, %v", code, asked)
	}
	config.Schema = ""
	if code := apptest.New(t, config).Main(t.Context(), []string{"health", "-live"}); code != 0 {
		t.Errorf("by Main: exit code %d", code)
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
	config := apptest.Config(t)
	config.Addr, config.DatabaseURL = strings.TrimPrefix(server.URL, "https://"), ":memory:"
	config.PublicURL, config.DisableAccounts = "https://notes.example", true
	config.Keys.Publishable = []string{"sb_publishable_of_the_test_0123456789"}
	config.TLS.CertFile, config.TLS.KeyFile = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	apptest.Certificate(t, config.TLS.CertFile, config.TLS.KeyFile)
	if code := apptest.New(t, config).Main(t.Context(), []string{"health"}); code != 0 {
		t.Errorf("exit code %d", code)
	}
	operators := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})) // in the clear
	defer operators.Close()
	config.OpsAddr = strings.TrimPrefix(operators.URL, "http://")
	if code, _ := config.Health(t.Context(), []string{"health", "-live"}); code != 0 {
		t.Errorf("operators' address: exit code %d", code)
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
		if got, err := command.OwnHost(addr); got != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v, want %q", addr, got, err, want)
		}
	}
}
