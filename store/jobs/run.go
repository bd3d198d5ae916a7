package jobs

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"sync"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
)

const recoverPause, trimPause = 2 * time.Second, time.Minute

// Run runs jobs and schedules until ctx ends, then drains: it claims no more, waits for
// running handlers as [Config].Drain says, hands back the leases of the others and
// returns nil. Run it once in each process that runs jobs. Failures of the database are
// logged and retried. Without a kind it does nothing.
func (js *Jobs) Run(ctx context.Context) error {
	if err := js.Check(); err != nil {
		return err
	}
	if js.active.Swap(true) {
		return errors.New("jobs: Run is running already")
	}
	defer js.active.Store(false)
	queues, kinds := js.queues()
	if len(kinds) == 0 {
		return js.Notify(ctx)
	}
	beside, stop := context.WithCancel(context.WithoutCancel(ctx)) // goes on during the drain
	var helpers, workers sync.WaitGroup
	helpers.Go(func() { js.signals.notify(beside) })
	helpers.Go(func() { js.signals.listen(beside) })
	helpers.Go(func() { js.every(beside, js.config.Lease/3, "leases were not renewed, which is tried again", js.renew) })
	helpers.Go(func() { js.every(ctx, recoverPause, "jobs of dead processes were not recovered", js.recoverAll) })
	helpers.Go(func() { js.every(ctx, trimPause, "finished jobs were not trimmed", js.trim) })
	helpers.Go(func() { js.every(ctx, trimPause, "queues were not inspected", js.warnLate) })
	helpers.Go(func() { js.every(ctx, pollPause, "schedules were not run", js.scheduler.tick) })
	js.startWorkers(ctx, queues, kinds, &workers)
	workers.Wait()
	stop()
	helpers.Wait()
	return nil
}

// Step runs what is due at a time, schedules included, and the jobs that this enqueues for
// the same time, until none is left: one handler at a time, queue by queue. It is for tests, in place of [Jobs.Run]. The time
// replaces the clock of the database for this Jobs, until the next Step: due times of new
// jobs and of retries count from it.
//
// Step returns the mistakes of kinds and schedules, and failures of the database. The
// errors of handlers are in the table and in the log, as always.
func (js *Jobs) Step(ctx context.Context, now time.Time) error {
	if js.active.Load() {
		return errors.New("jobs: Step and Run exclude each other: keep Jobs.Off in the configuration of a test")
	}
	js.setDialect(js.sql().at(now))
	if err := errors.Join(js.Check(), js.recoverAll(ctx), js.scheduler.tick(ctx)); err != nil {
		return err
	}
	for ran := true; ran; {
		ran = false
		queues, kinds := js.queues()
		for _, q := range queues {
			q.Workers = 1
			w := js.newWorker(q, kinds)
			w.turn(ctx, ctx)
			ran = ran || w.busy > 0
			w.await(ctx, math.MaxInt64)
			if w.failures > 0 || len(w.pending) > 0 || ctx.Err() != nil {
				return errors.Join(errors.New("jobs: the database failed, see the log"), ctx.Err())
			}
		}
	}
	return nil
}

// Notify wakes the workers of other processes after each commit that enqueued jobs, until
// ctx ends, and returns nil. Run it in processes that do not Run. Without it workers find
// the jobs within a second.
func (js *Jobs) Notify(ctx context.Context) error {
	js.signals.notify(ctx)
	<-ctx.Done() // also on an engine without signals
	return nil
}

// startWorkers starts a worker for each queue.
func (js *Jobs) startWorkers(ctx context.Context, queues []Queue, kinds []string, wg *sync.WaitGroup) {
	var list []*worker
	for _, q := range queues {
		list = append(list, js.newWorker(q, kinds))
	}
	js.signals.mu.Lock()
	js.signals.workers = list
	js.signals.mu.Unlock()
	for _, w := range list {
		wg.Go(func() { w.run(ctx) })
	}
}

// every does work until ctx ends. Failures are logged.
func (js *Jobs) every(ctx context.Context, pause time.Duration, failure string, work func(context.Context) error) {
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	for ctx.Err() == nil {
		if err := work(ctx); err != nil && ctx.Err() == nil {
			js.config.Logger.WarnContext(ctx, "jobs: "+failure, slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
}

// recoverAll makes the jobs of dead processes wait again, or dead after their last attempt.
func (js *Jobs) recoverAll(ctx context.Context) error {
	for {
		n, err := store.SQL{Text: js.sql().recover, Writes: true}.Exec(ctx, js.db)
		if err != nil || n == 0 {
			return err
		}
		js.config.Logger.WarnContext(ctx, "jobs: leases of workers that died have expired", slog.Int64("count", n))
		js.signals.send()
	}
}

// How long finished jobs are kept.
const (
	keepDone = 24 * time.Hour
	keepDead = 14 * 24 * time.Hour
)

// trim removes finished jobs, a thousand with each statement.
func (js *Jobs) trim(ctx context.Context) error {
	text := js.sql().text("delete from plinth_jobs where id in (select id from plinth_jobs where state = $1" +
		" and finished_at is not null and finished_at < {after $2} order by finished_at limit 1000 {skip locked})")
	for state, keep := range map[string]time.Duration{"done": keepDone, "dead": keepDead} {
		for {
			n, err := store.SQL{Text: text, Args: []any{state, -keep.Microseconds()}, Writes: true}.Exec(ctx, js.db)
			if err != nil {
				return err
			}
			if n < 1000 {
				break
			}
		}
	}
	return nil
}
