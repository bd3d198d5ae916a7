package clients_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/toxic"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// TestRealtimeFaults runs realtime_faults.mjs against the quickstart on both engines, in both
// versions of the protocol: cut connections, a network that is away, a sleep, and tokens that
// expire. The everyday form has one version on each engine.
func TestRealtimeFaults(t *testing.T) {
	t.Parallel()
	watchSources(t)
	requirements(t)
	programtest.File(t, "npm-packages", "node_modules/ws", "npm --prefix tests/foreign/clients ci")
	quickstart := build(t, "quickstart")
	for engine, database := range map[string]func(t *testing.T) string{
		"sqlite":   func(t *testing.T) string { return filepath.Join(t.TempDir(), "test.db") },
		"postgres": func(t *testing.T) string { return pgtest.URL(t) },
	} {
		for _, vsn := range []string{"1.0.0", "2.0.0"} {
			t.Run(engine+"/"+vsn, func(t *testing.T) {
				t.Parallel()
				if (engine == "sqlite") != (vsn == "1.0.0") {
					programtest.SkipShort(t)
				}
				users := issuer{secret: auth.NewSecretKey() + auth.NewSecretKey()}
				s := start(t, quickstart, nil, append(users.env(), "PLINTH_DATABASE_URL="+database(t), "PLINTH_INSECURE_DEVELOPMENT=1")...)
				proxy := toxic.Start(t, strings.TrimPrefix(s.url, "http://"))
				script := exec.CommandContext(t.Context(), "node", "realtime_faults.mjs")
				script.Env = append(os.Environ(), "DIRECT_URL="+s.url, "PROXY_URL=http://"+proxy.Addr().String(), "CONTROL_URL="+serveFaults(t, proxy),
					"PUBLISHABLE="+s.publishable, "JWT_SECRET="+users.secret, "JWT_ISSUER="+issuerName, "VSN="+vsn)
				out, err := script.CombinedOutput()
				if err != nil || !strings.HasSuffix(string(out), "done\n") || strings.Count(string(out), "nothing missed, nothing twice") != 7 {
					t.Errorf("%v\n%s", err, out)
				}
			})
		}
	}
}

// serveFaults lets a script set the faults of a proxy and returns the URL.
func serveFaults(t *testing.T, proxy *toxic.Proxy) string {
	t.Helper()
	mux := http.NewServeMux()
	for name, fault := range map[string]func(){
		"cut":     func() { proxy.Cut() },
		"hold":    func() { proxy.Hold(true) },
		"release": func() { proxy.Hold(false) },
	} {
		mux.HandleFunc("POST /"+name, func(http.ResponseWriter, *http.Request) { fault() })
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}
