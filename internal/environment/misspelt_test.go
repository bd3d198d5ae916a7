package environment_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
)

// TestMisspeltVariable: a variable of the library's that is not read is told of, by its
// name alone.
func TestMisspeltVariable(t *testing.T) {
	for name, value := range map[string]string{
		"PLINTH_TRUSTED_PROXY": "10.1.2.3", "PLINTH_LOG": "json", "PLINTH_DRAIN_DELAY": "1s", "PLINTH_NOTHING": "", "PLINTHS": "x", "PLINTH_TEST_X": "x",
		"PLINTH_SERVICE_HOST": "10.0.0.1", "PLINTH_PORT": "tcp://10.0.0.1:80", "PLINTH_PORT_80_TCP_ADDR": "10.0.0.1", "PLINTH_SERVICE_PORT_HTTP": "80",
	} {
		t.Setenv(name, value)
	}
	mine, config := apptest.Config(t), plinth.FromEnv()
	config.Addr, config.DatabaseURL = mine.Addr, mine.DatabaseURL
	var log bytes.Buffer
	config.Logger = slog.New(slog.NewTextHandler(&log, nil))
	app := apptest.New(t, config)
	defer app.DB().Close()
	if _, err := app.Handler(t.Context()); err != nil {
		t.Fatal(err)
	}
	if text := log.String(); strings.Count(text, "variables are ignored") != 1 || !strings.Contains(text, "PLINTH_TRUSTED_PROXY") || strings.Contains(text, "PLINTH_LOG") || strings.Contains(text, "_PORT") || strings.Contains(text, "PLINTH_NOTHING") || strings.Contains(text, "10.1.2.3") {
		t.Error(text)
	}
}
