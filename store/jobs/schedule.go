package jobs

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/jobs/internal/cron"
)

// missedAfter is the delay from which a due time counts as missed: all processes were
// down, or the clock of the database was set forward.
const missedAfter = time.Minute

// ScheduleOptions tunes a schedule. The zero value is ready to use.
type ScheduleOptions struct {
	// Location is the time zone of a cron expression.
	//
	// Defaults to UTC.
	Location *time.Location

	// MaxAttempts, Queue and Timeout are those of [Options].
	MaxAttempts int
	Queue       string
	Timeout     time.Duration

	// SkipMissed leaves out due times at which no process ran. Without it the last of
	// them is run as soon as there is one.
	SkipMissed bool
}

// schedule enqueues a job at each due time.
type schedule struct {
	rule cron.Rule
	spec string // identifies the rule in the database
	kind *Kind[tickArgs]
	skip bool

	synced bool // this process has compared spec with the database
}

// tickArgs is the argument of a schedule's job.
type tickArgs struct {
	At time.Time `json:"due_at"`
}

// Every runs handler at each multiple of a period since the year 1 in UTC, by the clock
// of the database. The period is at least a second. All processes together run it once
// for each due time, as a job of the kind name: a failure is retried, and a slow run
// does not keep the next one from its time. handler gets the due time.
//
// Register before [Jobs.Run], which returns mistakes. A nil opts takes every default.
func Every(js *Jobs, name string, every time.Duration, handler func(ctx context.Context, due time.Time) error, opts *ScheduleOptions) {
	var err error
	if every < time.Second {
		err = errors.New("the period is shorter than a second")
	}
	addSchedule(js, name, "every "+every.String(), cron.Period(every), err, handler, opts)
}

// Cron is [Every] for the due times of a cron expression: minute, hour, day of month,
// month and day of week, as in "30 7 * * MON-FRI", or a name such as "@daily".
//
// A time that does not exist because clocks go forward is due as much later. A named
// hour that comes twice because they go back is due once.
func Cron(js *Jobs, name, expression string, handler func(ctx context.Context, due time.Time) error, opts *ScheduleOptions) {
	location := time.UTC
	if opts != nil {
		location = cmp.Or(opts.Location, location)
	}
	r, err := cron.Parse(expression, location)
	addSchedule(js, name, "cron "+expression+" "+location.String(), r, err, handler, opts)
}

func addSchedule(js *Jobs, name, spec string, r cron.Rule, err error, handler func(context.Context, time.Time) error, opts *ScheduleOptions) {
	var o ScheduleOptions
	if opts != nil {
		o = *opts
	}
	k := Register(js, name, func(ctx context.Context, job Job[tickArgs]) error { return handler(ctx, job.Args.At) },
		&Options[tickArgs]{MaxAttempts: o.MaxAttempts, Queue: o.Queue, Timeout: o.Timeout})
	if err != nil {
		js.reject(k.kind, fmt.Errorf("jobs: schedule %q: %w", name, err))
		return
	}
	js.mu.Lock()
	defer js.mu.Unlock()
	js.scheduler.list = append(js.scheduler.list, &schedule{rule: r, spec: spec, kind: k, skip: o.SkipMissed})
}

// scheduler runs the schedules of a process. One goroutine uses it.
type scheduler struct {
	js   *Jobs
	list []*schedule
}

// tick enqueues the jobs of all schedules that are due.
func (sc *scheduler) tick(ctx context.Context) error {
	if len(sc.list) == 0 {
		return nil
	}
	now, rows, err := sc.read(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, s := range sc.list {
		switch row, there := rows[s.kind.name]; {
		case !there || !s.synced:
			errs = append(errs, sc.sync(ctx, s, row, now))
		case row.spec == s.spec: // else another process has another rule
			errs = append(errs, sc.advance(ctx, s, row.due, now))
		case now.Sub(row.due) > 10*missedAfter: // it has ended
			errs = append(errs, sc.sync(ctx, s, row, row.due.Add(-time.Second)))
		}
	}
	return errors.Join(errs...)
}

// scheduleRow is a schedule in the database.
type scheduleRow struct {
	spec string
	due  time.Time
}

func (sc *scheduler) read(ctx context.Context) (now time.Time, rows map[string]scheduleRow, err error) {
	rows = map[string]scheduleRow{}
	q := store.SQL{
		Text:    sc.js.sql().text("select {now}, name, spec, due_at from (select 1 as one) o left join plinth_schedules on true"),
		Columns: []store.Kind{store.KindTimestamp, store.KindText, store.KindText, store.KindTimestamp},
	}
	err = q.Rows(ctx, sc.js.db, func(v [][]byte) error {
		var name string
		var row scheduleRow
		err := scan(v, &now, &name, &row.spec, &row.due)
		rows[name] = row
		return err
	})
	return now, rows, err
}

// sync stores the rule of a schedule at the start of a process, due after a time. A process
// that still has another rule leaves the schedule to the others as long as they run it.
func (sc *scheduler) sync(ctx context.Context, s *schedule, row scheduleRow, after time.Time) error {
	if row.spec != s.spec {
		q := store.SQL{
			Text: "insert into plinth_schedules (name, spec, due_at) values ($1, $2, $3) on conflict (name) do update" +
				" set spec = excluded.spec, due_at = excluded.due_at where plinth_schedules.spec <> excluded.spec",
			Args: []any{s.kind.name, s.spec, s.rule.After(after)}, Writes: true,
		}
		if _, err := q.Exec(ctx, sc.js.db); err != nil {
			return err
		}
	}
	s.synced = true
	return nil
}

// advance enqueues jobs for the due times of a schedule until now. Several processes do
// so at a time: the one that moves the due time has the job.
func (sc *scheduler) advance(ctx context.Context, s *schedule, at, now time.Time) error {
	if next := s.rule.After(now); at.Sub(next) > keepDone { // the clock of the database was far ahead
		_, err := sc.move(ctx, s, at, next, time.Time{})
		return err
	}
	for !at.After(now) {
		run, next := at, s.rule.After(at)
		if now.Sub(at) > missedAfter {
			run, next = s.rule.Until(now), s.rule.After(now)
			if s.skip && now.Sub(run) > missedAfter {
				run = time.Time{}
			}
		}
		if moved, err := sc.move(ctx, s, at, next, run); err != nil || !moved {
			return err
		}
		at = next
	}
	return nil
}

// move sets the next due time, and enqueues the job of a due time unless it is zero.
func (sc *scheduler) move(ctx context.Context, s *schedule, from, to, run time.Time) (moved bool, err error) {
	err = sc.js.db.TxWith(ctx, store.TxOptions{Isolation: sql.LevelReadCommitted}, func(ctx context.Context, tx *store.Tx) error {
		q := store.SQL{
			Text: "update plinth_schedules set due_at = $1 where name = $2 and spec = $3 and due_at = $4",
			Args: []any{to, s.kind.name, s.spec, from}, Writes: true,
		}
		n, err := q.Exec(ctx, tx)
		if moved = n > 0; err != nil || !moved || run.IsZero() {
			return err
		}
		o, err := s.kind.order([]tickArgs{{run}}, nil)
		if err != nil {
			return err
		}
		o.once = run.Format(time.RFC3339)
		_, err = o.insert(ctx, tx)
		return err
	})
	return moved, err
}
