package server_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/server"
	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

// TestReadyWithoutLog: an instance that cannot tell others of what it commits is not
// ready, until it can.
func TestReadyWithoutLog(t *testing.T) {
	t.Parallel()
	var behind time.Duration
	handler := probes(func() time.Duration { return behind })
	for _, tt := range []struct {
		behind time.Duration
		status int
		log    string
	}{
		{0, http.StatusOK, "ok"},
		{30 * time.Second, http.StatusOK, "ok"},
		{31 * time.Second, http.StatusServiceUnavailable, "unavailable"},
		{0, http.StatusOK, "ok"},
	} {
		behind = tt.behind
		// An answer holds for a second.
		programtest.Until(t, 20*time.Second, fmt.Sprintf("/readyz answers %d and log %s when %s behind", tt.status, tt.log, tt.behind), func() bool {
			status, body := apptest.Status(t, handler, "/readyz")
			return status == tt.status && strings.Contains(body, `"database":"ok"`) && strings.Contains(body, `"log":"`+tt.log+`"`)
		})
	}
}

// TestReadyIsKept: however often it is asked, /readyz costs the database one look in a
// second.
func TestReadyIsKept(t *testing.T) {
	t.Parallel()
	var checks atomic.Int64
	handler := probes(func() time.Duration {
		checks.Add(1)
		return 0
	})
	began := time.Now()
	for range 100 {
		if status, body := apptest.Status(t, handler, "/readyz"); status != http.StatusOK {
			t.Fatalf("%d %s", status, body)
		}
	}
	if n, most := checks.Load(), 1+int64(time.Since(began)/time.Second); n < 1 || n > most {
		t.Errorf("%d looks at the parts, want 1 to %d", n, most)
	}
}

// probes returns a handler of probes whose database answers.
func probes(behind func() time.Duration) http.Handler {
	return server.NewProbes(server.ProbesConfig{
		Logger: slog.New(slog.DiscardHandler), Database: func(context.Context) error { return nil }, Behind: behind,
	}).Routes(http.NotFoundHandler())
}
