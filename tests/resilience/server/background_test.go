package server_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/changelog"
)

// What is prepared has tables and accounts, and is done once, before anybody is served.
func TestPrepare(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, url string) {
		config := apptest.Config(t)
		config.DatabaseURL = url
		app := apptest.New(t, config)
		app.Add(api.Resource[apptest.Task]{Policy: api.Policy{Read: api.Anyone()}})
		var order []string
		app.Prepare(func(ctx context.Context) error {
			order = append(order, "role")
			return app.Accounts().SaveRole(ctx, accounts.Role{Name: "editor"})
		})
		app.Prepare(func(ctx context.Context) error {
			order = append(order, "row")
			return store.For[apptest.Task](app.DB()).Insert(ctx, &apptest.Task{OwnerID: store.NewID(), Title: "seed"})
		})
		if _, err := app.Handler(t.Context()); err != nil {
			t.Fatal(err)
		}
		apptest.Run(t, app, config.Addr) // which does not do it again
		if got := strings.Join(order, " "); got != "role row" {
			t.Errorf("done: %s", got)
		}
		if status, body := apptest.Get(t, "http://"+config.Addr+"/rest/v1/tasks?select=title"); status != http.StatusOK || body != `[{"title":"seed"}]` {
			t.Errorf("%d %s", status, body)
		}
	})
}

// What cannot be prepared is told, and nobody is served; commands that look at no table
// prepare nothing.
func TestPrepareFails(t *testing.T) {
	t.Parallel()
	app := apptest.New(t, apptest.Config(t))
	failed := errors.New("no seed")
	app.Prepare(func(context.Context) error { return failed })
	if status := app.Main(t.Context(), []string{"policy"}); status != 0 {
		t.Errorf("policy: %d", status)
	}
	app = apptest.New(t, apptest.Config(t))
	app.Prepare(func(context.Context) error { return failed })
	if err := app.Run(t.Context()); !errors.Is(err, failed) || !strings.Contains(err.Error(), "App.Prepare") {
		t.Errorf("Run = %v", err)
	}
}

// A reader of the change log runs while the server does, and Run waits for its end.
func TestBackground(t *testing.T) {
	t.Parallel()
	config := apptest.Config(t)
	app := apptest.New(t, config)
	app.Add(api.Resource[apptest.Task]{Policy: api.Policy{Read: api.Anyone()}})
	titles, ended := make(chan string, 1), false
	app.Background("titles", func(ctx context.Context) error {
		defer func() { ended = true }()
		return changelog.Open(app.DB(), "titles", &changelog.Options{Start: changelog.FromStart}).Run(ctx, func(_ context.Context, tx *store.Tx, batch []changelog.Change) error {
			_, is, err := changelog.Rows[apptest.Task](tx, batch[0])
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
	end := apptest.Run(t, app, config.Addr)
	<-once // so everything is prepared
	if err := store.For[apptest.Task](app.DB()).Insert(t.Context(), &apptest.Task{OwnerID: store.NewID(), Title: "told"}); err != nil {
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
	config := apptest.Config(t)
	config.DrainTimeout = 50 * time.Millisecond
	app := apptest.New(t, config)
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
	app := apptest.New(t, apptest.Config(t))
	t.Cleanup(func() { _ = app.DB().Close() })
	app.Prepare(func(context.Context) error { panic("no seed") })
	for range 2 {
		if handler, err := app.Handler(t.Context()); err == nil || handler != nil || !strings.Contains(err.Error(), "panic: no seed") {
			t.Errorf("Handler = %v, %v", handler, err)
		}
	}
}
