package jobs_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/jobs"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// note is what most tests enqueue.
type note struct {
	Text string `json:"text"`
}

func TestJobRunsAfterCommit(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		js := newJobs(t, db, jobs.Config{})
		ran := make(chan jobs.Job[note], 10)
		actors := make(chan string, 10)
		notes := jobs.Register(js, "note", func(ctx context.Context, job jobs.Job[note]) error {
			actors <- store.ActorFrom(ctx) + " " + store.TenantFrom(ctx)
			ran <- job
			return nil
		}, nil)
		run(t, js)
		failure := errors.New("no")
		err := db.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			if _, err := notes.Enqueue(ctx, tx, note{"rolled back"}); err != nil {
				return err
			}
			return failure
		})
		if !errors.Is(err, failure) {
			t.Fatal(err)
		}
		var id store.ID
		ctx := store.WithTenant(store.WithActor(t.Context(), "ann"), "acme")
		err = db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
			id, err = notes.Enqueue(ctx, tx, note{"committed"})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		job := within(t, ran, "the job")
		if job.ID != id || job.Args.Text != "committed" || job.Attempt != 1 || time.Since(job.EnqueuedAt).Abs() > time.Minute {
			t.Errorf("the handler got %+v", job)
		}
		if who := <-actors; who != "ann acme" {
			t.Errorf("the job runs for %q", who)
		}
		eventualStates(t, db, "done 1")
	})
}

// TestWakeUpIsFasterThanThePoll enqueues in a process that runs no jobs.
func TestWakeUpIsFasterThanThePoll(t *testing.T) {
	t.Parallel()
	db := storetest.NewPostgres(t, pgtest.Source(), storetest.From(template)) // SQLite has one process
	web, worker := newJobs(t, db, jobs.Config{}), newJobs(t, db, jobs.Config{})
	ran := make(chan bool, 100)
	notes := jobs.Declare[note](web, "note", nil)
	jobs.Register(worker, "note", func(context.Context, jobs.Job[note]) error { ran <- true; return nil }, nil)
	run(t, worker)
	run(t, web)
	fast := 0
	for range 5 {
		time.Sleep(100 * time.Millisecond)
		begun := time.Now()
		if _, err := notes.Enqueue(t.Context(), db, note{}); err != nil {
			t.Fatal(err)
		}
		within(t, ran, "the job")
		if time.Since(begun) < 500*time.Millisecond {
			fast++
		}
	}
	if fast < 4 {
		t.Errorf("%d of 5 jobs ran within half a second of their commit", fast)
	}
}

func TestFailedJobIsRetriedUntilDead(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		js := newJobs(t, db, jobs.Config{})
		var attempts atomic.Int64
		opts := &jobs.Options[note]{MaxAttempts: 3, Backoff: func(int) time.Duration { return 10 * time.Millisecond }}
		notes := jobs.Register(js, "note", func(_ context.Context, job jobs.Job[note]) error {
			if n := attempts.Add(1); int64(job.Attempt) != n {
				t.Errorf("attempt %d has the number %d", n, job.Attempt)
			}
			if job.Attempt == 2 {
				panic("at the disco")
			}
			return errors.New("disk is full")
		}, opts)
		run(t, js)
		if _, err := notes.Enqueue(t.Context(), db, note{}); err != nil {
			t.Fatal(err)
		}
		eventualStates(t, db, "dead 1")
		if n := attempts.Load(); n != 3 {
			t.Errorf("the job ran %d times, want 3", n)
		}
		if text := value(t, db, "select last_error from plinth_jobs"); text != `"disk is full"` {
			t.Errorf("the last error is %s", text)
		}
	})
}

