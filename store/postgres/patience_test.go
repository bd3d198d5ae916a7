package postgres

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/testkit/toxic"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// TestOpenWaits: a server that comes up later than the program is waited for, one that
// has answered that it will not have us is not.
func TestOpenWaits(t *testing.T) {
	t.Parallel()
	server, err := url.Parse(pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	down := toxic.Start(t, server.Host)
	down.Refuse(true)
	through := *server
	through.Host = down.Addr().String()
	var log bytes.Buffer
	opts := Options{Store: store.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}}

	up := time.AfterFunc(300*time.Millisecond, func() { down.Refuse(false) })
	defer up.Stop()
	db, err := Open(t.Context(), through.String(), &opts)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	if n := strings.Count(log.String(), "level=WARN"); n != 1 {
		t.Errorf("it is told %d times that the server is waited for:\n%s", n, &log)
	}

	down.Refuse(true)
	opts.OpenTimeout = 300 * time.Millisecond
	if _, err := Open(t.Context(), through.String(), &opts); !errors.Is(err, driver.ErrUnavailable) {
		t.Errorf("after the time there is for it: %v", err)
	}
	opts.OpenTimeout = 0
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := Open(ctx, through.String(), &opts); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("with a context that ends: %v", err)
	}

	for name, change := range map[string]func(*url.URL){ // which are told at once
		"a role that is not there":     func(u *url.URL) { u.User = url.UserPassword("nobody", "x") },
		"a database that is not there": func(u *url.URL) { u.Path = "/nothing" },
	} {
		wrong := *server
		change(&wrong)
		log.Reset()
		if _, err := Open(t.Context(), wrong.String(), &opts); err == nil || log.Len() > 0 {
			t.Errorf("%s: %v, waited for:\n%s", name, err, &log)
		}
	}
}
