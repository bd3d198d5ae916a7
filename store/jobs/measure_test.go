package jobs_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/jobs"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/postgres"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
	"github.com/uptrace/bun"
)

// plain is a row as wide as a job.
type plain struct {
	bun.BaseModel `bun:"table:plains"`
	store.Untracked
	ID    store.ID `bun:"id,pk"`
	Kind  string
	Queue string
	Args  string
	Count int64
	At    time.Time
}

// durable runs a measurement on both engines with commits that wait for the disk, one
// after the other.
func durable(t *testing.T, measure func(t *testing.T, db *store.DB)) {
	t.Helper()
	if os.Getenv("PLINTH_TEST_LONG") == "" {
		t.Skip("a measurement: PLINTH_TEST_LONG=1 runs it")
	}
	t.Run("sqlite", func(t *testing.T) {
		db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "jobs.db"), nil)
		ready(t, db, err)
		measure(t, db)
	})
	t.Run("postgres", func(t *testing.T) {
		server := pgtest.Start(t, pgtest.Options{Fsync: true})
		db, err := postgres.Open(t.Context(), server.URL(), nil)
		ready(t, db, err)
		measure(t, db)
	})
}

func ready(t *testing.T, db *store.DB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Register((*plain)(nil)); err != nil {
		t.Fatal(err)
	}
	if _, err := migrate.Auto(t.Context(), db); err != nil {
		t.Fatal(err)
	}
}

// TestJobsPerSecond compares jobs with bare commits of one row by as many workers.
func TestJobsPerSecond(t *testing.T) {
	durable(t, func(t *testing.T, db *store.DB) {
		const workers, n = 10, 5000
		js := newJobs(t, db, jobs.Config{Workers: workers})
		var left atomic.Int64
		done := make(chan bool, 1)
		kind := jobs.Register(js, "nothing", func(context.Context, jobs.Job[int]) error {
			if left.Add(-1) == 0 {
				done <- true
			}
			return nil
		}, nil)
		best := 0.0
		for round := range 3 {
			bare := rate(n, func() {
				var wg sync.WaitGroup
				for range workers {
					wg.Go(func() {
						for range n / workers {
							row := plain{ID: store.NewID(), Kind: "nothing", Queue: "default", Args: "7", At: time.Now()}
							if err := store.For[plain](db).Insert(t.Context(), &row); err != nil {
								t.Error(err)
							}
						}
					})
				}
				wg.Wait()
			})
			left.Store(n)
			if err := kind.EnqueueMany(t.Context(), db, make([]int, n)); err != nil {
				t.Fatal(err)
			}
			ours := rate(n, func() {
				stop := run(t, js)
				within(t, done, "the last job")
				stop() // writes the last results
			})
			wantStates(t, db, fmt.Sprintf("done %d", (round+1)*n))
			t.Logf("%.0f jobs/s, %.0f bare commits/s: %.2f", ours, bare, ours/bare)
			best = max(best, ours/bare)
		}
		if best < 0.5 {
			t.Errorf("jobs run at %.2f of bare commits, want 0.5", best)
		}
	})
}

// rate returns how often a second something was done.
func rate(n int, work func()) float64 {
	begun := time.Now()
	work()
	return float64(n) / time.Since(begun).Seconds()
}

