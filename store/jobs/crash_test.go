package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	osexec "os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/testkit/leaktest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/jobs"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/postgres"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// workerURL is the variable that turns this program into a worker on a database.
const workerURL = "PLINTH_TEST_JOBS_URL"

func TestMain(m *testing.M) {
	if url := os.Getenv(workerURL); url != "" {
		if err := work(url); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	leaktest.Main(m)
}

func openURL(ctx context.Context, url string) (*store.DB, error) {
	if strings.HasPrefix(url, "postgres") {
		return postgres.Open(ctx, url, nil)
	}
	return sqlite.Open(ctx, url, nil)
}

// work runs jobs of both forms, ten of each at a time, until it is stopped or killed.
func work(url string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	db, err := openURL(ctx, url)
	if err != nil {
		return err
	}
	js, err := jobs.New(db, &jobs.Config{Lease: time.Second}) // short, so that killed workers do not hold up the test
	if err != nil {
		return err
	}
	register(js, db)
	return errors.Join(js.Run(ctx), db.Close())
}

// effect are the options of jobs that are never dead.
var effect = &jobs.Options[int]{MaxAttempts: 1000}

// register registers jobs of both forms with an effect in the database.
func register(js *jobs.Jobs, db *store.DB) {
	insert := func(ctx context.Context, tx *store.Tx, id int) error {
		_, err := store.SQL{Text: "insert into effects (id, text) values ($1, 'x')", Args: []any{int64(id)}, Writes: true}.Exec(ctx, tx)
		return err
	}
	jobs.RegisterTx(js, "tx", insert, effect)
	jobs.Register(js, "long", func(ctx context.Context, job jobs.Job[int]) error {
		time.Sleep(rand.N(20 * time.Millisecond))
		return db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
			return errors.Join(job.Complete(ctx, tx), insert(ctx, tx, job.Args))
		})
	}, effect)
}

// startWorker starts this program as a worker.
func startWorker(t *testing.T, url string) *osexec.Cmd {
	t.Helper()
	cmd := osexec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), workerURL+"="+url)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

// kill ends a worker as a crash does.
func kill(cmd *osexec.Cmd) {
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
}

// onDatabases runs a test on a SQLite file and a PostgreSQL database that other processes
// can open, with the number of processes that may.
func onDatabases(t *testing.T, test func(t *testing.T, url string, processes int)) {
	t.Helper()
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, filepath.Join(t.TempDir(), "jobs.db"), 1)
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, pgtest.URL(t), 2)
	})
}

// prepared makes the tables of a database and lets enqueue fill them.
func prepared(t *testing.T, url string, enqueue func(db *store.DB)) {
	t.Helper()
	db, err := openURL(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := migrate.Auto(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	exec(t, db, "create table effects (id integer, text text)")
	enqueue(db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestKilledWorkersLoseNothing kills workers repeatedly. Each job has its effect in the
// database once.
func TestKilledWorkersLoseNothing(t *testing.T) {
	onDatabases(t, func(t *testing.T, url string, processes int) {
		kills := 3
		if os.Getenv("PLINTH_TEST_LONG") != "" {
			kills = 100
		}
		n := 200 * kills
		prepared(t, url, func(db *store.DB) {
			js := newJobs(t, db, jobs.Config{})
			tx, long := jobs.Declare(js, "tx", effect), jobs.Declare(js, "long", effect)
			for id := range n {
				kind := tx
				if id%2 == 0 {
					kind = long
				}
				if _, err := kind.Enqueue(t.Context(), db, id); err != nil {
					t.Fatal(err)
				}
			}
		})
		workers := make([]*osexec.Cmd, processes)
		for i := range workers {
			workers[i] = startWorker(t, url)
		}
		for i := range kills {
			time.Sleep(100*time.Millisecond + rand.N(300*time.Millisecond))
			kill(workers[i%processes])
			workers[i%processes] = startWorker(t, url)
		}
		for _, cmd := range workers {
			kill(cmd)
		}
		db, err := openURL(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		js := newJobs(t, db, jobs.Config{Lease: time.Second})
		register(js, db)
		stop := run(t, js)
		defer stop()
		for begun := time.Now(); states(t, db) != fmt.Sprintf("done %d", n) && time.Since(begun) < 5*time.Minute; {
			time.Sleep(200 * time.Millisecond)
		}
		wantStates(t, db, fmt.Sprintf("done %d", n))
		if got, want := value(t, db, "select count(*) || ' ' || count(distinct id) from effects"), fmt.Sprintf(`"%d %d"`, n, n); got != want {
			t.Errorf("effects: %s, want %s", got, want)
		}
	})
}
