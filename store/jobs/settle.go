package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/errtext"
	"github.com/seed-7694ebf6/plinth/store"
)

// outcome is the result of a handler.
type outcome struct {
	*attempt
	err error
}

// How many bytes of an error and of the text of a progress are stored.
const maxError, maxProgress = 2000, 200

// settle writes the failures among the pending outcomes; what could not be written stays
// pending. It returns the successes, which [worker.exchange] writes.
func (w *worker) settle(ctx context.Context) (done []outcome, err error) {
	list := w.pending
	w.pending = nil
	for _, o := range list {
		switch {
		case o.completed.Load():
			if o.err != nil {
				w.js.config.Logger.WarnContext(ctx, "jobs: a handler failed after it had completed its job", o.attrs()...)
			}
			w.js.forget(o)
		case o.err == nil:
			done = append(done, o)
		default:
			if ferr := o.fail(ctx); ferr != nil {
				w.pending, err = append(w.pending, o), ferr
				continue
			}
			w.js.forget(o)
		}
	}
	return done, err
}

// leases returns the ids and fences of jobs as arguments of a statement: as two lists, or
// on SQLite as one of rows.
func (s *statements) leases(list []outcome) []any {
	if !s.postgres {
		return []any{jsonRows(len(list), func(i int) any { return []any{list[i].id, list[i].fence} }), nil}
	}
	ids, fences := make([]string, len(list)), make([]int64, len(list))
	for i, o := range list {
		ids[i], fences[i] = o.id.String(), o.fence
	}
	return []any{ids, fences}
}

// jsonRows returns n rows as JSON texts.
func jsonRows(n int, row func(i int) any) []string {
	rows := make([]string, n)
	for i := range rows {
		text, err := json.Marshal(row(i))
		if err != nil {
			panic(err) // texts and numbers only
		}
		rows[i] = string(text)
	}
	return rows
}

// fail writes what happens to the job after an error of its handler.
func (o outcome) fail(ctx context.Context) error {
	state, uncounted, pause := "waiting", int64(0), time.Duration(0)
	var canceled *cancelError
	var snoozed *snoozeError
	switch {
	case errors.As(o.err, &snoozed):
		uncounted, pause = 1, snoozed.d
	case errors.As(o.err, &canceled), o.attempts >= o.max:
		state = "dead"
	default:
		pause = o.pause()
	}
	text := errtext.Storable(o.err.Error(), maxError)
	if snoozed != nil {
		text = ""
	} else if o.kind.secret {
		text = "the error is in the log"
	}
	q := store.SQL{Text: o.js.sql().retry, Args: []any{o.id.String(), o.fence, state, text, uncounted, pause.Microseconds()}, Writes: true}
	n, err := q.Exec(ctx, o.js.db)
	if err != nil {
		return err
	}
	if snoozed == nil {
		o.report(ctx, state, n == 0)
	}
	return nil
}

// pause returns the pause before the next attempt.
func (o *outcome) pause() (d time.Duration) {
	defer func() {
		if p := recover(); p != nil {
			o.err, d = errors.Join(o.err, fmt.Errorf("jobs: Backoff panicked: %v", p)), defaultBackoff(o.attempts)
		}
	}()
	return o.kind.backoff(o.attempts)
}

// report logs and counts a failed attempt.
func (o outcome) report(ctx context.Context, state string, lost bool) {
	o.js.mu.Lock()
	o.js.failures[o.queue]++
	o.js.mu.Unlock()
	level := slog.LevelWarn
	if state == "dead" {
		level = slog.LevelError
	}
	attrs := append(o.attrs(), slog.String("state", state), slog.Bool("lease_lost", lost))
	if p, ok := errors.AsType[*panicError](o.err); ok {
		attrs = append(attrs, slog.String("stack", string(p.stack)))
	}
	o.js.config.Logger.Log(ctx, level, "jobs: an attempt failed", attrs...)
}

func (o outcome) attrs() []any {
	return []any{
		slog.String("kind", o.kind.name), slog.String("id", o.id.String()), slog.Int("attempt", o.attempts), slog.Any("error", o.err),
	}
}

// forget ends the renewal of leases.
func (js *Jobs) forget(list ...outcome) {
	js.mu.Lock()
	defer js.mu.Unlock()
	for _, o := range list {
		delete(js.running, o.attempt)
	}
}
