package clients_test

import (
	"context"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/api/realtime"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// serveChannels serves an application with channels for everyone.
func serveChannels(t *testing.T, database string) (url string) {
	t.Helper()
	anyone := func(context.Context, auth.Principal, string) (bool, error) { return true, nil }
	config := apptest.Config(t)
	config.DatabaseURL = database
	config.Channels = []realtime.Channel{{Pattern: "lounge-*", Join: anyone, Send: anyone, Presence: anyone}}
	app := apptest.New(t, config)
	handler, err := app.Handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan bool)
	go func() {
		app.RunBackground(ctx)
		close(ended)
	}()
	web := httptest.NewServer(handler)
	t.Cleanup(func() {
		web.CloseClientConnections()
		web.Close()
		stop()
		<-ended
		_ = app.DB().Close()
	})
	return web.URL
}

// TestRealtimeChannels runs realtime_channels.mjs on SQLite, and on two instances of PostgreSQL.
func TestRealtimeChannels(t *testing.T) {
	t.Parallel()
	watchSources(t)
	requirements(t)
	programtest.File(t, "npm-packages", "node_modules/ws", "npm --prefix tests/foreign/clients ci")
	run := func(near, far string) {
		script := exec.CommandContext(t.Context(), "node", "realtime_channels.mjs")
		script.Env = append(os.Environ(), "NEAR_URL="+near, "FAR_URL="+far)
		out, err := script.CombinedOutput()
		if err != nil || !strings.HasSuffix(string(out), "done\n") || strings.Count(string(out), "ok ") < 20 {
			t.Errorf("%v\n%s", err, out)
		}
	}
	t.Run("sqlite", func(t *testing.T) {
		url := serveChannels(t, filepath.Join(t.TempDir(), "app.db"))
		run(url, url)
	})
	t.Run("postgres", func(t *testing.T) {
		database := pgtest.URL(t)
		run(serveChannels(t, database), serveChannels(t, database))
	})
}
