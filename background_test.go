package plinth_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/store"
)

// What is prepared has tables and accounts, and is done once, before anybody is served.
func TestPrepare(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, url string) {
		config := testConfig(t)
		config.DatabaseURL = url
		app := newApp(t, config)
		app.Add(api.Resource[task]{Policy: api.Policy{Read: api.Anyone()}})
		var order []string
		app.Prepare(func(ctx context.Context) error {
			order = append(order, "role")
			return app.Accounts().SaveRole(ctx, accounts.Role{Name: "editor"})
		})
		app.Prepare(func(ctx context.Context) error {
			order = append(order, "row")
			return store.For[task](app.DB()).Insert(ctx, &task{OwnerID: store.NewID(), Title: "seed"})
		})
		if _, err := app.Handler(t.Context()); err != nil {
			t.Fatal(err)
		}
		run(t, app, config.Addr) // which does not do it again
		if got := strings.Join(order, " "); got != "role row" {
			t.Errorf("done: %s", got)
		}
		if status, body := get(t, "http://"+config.Addr+"/rest/v1/tasks?select=title"); status != http.StatusOK || body != `[{"title":"seed"}]` {
			t.Errorf("%d %s", status, body)
		}
	})
}

// What cannot be prepared is told, and nobody is served; commands that look at no table
// prepare nothing.
func TestPrepareFails(t *testing.T) {
	t.Parallel()
	app := newApp(t, testConfig(t))
	failed := errors.New("no seed")
	app.Prepare(func(context.Context) error { return failed })
	if status := app.Main(t.Context(), []string{"policy"}); status != 0 {
		t.Errorf("policy: %d", status)
	}
	app = newApp(t, testConfig(t))
	app.Prepare(func(context.Context) error { return failed })
	if err := app.Run(t.Context()); !errors.Is(err, failed) || !strings.Contains(err.Error(), "App.Prepare") {
		t.Errorf("Run = %v", err)
	}
}

// A reader of the change log runs while the server does, and Run waits for its end.
func TestBackground(t *testing.T) {
	t.Parallel()
	config := testConfig(t)
	app := newApp(t, config)
	app.Add(api.Resource[task]{Policy: api.Policy{Read: api.Anyone()}})
	titles, ended := make(chan string, 1), false
	app.Background("titles", func(ctx context.Context) error {
		defer func() { ended = true }()
		return app.DB().Changes("titles", &store.ChangesOptions{Start: store.FromStart}).Run(ctx, func(_ context.Context, tx *store.Tx, batch []store.Change) error {
			_, is, err := store.For[task](tx).Changed(batch[0])
			if err == nil {
				titles <- is.Title
			}
			return err
		})
	})
	once := make(chan struct{})
	app.Background("once", func(context.Context) error {
		close(once) // a second time would panic
		return nil
	})
	end := run(t, app, config.Addr)
	<-once // so everything is prepared
	if err := store.For[task](app.DB()).Insert(t.Context(), &task{OwnerID: store.NewID(), Title: "told"}); err != nil {
		t.Fatal(err)
	}
	if got := <-titles; got != "told" {
		t.Errorf("the reader got %q", got)
	}
	if err := end(); err != nil || !ended {
		t.Errorf("Run = %v, the reader has ended: %t", err, ended)
	}
}

// Work that goes on although its context has ended does not keep the process.
func TestBackgroundGoesOn(t *testing.T) {
	t.Parallel()
	config := testConfig(t)
	config.DrainTimeout = 50 * time.Millisecond
	app := newApp(t, config)
	begun, release := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() { close(release) })
	app.Background("deaf", func(context.Context) error {
		close(begun)
		<-release
		return nil
	})
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		<-begun
		stop()
	}()
	if err := app.Run(ctx); err == nil || !strings.Contains(err.Error(), "App.Background") {
		t.Errorf("Run = %v", err)
	}
}

// A panic in what is prepared is an error, at every start.
func TestPreparePanics(t *testing.T) {
	t.Parallel()
	app := newApp(t, testConfig(t))
	t.Cleanup(func() { _ = app.DB().Close() })
	app.Prepare(func(context.Context) error { panic("no seed") })
	for range 2 {
		if handler, err := app.Handler(t.Context()); err == nil || handler != nil || !strings.Contains(err.Error(), "panic: no seed") {
			t.Errorf("Handler = %v, %v", handler, err)
		}
	}
}

// What fails or panics begins again after a pause, until the end.
func TestBackgroundBeginsAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		var times atomic.Int32
		begun := time.Now()
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		plinth.KeepRunning(ctx, slog.New(slog.NewTextHandler(&log, nil)), "mails", func(context.Context) error {
			switch times.Add(1) {
			case 1:
				return errors.New("no route")
			case 2:
				panic("out of paper")
			}
			return nil
		})
		if n, took := times.Load(), time.Since(begun); n != 3 || took != 20*time.Second {
			t.Errorf("%d times within %s", n, took)
		}
		for _, want := range []string{`msg="mails failed and is restarted" error="no route"`, "panic: out of paper", "TestBackgroundBeginsAgain"} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("the log has no %q:\n%s", want, &log)
			}
		}

		begun = time.Now()
		plinth.KeepRunning(ctx, slog.New(slog.DiscardHandler), "mails", func(context.Context) error { return errors.New("never") })
		if took := time.Since(begun); took != 40*time.Second {
			t.Errorf("it ended after %s, its context after 40s", took)
		}
	})
}
