package prometheus_test

import (
	"net/http/httptest"
	"os/exec"
	"testing"

	"github.com/seed-7694ebf6/plinth/cache"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store"
)

// TestPromtool lets Prometheus's own tool judge names, types and help.
func TestPromtool(t *testing.T) {
	t.Parallel()
	path := programtest.Path(t, "promtool")
	m, db := watched(t)
	m.Cache("authors", func() cache.Stats { return cache.Stats{} })
	send(m.Middleware(routed()), httptest.NewRequest("GET", "/mux/1", nil))
	leaveBehind(t, db)
	_ = store.For[note](db).Insert(t.Context(), &note{Title: "read"}) // a second time, which fails
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	cmd := exec.CommandContext(t.Context(), path, "check", "metrics")
	cmd.Stdin = w.Body
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v: %s", err, out)
	}
}
