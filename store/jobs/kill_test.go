package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/jobs"
)

// expire lets all leases expire.
func expire(t *testing.T, db *store.DB) {
	t.Helper()
	past := time.Now().Add(-time.Hour).UTC().Truncate(time.Microsecond)
	exec(t, db, "update plinth_jobs set lease_until = $1 where state = 'running'", past)
}

func TestLostLeaseWritesNothing(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		first, second := newJobs(t, db, jobs.Config{Workers: 1}), newJobs(t, db, jobs.Config{})
		begun, goOn := make(chan jobs.Job[note], 2), make(chan bool)
		results := make(chan error, 10)
		notes := jobs.Register(first, "note", func(ctx context.Context, job jobs.Job[note]) error {
			begun <- job
			<-goOn
			results <- job.Progress(ctx, 50, "half")
			results <- db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
				exec(t, tx, "insert into effects (id, text) values (1, 'first')")
				return job.Complete(ctx, tx)
			})
			return errors.New("the result is not written either")
		}, nil)
		done, complete := make(chan bool, 2), make(chan bool)
		jobs.Register(second, "note", func(ctx context.Context, job jobs.Job[note]) error {
			done <- true
			<-complete
			return db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
				exec(t, tx, "insert into effects (id, text) values (1, 'second')")
				return job.Complete(ctx, tx)
			})
		}, nil)
		run(t, first)
		if _, err := notes.Enqueue(t.Context(), db, note{}); err != nil {
			t.Fatal(err)
		}
		within(t, begun, "the first attempt")
		run(t, second)
		eventually(t, "the second attempt", func() bool {
			// Again and again, since the first worker renews its lease.
			exec(t, db, "update plinth_jobs set lease_until = $1 where state = 'running' and attempts = 1", time.Now().Add(-time.Hour).UTC().Truncate(time.Microsecond))
			return len(done) > 0
		})
		close(goOn)
		for range 2 {
			if err := within(t, results, "the result"); !errors.Is(err, jobs.ErrLeaseLost) {
				t.Errorf("a worker without lease got %v", err)
			}
		}
		close(complete)
		eventualStates(t, db, "done 1")
		if text := value(t, db, "select text from effects"); text != `"second"` {
			t.Errorf("the effect is from the %s worker", text)
		}
		if n := value(t, db, "select cast(count(*) as text) from effects"); n != `"1"` {
			t.Errorf("there are %s effects", n)
		}
	})
}

func TestRenewalStopsAHandlerWithoutLease(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		js := newJobs(t, db, jobs.Config{Lease: time.Second})
		begun, cause := make(chan bool, 1), make(chan error, 1)
		notes := jobs.Register(js, "note", func(ctx context.Context, _ jobs.Job[note]) error {
			begun <- true
			<-ctx.Done()
			cause <- context.Cause(ctx)
			return ctx.Err()
		}, nil)
		run(t, js)
		if _, err := notes.Enqueue(t.Context(), db, note{}); err != nil {
			t.Fatal(err)
		}
		within(t, begun, "the job")
		exec(t, db, "update plinth_jobs set fence = fence + 1")
		if err := within(t, cause, "the end"); !errors.Is(err, jobs.ErrLeaseLost) {
			t.Errorf("the context ended because of %v", err)
		}
	})
}

func TestLeaseIsRenewedWhileTheHandlerRuns(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		js := newJobs(t, db, jobs.Config{Lease: time.Second})
		var runs atomic.Int64
		notes := jobs.Register(js, "note", func(ctx context.Context, _ jobs.Job[note]) error {
			runs.Add(1)
			select {
			case <-time.After(4 * time.Second):
			case <-ctx.Done():
			}
			return ctx.Err()
		}, nil)
		run(t, js)
		run(t, newJobs(t, db, jobs.Config{})) // recovers leases that have expired
		if _, err := notes.Enqueue(t.Context(), db, note{}); err != nil {
			t.Fatal(err)
		}
		eventualStates(t, db, "done 1")
		if n := runs.Load(); n != 1 {
			t.Errorf("the job ran %d times", n)
		}
	})
}

// TestHangingHandlerLosesItsLease gives a job to another worker when its handler goes on after
// the timeout.
func TestHangingHandlerLosesItsLease(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		js := newJobs(t, db, jobs.Config{Lease: time.Second, Drain: time.Millisecond})
		release, ran := make(chan bool), make(chan int, 9)
		defer close(release)
		notes := jobs.Register(js, "note", func(_ context.Context, job jobs.Job[note]) error {
			ran <- job.Attempt
			if job.Attempt == 1 {
				<-release
			}
			return nil
		}, &jobs.Options[note]{Timeout: time.Millisecond})
		run(t, js)
		enqueue(t, db, notes, "a")
		for want := range 2 {
			if got := within(t, ran, "the next attempt"); got != want+1 {
				t.Errorf("attempt %d, want %d", got, want+1)
			}
		}
		eventualStates(t, db, "done 1")
	})
}

