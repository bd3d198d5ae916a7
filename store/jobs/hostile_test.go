package jobs_test

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/jobs"
)

// brokenError panics with a nil pointer when its text is read.
type brokenError struct{ text string }

func (e *brokenError) Error() string { return e.text }

// TestBrokenHandlers: whatever a handler does, its attempt fails, and its worker goes on.
func TestBrokenHandlers(t *testing.T) {
	handlers := []struct {
		name  string
		run   func() error
		error string // that is stored
	}{
		{"NUL", func() error { return errors.New("a\x00b") }, "a\uFFFDb"},
		{"bytes", func() error { return errors.New("a\xffb") }, "a\uFFFDb"},
		{"long", func() error { return errors.New("a" + strings.Repeat("\xff-", 2000)) }, "a" + strings.Repeat("\uFFFD-", 499) + "\uFFFD"},
		{"nil", func() error { var e *brokenError; return e }, "panic: runtime error: invalid memory address or nil pointer dereference"},
		{"goexit", func() error { runtime.Goexit(); return nil }, "jobs: the handler called runtime.Goexit"},
	}
	engines(t, func(t *testing.T, db *store.DB) {
		js := newJobs(t, db, jobs.Config{Workers: 1})
		for _, h := range handlers {
			kind := jobs.Register(js, h.name, func(context.Context, jobs.Job[note]) error { return h.run() }, &jobs.Options[note]{MaxAttempts: 1})
			enqueue(t, db, kind, "a")
		}
		ran := make(chan bool, 1)
		good := jobs.Register(js, "good", func(context.Context, jobs.Job[note]) error { ran <- true; return nil }, nil)
		enqueue(t, db, good, "a", jobs.Priority(4))
		run(t, js)
		within(t, ran, "the job behind the failed ones")
		eventualStates(t, db, "dead 5, done 1")
		for _, h := range handlers {
			list, err := js.List(t.Context(), jobs.Filter{Kind: h.name}, 1)
			if err != nil || len(list) != 1 || list[0].LastError != h.error {
				t.Errorf("%s: %.200v, %v, want the error %q", h.name, list, err, h.error)
			}
		}
	})
}

func TestBackoffThatPanics(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		js := newJobs(t, db, jobs.Config{})
		pauses := []time.Duration{0}
		failing := jobs.Register(js, "failing", func(context.Context, jobs.Job[note]) error { return errors.New("no") },
			&jobs.Options[note]{Backoff: func(attempts int) time.Duration { return pauses[attempts-1] }})
		id := enqueue(t, db, failing, "a")
		run(t, js)
		var last jobs.Info
		eventually(t, "the second attempt", func() bool {
			list, err := js.List(t.Context(), jobs.Filter{IDs: []store.ID{id}}, 1)
			if err != nil || len(list) != 1 {
				t.Fatal(list, err)
			}
			last = list[0]
			return last.State == jobs.Waiting && last.Attempts == 2
		})
		want := "no\njobs: Backoff panicked: runtime error: index out of range [1] with length 1"
		if last.LastError != want || last.DueAt.Sub(last.EnqueuedAt) < 2*time.Second {
			t.Errorf("the job is %+v, want the error %q and the default pause of about 4 seconds", last, want)
		}
	})
}

// TestKindInAnotherQueue: a new version has the kind in another queue, and jobs of the old one wait.
func TestKindInAnotherQueue(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		enqueue(t, db, jobs.Declare[note](newJobs(t, db, jobs.Config{}), "moved", nil), "a")
		enqueue(t, db, jobs.Declare(newJobs(t, db, jobs.Config{}), "moved", &jobs.Options[note]{Queue: "old"}), "b")
		js := newJobs(t, db, jobs.Config{Queues: []jobs.Queue{{Name: "default"}, {Name: "new"}, {Name: "old", Limit: 1}}})
		ran := make(chan string, 2)
		jobs.Register(js, "moved", func(_ context.Context, job jobs.Job[note]) error { ran <- job.Args.Text; return nil }, &jobs.Options[note]{Queue: "new"})
		stats, err := js.Stats(t.Context())
		if err != nil || len(stats) != 3 || stats[0].Due != 1 || stats[2].Due != 1 {
			t.Errorf("the queues are %+v, %v", stats, err)
		}
		run(t, js)
		if got := within(t, ran, "one job") + within(t, ran, "the other job"); got != "ab" && got != "ba" {
			t.Errorf("jobs %q ran", got)
		}
		eventualStates(t, db, "done 2")
	})
}

