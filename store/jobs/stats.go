package jobs

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
)

// MaxCount is the number up to which [Jobs.Stats] counts.
const MaxCount = 10_000

// QueueStats are the figures of a queue.
type QueueStats struct {
	Name   string
	Paused bool

	// Due is the number of jobs that are due and wait, and Age the time for which the
	// oldest of them has been due.
	Due int64
	Age time.Duration

	// Running and Dead are the numbers of jobs in these states.
	Running, Dead int64

	// Failures counts the failed attempts of this process.
	Failures int64
}

// Stats returns the figures of the queues of all kinds that are registered here, and of
// [Config].Queues. Numbers end at [MaxCount]. It costs a statement for each queue.
func (js *Jobs) Stats(ctx context.Context) ([]QueueStats, error) {
	js.mu.Lock()
	failures := maps.Clone(js.failures)
	for _, k := range js.kinds {
		failures[k.queue] += 0
	}
	for _, q := range js.config.Queues {
		failures[q.Name] += 0
	}
	js.mu.Unlock()
	list := make([]QueueStats, 0, len(failures))
	for _, name := range slices.Sorted(maps.Keys(failures)) {
		s, err := js.stats(ctx, name)
		if err != nil {
			return nil, err
		}
		s.Failures = failures[name]
		list = append(list, s)
	}
	return list, nil
}

func (js *Jobs) stats(ctx context.Context, queue string) (QueueStats, error) {
	s := QueueStats{Name: queue}
	q := store.SQL{
		Text: js.sql().stats, Args: []any{queue, int64(MaxCount)},
		Columns: []store.Kind{store.KindInt, store.KindTimestamp, store.KindTimestamp, store.KindInt, store.KindInt, store.KindInt},
	}
	err := q.Rows(ctx, js.db, func(v [][]byte) error {
		var oldest, now time.Time
		var paused int
		err := scan(v, &s.Due, &oldest, &now, &s.Running, &s.Dead, &paused)
		s.Due, s.Paused = min(s.Due, MaxCount), paused > 0
		if !oldest.IsZero() {
			s.Age = now.Sub(oldest)
		}
		return err
	})
	return s, err
}

func statsSQL() string {
	return "select count(*), min(due_at), {now}," +
		" (select count(*) from (select 1 from plinth_jobs where state = 'running' and queue = $1 limit $2) r)," +
		" (select count(*) from (select 1 from plinth_jobs where state = 'dead' and finished_at is not null and queue = $1 limit $2) d)," +
		" (select count(*) from plinth_queues where name = $1 and paused_at is not null)" +
		" from (" + eachPriority("due_at", "", "limit $2") + ") due"
}

// Late reports whether jobs have been due for more than a minute, in a queue that is not paused.
func (s QueueStats) Late() bool { return s.Age > time.Minute && !s.Paused }

// warnLate logs the queues in which jobs wait too long.
func (js *Jobs) warnLate(ctx context.Context) error {
	list, err := js.Stats(ctx)
	for _, s := range list {
		if s.Late() {
			js.config.Logger.WarnContext(ctx, "jobs: the jobs of a queue wait", slog.String("queue", s.Name),
				slog.Duration("oldest", s.Age.Round(time.Second)), slog.Int64("due", s.Due), slog.Int64("running", s.Running))
		}
	}
	return err
}
