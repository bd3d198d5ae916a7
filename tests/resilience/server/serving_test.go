package server_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
)

// Outside development the log says where the program serves, and on what: without
// requests it would be silent, and look as if it hung.
func TestServingIsLogged(t *testing.T) {
	t.Parallel()
	config := apptest.Served(t)
	var log bytes.Buffer
	config.Logger = slog.New(slog.NewTextHandler(&log, nil))
	app := apptest.New(t, config)
	if err := apptest.Run(t, app, config.Addr)(); err != nil {
		t.Fatal(err)
	}
	if want := "msg=serving addr=" + config.Addr + " public_url=https://notes.example database=sqlite"; !strings.Contains(log.String(), want) {
		t.Errorf("the log has no %q:\n%s", want, &log)
	}
}
