package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/jobs"
)

// clock is the time of the database.
type clock struct {
	t  *testing.T
	db *store.DB
	at time.Time
}

func newClock(t *testing.T, db *store.DB, at time.Time) *clock {
	t.Helper()
	exec(t, db, "insert into clock (at) values ($1)", at)
	return &clock{t, db, at}
}

func (c *clock) step(d time.Duration) {
	c.t.Helper()
	c.at = c.at.Add(d)
	exec(c.t, c.db, "update clock set at = $1", c.at)
}

// scheduled returns jobs on that clock.
func (c *clock) jobs() *jobs.Jobs {
	c.t.Helper()
	js := newJobs(c.t, c.db, jobs.Config{})
	js.UseClock("(select at from clock)")
	return js
}

// dues lists the due times of all jobs, in UTC.
func dues(t *testing.T, db *store.DB) (list []string) {
	t.Helper()
	q := store.SQL{Text: "select once_key from plinth_jobs order by once_key", Columns: []store.Kind{store.KindText}}
	err := q.Rows(t.Context(), db, func(v [][]byte) error {
		list = append(list, strings.Trim(string(v[0]), `"`))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func nothing(context.Context, time.Time) error { return nil }

func tick(t *testing.T, js *jobs.Jobs) {
	t.Helper()
	if err := js.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
}

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestScheduleRunsItsHandlerOnTime(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		js := newJobs(t, db, jobs.Config{})
		ran := make(chan time.Time, 10)
		jobs.Every(js, "second", time.Second, func(_ context.Context, due time.Time) error { ran <- due; return nil }, nil)
		run(t, js)
		first, second := within(t, ran, "the first run"), within(t, ran, "the second run")
		if second.Sub(first) != time.Second || time.Since(second) > 5*time.Second {
			t.Errorf("runs for %s and %s", first, second)
		}
	})
}

// TestThreeInstancesRunEachTickOnce lets three processes look at schedules while the
// clock of the database runs, jumps ahead by some seconds and goes back.
func TestThreeInstancesRunEachTickOnce(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		const ticks = 1000
		c := newClock(t, db, start)
		var instances []*jobs.Jobs
		for range 3 {
			js := c.jobs()
			jobs.Every(js, "tick", time.Second, nothing, nil)
			tick(t, js)
			instances = append(instances, js)
		}
		random := rand.New(rand.NewPCG(1, 2))
		for c.at.Before(start.Add(ticks * time.Second)) {
			c.step(min(time.Duration(random.IntN(40)-8)*time.Second, start.Add(ticks*time.Second).Sub(c.at)))
			var wg sync.WaitGroup
			for _, js := range instances {
				wg.Go(func() {
					if err := js.Tick(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
		}
		got := dues(t, db)
		if len(got) != ticks || got[0] != "2026-03-01T12:00:01Z" || got[ticks-1] != "2026-03-01T12:16:40Z" || len(slices.Compact(got)) != ticks {
			t.Errorf("%d ticks from %s to %s, %d different ones", len(got), got[0], got[len(got)-1], len(slices.Compact(got)))
		}
	})
}

func TestMissedTicks(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		c := newClock(t, db, start)
		js := c.jobs()
		jobs.Every(js, "last", time.Hour, nothing, nil)
		jobs.Cron(js, "none", "0 * * * *", nothing, &jobs.ScheduleOptions{SkipMissed: true})
		tick(t, js)
		c.step(7*time.Hour + 10*time.Minute)
		tick(t, js)
		tick(t, js)
		c.step(50 * time.Minute)
		tick(t, js)
		if got, want := fmt.Sprint(dues(t, db)), "[2026-03-01T19:00:00Z 2026-03-01T20:00:00Z 2026-03-01T20:00:00Z]"; got != want {
			t.Errorf("jobs are due at %s, want %s", got, want)
		}
	})
}

func TestTimeZoneAndChangesOfClocks(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		berlin, err := time.LoadLocation("Europe/Berlin")
		if err != nil {
			t.Skip(err)
		}
		for _, test := range []struct {
			expression string
			from       time.Time
			want       []string
		}{
			{"30 2 * * *", time.Date(2026, 3, 28, 12, 0, 0, 0, time.UTC), []string{"2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"}},
			{"30 2 * * *", time.Date(2026, 10, 24, 12, 0, 0, 0, time.UTC), []string{"2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"}},
			{"0 * * * *", time.Date(2026, 10, 24, 23, 30, 0, 0, time.UTC), []string{"2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"}},
			{"@daily", time.Date(2026, 3, 28, 12, 0, 0, 0, time.UTC), []string{"2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"}},
		} {
			exec(t, db, "delete from plinth_jobs")
			exec(t, db, "delete from clock")
			exec(t, db, "delete from plinth_schedules")
			c := newClock(t, db, test.from)
			js := c.jobs()
			jobs.Cron(js, "zone", test.expression, nothing, &jobs.ScheduleOptions{Location: berlin})
			for range 49 * 2 {
				tick(t, js)
				c.step(30 * time.Minute)
			}
			if got := dues(t, db); fmt.Sprint(got[:min(len(got), len(test.want))]) != fmt.Sprint(test.want) {
				t.Errorf("%s from %s is due at %s, want %s", test.expression, test.from, got, test.want)
			}
		}
	})
}

