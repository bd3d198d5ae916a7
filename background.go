package plinth

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"
)

// restartPause is the delay before failed background work of the library restarts.
// ownRestartPause is the delay for the application's own work, which often fails because
// another server is down.
const (
	restartPause    = time.Second
	ownRestartPause = 10 * time.Second
)

// background is work that runs beside the server.
type background struct {
	name  string
	work  func(context.Context) error
	pause time.Duration
}

// Prepare adds work that needs the tables and must be done before the first request, such
// as creating roles and required rows. [App.Handler] and [App.Run] run it in the order in
// which it was added, after the schema is ready and [App.Accounts] is set. They return its
// first error. The commands of [App.Main] other than serve skip it.
//
// Every instance runs it at every start, possibly at the same time, so it must check what
// exists already. Call Prepare before Handler, Run or Main, and none of them inside it.
func (a *App) Prepare(work func(ctx context.Context) error) { a.prepare = append(a.prepare, work) }

// Background adds work that runs beside the server: a reader of the change log
// ([store.DB.Changes]) or a scheduled job. [App.Run] starts it after all preparation and
// cancels its context after the last request. The work then has the rest of
// [Config].DrainTimeout to return.
//
// Work that returns nil is done. Work that fails or panics is logged under its name and
// restarts after 10 seconds, until the server ends. Every instance runs it. A named reader
// runs in one instance at a time. A scheduled job must claim its work in the database
// ([store.Repo.PatchExactly]). Call Background before Run or Main.
func (a *App) Background(name string, work func(ctx context.Context) error) {
	a.background = append(a.background, background{name, work, ownRestartPause})
}

// RunBackground runs the background work of a server until ctx ends, and returns when all
// of it has ended. It notifies other instances of commits and trims the change log
// ([store.DB.RunNotifier]), runs the jobs of the accounts ([accounts.Accounts.Run]), and
// runs what [App.Background] has added. Run calls it. Programs that pass [App.Handler] to a
// server of their own call it once, after Handler.
func (a *App) RunBackground(ctx context.Context) {
	all := []background{{"change log notifier", func(ctx context.Context) error { return a.db.RunNotifier(ctx, &a.config.Retention) }, restartPause}}
	if a.accounts != nil {
		all = append(all, background{"accounts", a.accounts.Run, restartPause})
	}
	var wg sync.WaitGroup
	for _, b := range append(all, a.background...) {
		wg.Go(func() { a.keepRunning(ctx, b) })
	}
	wg.Wait()
}

// keepRunning runs work until the server ends. It logs a failure and restarts the work.
func (a *App) keepRunning(ctx context.Context, b background) {
	for ctx.Err() == nil {
		err := attempt(ctx, b.work)
		if err == nil || ctx.Err() != nil {
			return
		}
		a.config.Logger.ErrorContext(ctx, b.name+" failed and is restarted", "error", err, "pause", b.pause.String())
		wait(ctx, b.pause)
	}
}

// attempt runs work once. It returns a panic as an error with its position.
func attempt(ctx context.Context, work func(context.Context) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return work(ctx)
}

// beside is the running background work of a server.
type beside struct {
	stop  context.CancelFunc
	ended chan struct{}
}

// beside starts the background work. The work continues during the drain, so that
// revocations take effect until the last request.
func (a *App) beside(ctx context.Context) *beside {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	b := &beside{stop, make(chan struct{})}
	var wg sync.WaitGroup
	wg.Go(func() { a.RunBackground(ctx) })
	go func() {
		wg.Wait()
		close(b.ended)
	}()
	return b
}

// end cancels the work and waits for it until limit ends, and then at most lastWords more.
func (b *beside) end(limit context.Context) error {
	b.stop()
	select {
	case <-b.ended:
		return nil
	case <-limit.Done():
	}
	select {
	case <-b.ended:
		return nil
	case <-time.After(lastWords):
		return errors.New("plinth: background work has not returned although its context has ended: " +
			"functions of App.Background, the Mailer and the SMSSender must return when their context ends")
	}
}
