package clients_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// TestRealtime runs realtime.mjs against the quickstart on both engines.
func TestRealtime(t *testing.T) {
	t.Parallel()
	watchSources(t)
	requirements(t)
	programtest.File(t, "npm-packages", "node_modules/ws", "npm --prefix tests/foreign/clients ci")
	quickstart := build(t, "quickstart")
	for engine, database := range map[string]func(t *testing.T) string{
		"sqlite":   func(t *testing.T) string { return filepath.Join(t.TempDir(), "test.db") },
		"postgres": func(t *testing.T) string { return pgtest.URL(t) },
	} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			s := start(t, quickstart, nil, "PLINTH_DATABASE_URL="+database(t))
			script := exec.CommandContext(t.Context(), "node", "realtime.mjs")
			script.Env = append(os.Environ(), "QUICKSTART_URL="+s.url, "QUICKSTART_PUBLISHABLE="+s.publishable)
			out, err := script.CombinedOutput()
			if err != nil || !strings.HasSuffix(string(out), "done\n") || strings.Count(string(out), "ok ") < 30 {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