func TestCancelAndSnooze(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		js := newJobs(t, db, jobs.Config{})
		var attempts atomic.Int64
		notes := jobs.Register(js, "note", func(_ context.Context, job jobs.Job[note]) error {
			if job.Args.Text == "cancel" {
				return jobs.Cancel(errors.New("no such account"))
			}
			if attempts.Add(1) < 4 {
				return jobs.Snooze(10 * time.Millisecond)
			}
			return nil
		}, &jobs.Options[note]{MaxAttempts: 1})
		run(t, js)
		if err := notes.EnqueueMany(t.Context(), db, []note{{"cancel"}, {"snooze"}}); err != nil {
			t.Fatal(err)
		}
		eventualStates(t, db, "dead 1, done 1")
		if text := value(t, db, "select last_error from plinth_jobs where state = 'dead'"); text != `"canceled: no such account"` {
			t.Errorf("the last error is %s", text)
		}
		if n := value(t, db, "select cast(attempts as text) from plinth_jobs where state = 'done'"); n != `"1"` {
			t.Errorf("a snoozed job has %s attempts, want 1", n)
		}
	})
}

func TestTimeoutEndsTheContext(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		js := newJobs(t, db, jobs.Config{})
		notes := jobs.Register(js, "note", func(ctx context.Context, _ jobs.Job[note]) error {
			<-ctx.Done()
			return ctx.Err()
		}, &jobs.Options[note]{MaxAttempts: 1, Timeout: 50 * time.Millisecond})
		run(t, js)
		if _, err := notes.Enqueue(t.Context(), db, note{}); err != nil {
			t.Fatal(err)
		}
		eventualStates(t, db, "dead 1")
		if text := value(t, db, "select last_error from plinth_jobs"); !strings.Contains(text, "exceeded its timeout of 50ms") {
			t.Errorf("the last error is %s", text)
		}
	})
}

func TestDueTimes(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		js := newJobs(t, db, jobs.Config{})
		ran := make(chan string, 10)
		notes := jobs.Register(js, "note", func(_ context.Context, job jobs.Job[note]) error {
			ran <- job.Args.Text
			return nil
		}, nil)
		for text, opt := range map[string]jobs.EnqueueOption{
			"soon": jobs.In(200 * time.Millisecond), "later": jobs.In(time.Hour), "past": jobs.At(time.Now().Add(-time.Hour)),
			"future": jobs.At(time.Now().Add(time.Hour)),
		} {
			if _, err := notes.Enqueue(t.Context(), db, note{text}, opt); err != nil {
				t.Fatal(err)
			}
		}
		run(t, js)
		if first, second := within(t, ran, "the job"), within(t, ran, "the job"); first != "past" || second != "soon" {
			t.Errorf("jobs ran in the order %s, %s", first, second)
		}
		eventualStates(t, db, "done 2, waiting 2")
	})
}

func TestPriorityAndOrder(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		js := newJobs(t, db, jobs.Config{Workers: 1})
		ran := make(chan string, 10)
		notes := jobs.Register(js, "note", func(_ context.Context, job jobs.Job[note]) error {
			ran <- job.Args.Text
			return nil
		}, nil)
		for _, o := range []struct {
			text string
			p    int
		}{{"f", 4}, {"c", 2}, {"a", 1}, {"d", 2}, {"e", 3}, {"b", 1}} {
			if _, err := notes.Enqueue(t.Context(), db, note{o.text}, jobs.Priority(o.p)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(2 * time.Millisecond) // the clock of SQLite has milliseconds
		}
		run(t, js)
		got := ""
		for range 6 {
			got += within(t, ran, "the job")
		}
		if got != "abcdef" {
			t.Errorf("jobs ran in the order %s", got)
		}
	})
}

func TestUnknownKindStaysWaiting(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		old, new := newJobs(t, db, jobs.Config{}), newJobs(t, db, jobs.Config{})
		jobs.Register(old, "known", func(context.Context, jobs.Job[note]) error { return nil }, nil)
		fresh := jobs.Declare[note](new, "fresh", nil)
		known := jobs.Declare[note](new, "known", nil)
		for _, k := range []*jobs.Kind[note]{fresh, known} {
			if _, err := k.Enqueue(t.Context(), db, note{}); err != nil {
				t.Fatal(err)
			}
		}
		run(t, old)
		eventualStates(t, db, "done 1, waiting 1")
		if kind := value(t, db, "select kind from plinth_jobs where state = 'waiting'"); kind != `"fresh"` {
			t.Errorf("%s is waiting", kind)
		}
	})
}