// TestChangedSchedule deploys a new rule while a process with the old one runs on.
func TestChangedSchedule(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		c := newClock(t, db, start)
		old := c.jobs()
		jobs.Cron(old, "report", "0 * * * *", nothing, nil)
		tick(t, old)
		fresh := c.jobs()
		jobs.Cron(fresh, "report", "15 * * * *", nothing, nil)
		tick(t, fresh)
		for range 24 {
			c.step(5 * time.Minute)
			tick(t, old)
			tick(t, fresh)
		}
		if got, want := fmt.Sprint(dues(t, db)), "[2026-03-01T12:15:00Z 2026-03-01T13:15:00Z]"; got != want {
			t.Errorf("jobs are due at %s, want %s", got, want)
		}
	})
}

// TestScheduleOfAnOldProcess starts a process with an old rule once more, before it ends for good.
func TestScheduleOfAnOldProcess(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		c := newClock(t, db, start)
		fresh := c.jobs()
		jobs.Cron(fresh, "report", "15 * * * *", nothing, nil)
		tick(t, fresh)
		old := c.jobs()
		jobs.Cron(old, "report", "0 * * * *", nothing, nil)
		tick(t, old)
		for range 30 {
			c.step(5 * time.Minute)
			tick(t, fresh)
		}
		if got, want := fmt.Sprint(dues(t, db)), "[2026-03-01T13:15:00Z 2026-03-01T14:15:00Z]"; got != want {
			t.Errorf("jobs are due at %s, want %s", got, want)
		}
	})
}

// TestClockThatWasFarAhead sets the clock of the database ten years ahead, and back again.
func TestClockThatWasFarAhead(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		c := newClock(t, db, start)
		js := c.jobs()
		jobs.Cron(js, "report", "0 * * * *", nothing, nil)
		tick(t, js)
		const ahead = 10 * 365 * 24 * time.Hour
		c.step(ahead)
		tick(t, js)
		c.step(-ahead)
		exec(t, db, "delete from plinth_jobs")
		for range 4 {
			tick(t, js)
			c.step(30 * time.Minute)
		}
		if got, want := fmt.Sprint(dues(t, db)), "[2026-03-01T13:00:00Z]"; got != want {
			t.Errorf("jobs are due at %s, want %s", got, want)
		}
	})
}

func TestMistakesOfSchedules(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]string{
		"61 * * * *":              "above maximum",
		"* * * * * *":             "5 fields",
		"0 0 30 2 *":              "no such day",
		"@every 5s":               "use Every",
		"TZ=Asia/Tokyo * * * * *": "Location",
		"":                        "",
	} {
		js := newJobs(t, memory(t), jobs.Config{})
		jobs.Cron(js, "cron", expression, nothing, nil)
		if err := js.Run(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", expression, err)
		}
	}
	js := newJobs(t, memory(t), jobs.Config{})
	jobs.Every(js, "fast", time.Millisecond, nothing, nil)
	if err := js.Check(); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("a period of a millisecond: %v", err)
	}
}