// TestReplaceByNewVersion: a job that replaces one of an older version has the queue, the
// encryption and the attempts of the new version.
func TestReplaceByNewVersion(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		sealer, err := jobs.NewSealer([]byte(strings.Repeat("key ", 8)))
		if err != nil {
			t.Fatal(err)
		}
		unique := func(note) string { return "key" }
		old := jobs.Declare(newJobs(t, db, jobs.Config{}), "note", &jobs.Options[note]{Unique: unique, Mode: jobs.Replace, Queue: "old"})
		enqueue(t, db, old, "plain")
		js := newJobs(t, db, jobs.Config{Sealer: sealer})
		ran := make(chan string, 1)
		secret := jobs.Register(js, "note", func(_ context.Context, job jobs.Job[note]) error { ran <- job.Args.Text; return nil },
			&jobs.Options[note]{Unique: unique, Mode: jobs.Replace, Secret: true, MaxAttempts: 3})
		id := enqueue(t, db, secret, "hidden")
		list, err := js.List(t.Context(), jobs.Filter{}, 2)
		if err != nil || len(list) != 1 || list[0].ID != id || list[0].Queue != jobs.DefaultQueue || list[0].MaxAttempts != 3 {
			t.Errorf("the jobs are %+v, %v", list, err)
		}
		run(t, js)
		if got := within(t, ran, "the job"); got != "hidden" {
			t.Errorf("the job has the argument %q", got)
		}
	})
}

// TestKeysThatCannotBeStored: both engines reject the same keys, with one error.
func TestKeysThatCannotBeStored(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		js := newJobs(t, db, jobs.Config{})
		kinds := map[string]*jobs.Kind[note]{
			"unique": jobs.Declare(js, "unique", &jobs.Options[note]{Unique: byText}),
			"limit":  jobs.Declare(js, "limit", &jobs.Options[note]{LimitKey: byText}),
		}
		for name, kind := range kinds {
			for _, key := range []string{"a\x00b", strings.Repeat("a", 1001)} {
				_, err := kind.Enqueue(t.Context(), db, note{key})
				if err == nil || !strings.Contains(err.Error(), "a key of a job is a text without NUL of at most 1000 bytes") {
					t.Errorf("%s %.9q: %v", name, key, err)
				}
			}
			enqueue(t, db, kind, strings.Repeat("a", 1000))
		}
	})
}

// renewing is a log handler that renews leases when an attempt has failed.
type renewing struct {
	slog.Handler
	js   *jobs.Jobs
	lost atomic.Bool
}

func (h *renewing) Handle(ctx context.Context, r slog.Record) error {
	if strings.Contains(r.Message, "an attempt failed") {
		return h.js.Renew(ctx)
	}
	h.lost.Store(h.lost.Load() || strings.Contains(r.Message, "a lease is lost"))
	return nil
}

// TestLeaseOfAnEndedHandler: a lease that ends with its attempt is not reported as lost.
func TestLeaseOfAnEndedHandler(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		log := &renewing{Handler: slog.NewTextHandler(t.Output(), nil)}
		log.js = newJobs(t, db, jobs.Config{Logger: slog.New(log)})
		failing := jobs.Register(log.js, "failing", func(context.Context, jobs.Job[note]) error { return errors.New("no") }, &jobs.Options[note]{MaxAttempts: 1})
		enqueue(t, db, failing, "a")
		stop := run(t, log.js)
		eventualStates(t, db, "dead 1")
		stop()
		if log.lost.Load() {
			t.Error("the lease of a job that failed is reported as lost")
		}
	})
}
