package jobs_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/jobs"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// template has the library's tables, one for effects of jobs and one with the time.
var template = storetest.NewTemplate(func(ctx context.Context, db *store.DB) error {
	if _, err := migrate.Auto(ctx, db); err != nil {
		return err
	}
	for _, text := range []string{"create table effects (id integer, text text)", "create table clock (at " + timeType(db) + ")"} {
		if _, err := (store.SQL{Text: text, Writes: true}).Exec(ctx, db); err != nil {
			return err
		}
	}
	return nil
})

func timeType(db *store.DB) string {
	if db.Capabilities().Engine == "postgres" {
		return "timestamptz"
	}
	return "text"
}

func engines(t *testing.T, test func(t *testing.T, db *store.DB)) {
	t.Helper()
	t.Parallel()
	storetest.Engines(t, pgtest.Source(), test, storetest.From(template))
}

// newJobs returns the jobs of a database, with a log in the test's output.
func newJobs(t testing.TB, db *store.DB, c jobs.Config) *jobs.Jobs {
	t.Helper()
	if c.Logger == nil {
		c.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	js, err := jobs.New(db, &c)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

// run runs jobs until stop is called or the test ends.
func run(t testing.TB, js *jobs.Jobs) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := js.Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		<-ended
	})
	t.Cleanup(stop)
	return stop
}

// within fails the test unless done is closed or gets a value soon.
func within[T any](t testing.TB, done <-chan T, what string) (v T) {
	t.Helper()
	select {
	case v = <-done:
	case <-time.After(20 * time.Second):
		t.Fatalf("%s did not happen within 20 seconds", what)
	}
	return v
}

// eventually waits until a condition holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for begun := time.Now(); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Since(begun) > 20*time.Second {
			t.Fatalf("%s did not happen within 20 seconds", what)
		}
	}
}

// value reads one text.
func value(t testing.TB, db *store.DB, text string, args ...any) (s string) {
	t.Helper()
	q := store.SQL{Text: text, Args: args, Columns: []store.Kind{store.KindText}}
	err := q.Rows(context.WithoutCancel(t.Context()), db, func(values [][]byte) error {
		s = string(values[0])
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func exec(t testing.TB, s store.Session, text string, args ...any) {
	t.Helper()
	if _, err := (store.SQL{Text: text, Args: args, Writes: true}).Exec(t.Context(), s); err != nil {
		t.Fatal(err)
	}
}

// states lists the jobs of each state: "done 2, waiting 1".
func states(t testing.TB, db *store.DB) string {
	t.Helper()
	list := "string_agg(s, ', ' order by s)"
	if db.Capabilities().Engine == "sqlite" {
		list = "group_concat(s, ', ')"
	}
	got := value(t, db, "select coalesce("+list+", '') from (select state || ' ' || count(*) as s from plinth_jobs group by state order by state) x")
	return got[1 : len(got)-1]
}

func wantStates(t testing.TB, db *store.DB, want string) {
	t.Helper()
	if got := states(t, db); got != want {
		t.Errorf("jobs are %q, want %q", got, want)
	}
}

func eventualStates(t testing.TB, db *store.DB, want string) {
	t.Helper()
	eventually(t, "jobs "+want, func() bool { return states(t, db) == want })
}

// memory returns a database on SQLite.
func memory(t *testing.T) *store.DB {
	t.Helper()
	return storetest.New(t, storetest.From(template))
}

// declare adds a kind and returns the error of enqueueing a job of it.
func declare(js *jobs.Jobs, name string, opts *jobs.Options[note]) error {
	k := jobs.Declare(js, name, opts)
	if js.Check() == nil {
		return nil
	}
	_, err := k.Enqueue(context.Background(), nil, note{})
	return err
}
