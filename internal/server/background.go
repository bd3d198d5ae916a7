package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"
)

// Job is work that runs beside the server.
type Job struct {
	Name  string
	Work  func(context.Context) error
	Pause time.Duration // before it restarts after a failure
}

// RunJobs runs jobs until ctx ends, and returns when all of them have returned. A job that
// returns nil is done. One that fails or panics is logged and restarts after its pause.
func RunJobs(ctx context.Context, logger *slog.Logger, jobs ...Job) {
	var wg sync.WaitGroup
	for _, j := range jobs {
		wg.Go(func() { j.keepRunning(ctx, logger) })
	}
	wg.Wait()
}

func (j Job) keepRunning(ctx context.Context, logger *slog.Logger) {
	for ctx.Err() == nil {
		err := Attempt(ctx, j.Work)
		if err == nil || ctx.Err() != nil {
			return
		}
		logger.ErrorContext(ctx, j.Name+" failed and is restarted", "error", err, "pause", j.Pause.String())
		wait(ctx, j.Pause)
	}
}

// Attempt runs work once. It returns a panic as an error with its position.
func Attempt(ctx context.Context, work func(context.Context) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return work(ctx)
}

// work is the running work beside a server.
type work struct {
	stop  context.CancelFunc
	ended chan struct{}
}

// startWork starts the work. It continues during the drain, so that revocations take effect
// until the last request.
func startWork(ctx context.Context, run func(context.Context)) *work {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	w := &work{stop, make(chan struct{})}
	go func() {
		defer close(w.ended)
		run(ctx)
	}()
	return w
}

// end cancels the work and waits for it until limit ends, and then at most lastWords more.
func (w *work) end(limit context.Context) error {
	w.stop()
	select {
	case <-w.ended:
		return nil
	case <-limit.Done():
	}
	select {
	case <-w.ended:
		return nil
	case <-time.After(lastWords):
		return errors.New("plinth: background work has not returned although its context has ended: " +
			"functions of App.Background, the Mailer and the SMSSender must return when their context ends")
	}
}