func TestArgsAreBounded(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		js := newJobs(t, db, jobs.Config{})
		notes := jobs.Declare[note](js, "note", nil)
		if _, err := notes.Enqueue(t.Context(), db, note{strings.Repeat("x", jobs.MaxArgs)}); !errors.Is(err, jobs.ErrArgsTooLarge) {
			t.Errorf("arguments beyond 64 KiB: %v", err)
		}
		if _, err := notes.Enqueue(t.Context(), db, note{strings.Repeat("x", jobs.MaxArgs-11)}); err != nil {
			t.Errorf("arguments of 64 KiB: %v", err)
		}
		if _, err := notes.Enqueue(t.Context(), db, note{"a\x00b"}); err != nil {
			t.Errorf("a text with the character zero: %v", err)
		}
	})
}

func TestEnqueueMany(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		js := newJobs(t, db, jobs.Config{})
		var ran atomic.Int64
		notes := jobs.RegisterTx(js, "note", func(context.Context, *store.Tx, note) error { ran.Add(1); return nil }, nil)
		if err := notes.EnqueueMany(t.Context(), db, make([]note, 2500)); err != nil {
			t.Fatal(err)
		}
		wantStates(t, db, "waiting 2500")
		if err := notes.EnqueueMany(t.Context(), db, nil); err != nil {
			t.Fatal(err)
		}
	})
}

// baggage is a Propagator for tests.
type baggage struct{}

func (baggage) Inject(ctx context.Context) string {
	trace, _ := ctx.Value(baggage{}).(string)
	return trace
}

func (baggage) Extract(ctx context.Context, trace string) context.Context {
	return context.WithValue(ctx, baggage{}, trace)
}

func TestTraceReachesTheHandler(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		js := newJobs(t, db, jobs.Config{Propagator: baggage{}})
		traces := make(chan string, 1)
		notes := jobs.Register(js, "note", func(ctx context.Context, _ jobs.Job[note]) error {
			traces <- baggage{}.Inject(ctx)
			return nil
		}, nil)
		run(t, js)
		if _, err := notes.Enqueue(baggage{}.Extract(t.Context(), "00-abc"), db, note{}); err != nil {
			t.Fatal(err)
		}
		if trace := within(t, traces, "the job"); trace != "00-abc" {
			t.Errorf("the handler has the trace %q", trace)
		}
	})
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	for name, register := range map[string]func(js *jobs.Jobs) error{
		"name":     func(js *jobs.Jobs) error { return declare(js, "a b", nil) },
		"queue":    func(js *jobs.Jobs) error { return declare(js, "a", &jobs.Options[note]{Queue: "ü"}) },
		"priority": func(js *jobs.Jobs) error { return declare(js, "a", &jobs.Options[note]{Priority: 5}) },
		"secret":   func(js *jobs.Jobs) error { return declare(js, "a", &jobs.Options[note]{Secret: true}) },
		"mode":     func(js *jobs.Jobs) error { return declare(js, "a", &jobs.Options[note]{Mode: jobs.Replace}) },
		"period": func(js *jobs.Jobs) error {
			return declare(js, "a", &jobs.Options[note]{Mode: jobs.OncePerPeriod, Unique: func(n note) string { return n.Text }})
		},
		"twice": func(js *jobs.Jobs) error { return errors.Join(declare(js, "a", nil), declare(js, "a", nil)) },
		"slow": func(js *jobs.Jobs) error {
			k := jobs.RegisterTx(js, "a", func(context.Context, *store.Tx, note) error { return nil }, &jobs.Options[note]{Timeout: time.Minute})
			_, err := k.Enqueue(context.Background(), nil, note{})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			js := newJobs(t, memory(t), jobs.Config{})
			if err := register(js); err == nil {
				t.Error("the kind enqueues")
			}
			if err := js.Run(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "jobs: kind ") {
				t.Errorf("Run: %v", err)
			}
		})
	}
}