// TestEnqueueCost compares enqueueing with the insert of a plain row, each in a transaction.
func TestEnqueueCost(t *testing.T) {
	durable(t, func(t *testing.T, db *store.DB) {
		const n = 2000
		kind := jobs.Declare[int](newJobs(t, db, jobs.Config{}), "nothing", nil)
		best := 100.0
		for range 5 {
			enqueue := func(insert func(ctx context.Context, tx *store.Tx) error) time.Duration {
				begun := time.Now()
				err := db.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
					for range n {
						if err := insert(ctx, tx); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				return time.Since(begun)
			}
			bare := enqueue(func(ctx context.Context, tx *store.Tx) error {
				row := plain{ID: store.NewID(), Kind: "nothing", Queue: "default", Args: "7", At: time.Now()}
				return store.For[plain](tx).Insert(ctx, &row)
			})
			ours := enqueue(func(ctx context.Context, tx *store.Tx) error {
				_, err := kind.Enqueue(ctx, tx, 7)
				return err
			})
			t.Logf("enqueue %s, a plain row %s: %.2f", ours/n, bare/n, float64(ours)/float64(bare))
			best = min(best, float64(ours)/float64(bare))
		}
		if best > 1 {
			t.Errorf("enqueueing takes %.2f of the time of a plain row", best)
		}
	})
}

// TestClaimAmongMillion compares claims among a few waiting jobs with claims among a
// million: of the same queue, due later, of another kind's, and in another queue.
func TestClaimAmongMillion(t *testing.T) {
	durable(t, func(t *testing.T, db *store.DB) {
		js := newJobs(t, db, jobs.Config{})
		kind := jobs.Register(js, "nothing", func(context.Context, jobs.Job[int]) error { return nil }, nil)
		claim := func() time.Duration {
			if err := kind.EnqueueMany(t.Context(), db, make([]int, 1000), jobs.Priority(3)); err != nil {
				t.Fatal(err)
			}
			best := time.Hour
			for range 100 {
				begun := time.Now()
				n, err := js.ClaimOnce(t.Context(), jobs.DefaultQueue, []string{"nothing"}, 10)
				if n != 10 || err != nil {
					t.Fatal(n, err)
				}
				best = min(best, time.Since(begun))
			}
			return best
		}
		before := claim()
		million := make([]int, 250_000)
		other := jobs.Declare[int](js, "other", &jobs.Options[int]{Queue: "other"})
		for _, add := range []func() error{
			func() error { return kind.EnqueueMany(t.Context(), db, million, jobs.In(time.Hour), jobs.Priority(1)) },
			func() error { return kind.EnqueueMany(t.Context(), db, million, jobs.In(time.Hour), jobs.Priority(3)) },
			func() error { return kind.EnqueueMany(t.Context(), db, million, jobs.Priority(4)) },
			func() error { return other.EnqueueMany(t.Context(), db, million) },
		} {
			if err := add(); err != nil {
				t.Fatal(err)
			}
		}
		after := claim()
		t.Logf("a claim takes %s, among a million jobs %s", before, after)
		if after > 2*before {
			t.Errorf("a claim takes %s, among a million jobs %s", before, after)
		}
	})
}

// TestClaimBehindMillion is the time until a job runs that waits behind a million jobs of a key
// that is full.
func TestClaimBehindMillion(t *testing.T) {
	durable(t, func(t *testing.T, db *store.DB) {
		js := newJobs(t, db, jobs.Config{Lease: time.Minute, Queues: []jobs.Queue{{Name: "mail", Workers: 2, KeyLimit: 1}}})
		ran := make(chan bool)
		kind := jobs.Register(js, "tenant", func(ctx context.Context, job jobs.Job[string]) error {
			if job.Args == "full" {
				<-ctx.Done()
				return ctx.Err()
			}
			ran <- true
			return nil
		}, &jobs.Options[string]{Queue: "mail", Timeout: time.Hour, LimitKey: func(key string) string { return key }})
		run(t, js)
		wait := func() (best time.Duration) {
			best = time.Hour
			for range 20 {
				begun := time.Now()
				if _, err := kind.Enqueue(t.Context(), db, "other"); err != nil {
					t.Fatal(err)
				}
				within(t, ran, "the job")
				best = min(best, time.Since(begun))
			}
			return best
		}
		before := wait()
		full := make([]string, 1_000_000)
		for i := range full {
			full[i] = "full"
		}
		if err := kind.EnqueueMany(t.Context(), db, full); err != nil {
			t.Fatal(err)
		}
		if db.Capabilities().Engine == "postgres" {
			exec(t, db, "analyze plinth_jobs") // as autovacuum does within a minute; until then plans are those of a small table
		}
		after := wait()
		t.Logf("a job runs after %s, behind a million after %s", before, after)
		if after > 2*before+10*time.Millisecond {
			t.Errorf("a job runs after %s, behind a million after %s", before, after)
		}
	})
}
