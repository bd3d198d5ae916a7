package jobs

import (
	"context"
	"encoding/json"
	"errors"
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

// maxError is how many bytes of an error are stored.
const maxError = 2000

// settle writes the failures among outcomes. It returns the successes, which
// [Jobs.exchange] writes, and what could not be written.
func (js *Jobs) settle(ctx context.Context, list []outcome) (done, left []outcome, err error) {
	for _, o := range list {
		switch {
		case o.completed.Load():
			if o.err != nil {
				js.config.Logger.WarnContext(ctx, "jobs: a handler failed after it had completed its job", o.attrs()...)
			}
			js.forget(o)
		case o.err == nil:
			done = append(done, o)
		default:
			if rerr := js.fail(ctx, o); rerr != nil {
				left, err = append(left, o), rerr
				continue
			}
			js.forget(o)
		}
	}
	return done, left, err
}

// finish writes that jobs are done.
func (js *Jobs) finish(ctx context.Context, s store.Session, done []outcome) error {
	if len(done) == 0 {
		return nil
	}
	_, err := store.SQL{Text: js.sql().finish, Args: js.leases(done), Writes: true}.Exec(ctx, s)
	return err
}

// leases returns the ids and fences of jobs as arguments of a statement: as two lists, or
// on SQLite as one of rows.
func (js *Jobs) leases(list []outcome) []any {
	if !js.sql().postgres {
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

// fail decides what happens to a job after an error of its handler.
func (js *Jobs) fail(ctx context.Context, o outcome) error {
	state, uncounted, pause := "waiting", int64(0), time.Duration(0)
	var canceled *cancelError
	var snoozed *snoozeError
	text := errtext.Cut(o.err.Error(), maxError)
	switch {
	case errors.As(o.err, &snoozed):
		uncounted, pause, text = 1, snoozed.d, ""
	case errors.As(o.err, &canceled), o.attempts >= o.max:
		state = "dead"
	default:
		pause = o.kind.backoff(o.attempts)
	}
	if o.kind.secret && text != "" {
		text = "the error is in the log"
	}
	args := []any{o.id.String(), o.fence, state, text, uncounted, pause.Microseconds()}
	n, err := store.SQL{Text: js.sql().retry, Args: args, Writes: true}.Exec(ctx, js.db)
	if err != nil {
		return err
	}
	if snoozed == nil {
		js.report(ctx, o, state, n == 0)
	}
	return nil
}

// report logs and counts a failed attempt.
func (js *Jobs) report(ctx context.Context, o outcome, state string, lost bool) {
	js.mu.Lock()
	js.failures[o.kind.queue]++
	js.mu.Unlock()
	level := slog.LevelWarn
	if state == "dead" {
		level = slog.LevelError
	}
	attrs := append(o.attrs(), slog.String("state", state), slog.Bool("lease_lost", lost))
	if p, ok := errors.AsType[*panicError](o.err); ok {
		attrs = append(attrs, slog.String("stack", string(p.stack)))
	}
	js.config.Logger.Log(ctx, level, "jobs: an attempt failed", attrs...)
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