func TestRecoveredJobThatHadItsLastAttemptIsDead(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		js := newJobs(t, db, jobs.Config{})
		for name, attempts := range map[string]int{"once": 1, "twice": 2} {
			k := jobs.Declare(js, name, &jobs.Options[note]{MaxAttempts: attempts})
			if _, err := k.Enqueue(t.Context(), db, note{}); err != nil {
				t.Fatal(err)
			}
		}
		exec(t, db, "update plinth_jobs set state = 'running', attempts = 1")
		expire(t, db)
		if err := js.Recover(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantStates(t, db, "dead 1, waiting 1")
	})
}

func TestDrainWaitsAndHandsBack(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		js := newJobs(t, db, jobs.Config{Drain: 500 * time.Millisecond})
		begun, release := make(chan string, 4), make(chan bool)
		defer close(release)
		notes := jobs.Register(js, "note", func(ctx context.Context, job jobs.Job[note]) error {
			begun <- job.Args.Text
			switch job.Args.Text {
			case "short":
				time.Sleep(200 * time.Millisecond)
			case "polite":
				<-ctx.Done()
				return ctx.Err()
			case "deaf":
				<-release
			}
			return nil
		}, nil)
		stop := run(t, js)
		if err := notes.EnqueueMany(t.Context(), db, []note{{"short"}, {"polite"}, {"deaf"}}); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			within(t, begun, "the job")
		}
		asked := time.Now()
		stop()
		if took := time.Since(asked); took > 2*time.Second {
			t.Errorf("the drain took %s", took)
		}
		wantStates(t, db, "done 1, waiting 2")
		list, err := js.List(t.Context(), jobs.Filter{State: jobs.Waiting}, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, job := range list {
			if job.Attempts != 0 || job.LastError != "" || time.Until(job.DueAt) > 0 {
				t.Errorf("a job that the drain has stopped waits as %+v", job)
			}
		}
	})
}

func TestTxHandlerHasItsEffectOnce(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		const n = 200
		var list []*jobs.Jobs
		for range 3 {
			js := newJobs(t, db, jobs.Config{Workers: 4})
			jobs.RegisterTx(js, "effect", func(ctx context.Context, tx *store.Tx, id int) error {
				_, err := store.SQL{Text: "insert into effects (id, text) values ($1, 'x')", Args: []any{int64(id)}, Writes: true}.Exec(ctx, tx)
				return err
			}, nil)
			list = append(list, js)
		}
		effect := jobs.Declare[int](newJobs(t, db, jobs.Config{}), "effect", nil)
		ids := make([]int, n)
		for i := range ids {
			ids[i] = i
		}
		if err := effect.EnqueueMany(t.Context(), db, ids); err != nil {
			t.Fatal(err)
		}
		for _, js := range list {
			run(t, js)
		}
		eventualStates(t, db, fmt.Sprintf("done %d", n))
		got := value(t, db, "select count(*) || ' ' || count(distinct id) from effects")
		if want := fmt.Sprintf(`"%d %d"`, n, n); got != want {
			t.Errorf("effects: %s, want %s", got, want)
		}
	})
}

func TestCompleteInAnOwnTransaction(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		js := newJobs(t, db, jobs.Config{})
		var runs sync.Map
		notes := jobs.Register(js, "note", func(ctx context.Context, job jobs.Job[note]) error {
			n, _ := runs.LoadOrStore(job.Args.Text, new(atomic.Int64))
			if n.(*atomic.Int64).Add(1) > 1 {
				return nil
			}
			err := db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
				if err := job.Complete(ctx, tx); err != nil {
					return err
				}
				if job.Args.Text == "rolled back" {
					return errors.New("no")
				}
				return nil
			})
			return errors.Join(err, errors.New("the job is retried unless it is complete"))
		}, &jobs.Options[note]{Backoff: func(int) time.Duration { return 0 }})
		run(t, js)
		if err := notes.EnqueueMany(t.Context(), db, []note{{"committed"}, {"rolled back"}}); err != nil {
			t.Fatal(err)
		}
		eventualStates(t, db, "done 2")
		for text, want := range map[string]int64{"committed": 1, "rolled back": 2} {
			n, _ := runs.Load(text)
			if got := n.(*atomic.Int64).Load(); got != want {
				t.Errorf("the job %q ran %d times, want %d", text, got, want)
			}
		}
	})
}

// TestJobOfADeadWorkerRunsWithin30Seconds uses the leases of the defaults.
func TestJobOfADeadWorkerRunsWithin30Seconds(t *testing.T) {
	if os.Getenv("PLINTH_TEST_LONG") == "" {
		t.Skip("it waits for a lease: PLINTH_TEST_LONG=1 runs it")
	}
	engines(t, func(t *testing.T, db *store.DB) {
		js := newJobs(t, db, jobs.Config{})
		ran := make(chan bool)
		notes := jobs.Register(js, "note", func(context.Context, jobs.Job[note]) error { close(ran); return nil }, nil)
		enqueue(t, db, notes, "a")
		begun := time.Now()
		if n, err := js.ClaimOnce(t.Context(), jobs.DefaultQueue, []string{"note"}, 1); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		run(t, js)
		select {
		case <-ran:
			t.Logf("the job ran %s after its worker died", time.Since(begun))
		case <-time.After(30 * time.Second):
			t.Error("the job did not run within 30 seconds")
		}
	})
}
