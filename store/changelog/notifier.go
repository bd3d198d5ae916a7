package changelog

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/core"
)

const (
	// changesChannel carries the signals between processes.
	changesChannel = "plinth_changes"

	// notifyPause is the shortest time between two signals of one process. A signal
	// takes a lock on the whole database, so sending one in each writing transaction
	// would serialize them.
	notifyPause = 10 * time.Millisecond
)

// Notify connects the readers of this process with other processes until ctx ends, and then
// returns nil. On PostgreSQL it notifies other processes of commits to the log, and wakes the
// readers of this process when it is notified. On SQLite, which serves one process, it only
// waits.
//
// One Notify for each process is enough. It holds one connection of the pool. Without it
// readers find the writes of other processes by polling. Failures are logged and retried.
func Notify(ctx context.Context, outer *store.DB) error {
	db := core.SessionOf(outer).DB
	if db.InTx(ctx) {
		return fault.ErrInTx
	}
	db.Notifier.Running.Add(1)
	defer db.Notifier.Running.Add(-1)
	var wg sync.WaitGroup
	if l := db.Listener; l != nil {
		self := rand.Text() // identifies this process's own signals
		wg.Go(func() { listen(ctx, db, l, self) })
		wg.Go(func() { notify(ctx, db, l, self) })
	}
	<-ctx.Done()
	wg.Wait()
	return nil
}

// listen wakes the readers of this process when another one has written.
func listen(ctx context.Context, db *core.DB, l driver.Listener, self string) {
	for failures := 0; ctx.Err() == nil; {
		begun := time.Now()
		db.Notifier.Listening.Add(1)
		err := l.Listen(ctx, changesChannel, func(payload string) {
			if payload != self {
				db.Wake.Remote()
			}
		})
		db.Notifier.Listening.Add(-1)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, errors.ErrUnsupported):
			db.Options.Logger.InfoContext(ctx, "store: no signals from other processes, readers of the change log poll", slog.Any("reason", err))
			return
		case time.Since(begun) > time.Minute:
			failures = 0
		}
		failures++
		warn(ctx, db, "store: signals of other processes are interrupted", err)
		sleep(ctx, backoff(failures), nil)
	}
}

// closed is a signal that is always there.
var closed = func() <-chan struct{} {
	ch := make(chan struct{})
	close(ch)
	return ch
}()

// notify signals other processes that this one has written, once for all commits since
// the last signal.
func notify(ctx context.Context, db *core.DB, l driver.Listener, self string) {
	commit := db.Wake.Commits.Wait()
	for failures := 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-commit:
		}
		commit = db.Wake.Commits.Wait() // before the signal: later commits need another one
		db.Notifier.UnsentSince.CompareAndSwap(0, time.Now().UnixNano())
		err := l.Notify(ctx, changesChannel, self)
		pause := notifyPause
		if err == nil {
			failures = 0
			db.Notifier.UnsentSince.Store(0)
		} else if ctx.Err() == nil {
			// The other processes poll until a signal gets through.
			failures++
			pause, commit = backoff(failures), closed
			warn(ctx, db, "store: other processes were not notified of changes", err)
		}
		sleep(ctx, pause, nil)
	}
}

func warn(ctx context.Context, db *core.DB, text string, err error) {
	db.Options.Logger.WarnContext(ctx, text, slog.Any("error", err))
}
