package store

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

const (
	// changesChannel carries the signals between processes.
	changesChannel = "plinth_changes"

	// notifyPause is the shortest time between two signals of one process. A signal
	// takes a lock on the whole database, so sending one in each writing transaction
	// would serialize them.
	notifyPause = 10 * time.Millisecond

	// trimPause is the time between two trims of the log.
	trimPause = 10 * time.Minute
)

// RunNotifier maintains the change log until ctx ends, and then returns nil. On
// PostgreSQL it notifies other processes of commits to the log and wakes the local
// readers when it is notified. On both engines it trims the log and the receipts. A nil
// retention means the defaults, see [RetentionOptions].
//
// One RunNotifier for each process is enough. It holds one connection of the pool.
// Without it readers find the writes of other processes by polling, and the log grows.
// Failures are logged and retried.
func (outer *DB) RunNotifier(ctx context.Context, retention *RetentionOptions) error {
	db := sessionOf(outer).db
	if db.inTx(ctx) {
		return ErrInTx
	}
	var keep RetentionOptions
	if retention != nil {
		keep = *retention
	}
	db.notifier.running.Add(1)
	defer db.notifier.running.Add(-1)
	var wg sync.WaitGroup
	if l := db.listener; l != nil {
		self := rand.Text() // identifies this process's own signals
		wg.Go(func() { db.listen(ctx, l, self) })
		wg.Go(func() { db.notify(ctx, l, self) })
	}
	failures := 0
	for ctx.Err() == nil {
		pause := trimPause
		if _, err := outer.TrimChanges(ctx, keep); err != nil && ctx.Err() == nil {
			failures++
			pause = backoff(failures)
			db.warn(ctx, "store: the change log was not trimmed", err)
		} else if err == nil {
			failures = 0
			db.notifier.trimmedAt.Store(time.Now().UnixNano())
		}
		if _, err := outer.TrimReceipts(ctx); err != nil && ctx.Err() == nil {
			db.warn(ctx, "store: idempotency records were not trimmed", err)
		}
		sleep(ctx, pause, nil)
	}
	wg.Wait()
	return nil
}

// listen wakes the readers of this process when another one has written.
func (db *dbCore) listen(ctx context.Context, l driver.Listener, self string) {
	for failures := 0; ctx.Err() == nil; {
		begun := time.Now()
		db.notifier.listening.Add(1)
		err := l.Listen(ctx, changesChannel, func(payload string) {
			if payload != self {
				db.wake.remote()
			}
		})
		db.notifier.listening.Add(-1)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, errors.ErrUnsupported):
			db.options.Logger.InfoContext(ctx, "store: no signals from other processes, readers of the change log poll", slog.Any("reason", err))
			return
		case time.Since(begun) > time.Minute:
			failures = 0
		}
		failures++
		db.warn(ctx, "store: signals of other processes are interrupted", err)
		sleep(ctx, backoff(failures), nil)
	}
}

// notify signals other processes that this one has written, once for all commits since
// the last signal.
func (db *dbCore) notify(ctx context.Context, l driver.Listener, self string) {
	commit := db.wake.commits.wait()
	for failures := 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-commit:
		}
		commit = db.wake.commits.wait() // before the signal: later commits need another one
		db.notifier.untoldSince.CompareAndSwap(0, time.Now().UnixNano())
		err := db.signal(ctx, l, self)
		pause := notifyPause
		if err == nil {
			failures = 0
			db.notifier.untoldSince.Store(0)
		} else if ctx.Err() == nil {
			// The other processes poll until a signal gets through.
			failures++
			pause, commit = backoff(failures), ended
			db.warn(ctx, "store: other processes were not notified of changes", err)
		}
		sleep(ctx, pause, nil)
	}
}

// signal sends one signal. It is a statement as far as tracers are concerned.
func (db *dbCore) signal(ctx context.Context, l driver.Listener, self string) error {
	t, ok := db.driver.(*traced)
	if !ok {
		return l.Notify(ctx, changesChannel, self)
	}
	p := t.start(ctx, TracedStatement{Operation: "notify", SQL: "notify " + changesChannel})
	err := l.Notify(p.ctx, changesChannel, self)
	p.end(0, err)
	return err
}

func (db *dbCore) warn(ctx context.Context, text string, err error) {
	db.options.Logger.WarnContext(ctx, text, slog.Any("error", err))
}
