package jobs

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

const (
	// pollPause is the longest time between two looks at the table.
	pollPause = time.Second

	// lastWords is how long handlers may still run once their contexts have ended.
	lastWords = 500 * time.Millisecond
)

// worker claims and runs the jobs of one queue. One goroutine does all its statements:
// while one runs, results collect, and the next writes them together.
type worker struct {
	js    *Jobs
	queue Queue
	kinds []string

	wake    chan struct{}
	results chan outcome

	busy     int       // handlers that run
	pending  []outcome // to be written
	hungry   bool      // there may be due jobs
	draining bool      // claims no more
	failures int       // statements in a row
}

func (js *Jobs) newWorker(q Queue, kinds []string) *worker {
	return &worker{js: js, queue: q, kinds: kinds, wake: make(chan struct{}, 1), results: make(chan outcome, q.Workers), hungry: true}
}

// run works until ctx ends, and then drains.
func (w *worker) run(ctx context.Context) {
	background := context.WithoutCancel(ctx)
	timer := time.NewTimer(pollPause)
	defer timer.Stop()
	for ctx.Err() == nil {
		w.turn(ctx, background)
		if w.failures == 0 && (w.free() > 0 || len(w.results) > 0) {
			continue
		}
		timer.Reset(pollPause)
		select {
		case <-ctx.Done():
		case o := <-w.results:
			w.take(o)
		case <-w.wake:
			w.hungry = true
		case <-timer.C:
			w.hungry, w.failures = true, 0
		}
	}
	w.drain(background)
}

// take notes the result of a handler. Where there are limits another job may run in its place.
func (w *worker) take(o outcome) {
	w.busy--
	w.pending = append(w.pending, o)
	w.hungry = w.hungry || w.queue.limited()
}

// free returns how many jobs to claim.
func (w *worker) free() int {
	if !w.hungry || w.draining {
		return 0
	}
	return w.queue.Workers - w.busy
}

// turn writes the results that are there, claims as many jobs as there are free workers,
// and runs them. The results do not depend on claiming, which ends with ctx.
func (w *worker) turn(ctx, background context.Context) {
	for len(w.results) > 0 {
		w.take(<-w.results)
	}
	if w.failures > 0 {
		return
	}
	var done []outcome
	var err error
	if done, err = w.settle(background); err != nil {
		w.failed(background, "jobs: results of jobs were not written, which is tried again", err)
	}
	n := w.free()
	if n+len(done) == 0 {
		return
	}
	claimed, err := w.exchange(ctx, done, n)
	if err != nil {
		w.failed(background, "jobs: no jobs were claimed, which is tried again", err)
		if claimed, err = w.exchange(background, done, 0); err != nil {
			w.pending = append(w.pending, done...)
			return
		}
	}
	w.js.forget(done...)
	if n > 0 {
		// Behind the jobs of a key that is full by now there may be others.
		w.hungry = len(claimed) == n || w.queue.limited() && len(claimed) > 0
	}
	for _, a := range claimed {
		w.start(ctx, a)
	}
}

func (w *worker) failed(ctx context.Context, text string, err error) {
	w.failures++
	if errors.Is(err, context.Canceled) {
		return // the process stops
	}
	w.js.config.Logger.WarnContext(ctx, text, slog.String("queue", w.queue.Name), slog.Any("error", err))
}

// start runs a handler.
func (w *worker) start(ctx context.Context, a *attempt) {
	ctx = a.context(ctx)
	a.queue, a.begun = w.queue.Name, time.Now()
	w.js.mu.Lock()
	w.js.running[a] = struct{}{}
	w.js.mu.Unlock()
	w.busy++
	go func() {
		err := errGoexit
		defer func() {
			if _, canceled := errors.AsType[*cancelError](err); err != nil && !canceled && context.Cause(ctx) == errDrain {
				err = Snooze(0) // for another process
			}
			a.stop(nil)
			a.ended.Store(true)
			w.results <- outcome{a, err}
		}()
		err = a.run(ctx)
	}()
}

// drain waits for handlers, ends those that are too slow, and hands back their leases.
func (w *worker) drain(ctx context.Context) {
	w.draining = true
	w.await(ctx, w.js.config.Drain)
	if w.busy > 0 {
		for _, o := range w.leased() {
			o.stop(errDrain)
		}
		w.await(ctx, lastWords)
	}
	w.failures = 0
	limited, end := context.WithTimeout(ctx, lastWords)
	defer end()
	w.turn(limited, limited)
	w.handBack(limited)
}

// await takes results until no handler runs or limit has passed.
func (w *worker) await(ctx context.Context, limit time.Duration) {
	end := time.After(limit)
	for w.busy > 0 {
		select {
		case o := <-w.results:
			w.take(o)
			w.failures = 0
			w.turn(ctx, ctx)
		case <-end:
			return
		}
	}
}
