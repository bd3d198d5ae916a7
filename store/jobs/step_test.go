package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/jobs"
)

// TestStep runs jobs, retries and schedules by a time of the test.
func TestStep(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		js := newJobs(t, db, jobs.Config{})
		var ran []string
		second := jobs.Register(js, "second", func(_ context.Context, job jobs.Job[string]) error {
			ran = append(ran, "second "+job.Args)
			return nil
		}, &jobs.Options[string]{Queue: "other"})
		first := jobs.Register(js, "first", func(ctx context.Context, job jobs.Job[string]) error {
			ran = append(ran, fmt.Sprint("first ", job.Args, " ", job.Attempt))
			if job.Args == "fails" && job.Attempt == 1 {
				return errors.New("once")
			}
			_, err := second.Enqueue(ctx, db, job.Args)
			return err
		}, &jobs.Options[string]{Backoff: func(int) time.Duration { return time.Minute }})
		jobs.Every(js, "hourly", time.Hour, func(_ context.Context, due time.Time) error {
			ran = append(ran, "hourly "+due.Format(time.TimeOnly))
			return nil
		}, nil)
		jobs.Cron(js, "daily", "30 7 * * *", func(_ context.Context, due time.Time) error {
			ran = append(ran, "daily "+due.Format(time.DateTime))
			return nil
		}, nil)
		day := time.Date(2040, 2, 28, 6, 59, 0, 0, time.UTC)
		step := func(at time.Duration, want ...string) {
			t.Helper()
			ran = nil
			if err := js.Step(t.Context(), day.Add(at)); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(ran, ", "); got != strings.Join(want, ", ") {
				t.Errorf("after %s: %s, want %s", at, got, strings.Join(want, ", "))
			}
		}
		enqueue := func(args string, opts ...jobs.EnqueueOption) {
			t.Helper()
			if _, err := first.Enqueue(t.Context(), db, args, opts...); err != nil {
				t.Fatal(err)
			}
		}
		step(0)
		enqueue("a")
		enqueue("b", jobs.In(10*time.Second))
		step(0, "first a 1", "second a")
		step(9 * time.Second)
		step(10*time.Second, "first b 1", "second b")
		enqueue("fails")
		step(10*time.Second, "first fails 1")
		step(59 * time.Second)
		step(69*time.Second, "hourly 07:00:00")
		step(70*time.Second, "first fails 2", "second fails")
		step(32*time.Minute, "daily 2040-02-28 07:30:00")
		step(24*time.Hour, "hourly 06:00:00")
		for range 40 { // more than workers
			enqueue("many")
		}
		ran = nil
		if err := js.Step(t.Context(), day.Add(24*time.Hour)); err != nil || len(ran) != 80 {
			t.Errorf("%d handlers ran, %v, want 80", len(ran), err)
		}
	})
}
