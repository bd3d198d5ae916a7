package jobs

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

const (
	channel = "plinth_jobs"

	// notifyPause is the shortest time between two signals of one process. A signal
	// takes a lock on the whole database.
	notifyPause = 10 * time.Millisecond

	// listenPause is the time before a broken connection is opened again.
	listenPause = 5 * time.Second

	// minConnections is the size of a pool of which listening takes a connection.
	minConnections = 4
)

// signal wakes the workers of this process and of others.
func (js *Jobs) signal() {
	js.wakeAll()
	select {
	case js.wake <- struct{}{}:
	default:
	}
}

// wakeAll wakes the workers of this process.
func (js *Jobs) wakeAll() {
	js.mu.Lock()
	defer js.mu.Unlock()
	for _, w := range js.workers {
		w.signal()
	}
}

// notify signals to other processes that there are new jobs, once for all commits since
// the last signal. They poll where it does not work.
func (js *Jobs) notify(ctx context.Context) {
	l := js.db.Listener()
	if l == nil {
		return
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-js.wake:
		}
		pause := notifyPause
		if err := l.Notify(ctx, channel, js.self); err != nil && ctx.Err() == nil {
			pause = listenPause
			js.config.Logger.WarnContext(ctx, "jobs: other processes were not notified of new jobs", slog.Any("error", err))
		}
		sleep(ctx, pause)
	}
}

// listen wakes the workers of this process when another one has enqueued jobs. It holds a
// connection.
func (js *Jobs) listen(ctx context.Context) {
	l := js.db.Listener()
	for _, pool := range js.db.Stats().Pools {
		if pool.Max-pool.Reserve < minConnections {
			l = nil
		}
	}
	if l == nil {
		return
	}
	for ctx.Err() == nil {
		err := l.Listen(ctx, channel, func(from string) {
			if from != js.self {
				js.wakeAll()
			}
		})
		if errors.Is(err, errors.ErrUnsupported) {
			return
		}
		if ctx.Err() == nil {
			js.config.Logger.WarnContext(ctx, "jobs: signals of other processes are interrupted", slog.Any("error", err))
			sleep(ctx, listenPause)
		}
	}
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
