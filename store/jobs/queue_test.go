package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/jobs"
)

func byText(n note) string { return n.Text }

func enqueue(t *testing.T, db store.Session, k *jobs.Kind[note], text string, opts ...jobs.EnqueueOption) store.ID {
	t.Helper()
	id, err := k.Enqueue(t.Context(), db, note{text}, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestUniqueKeepsTheWaitingJob(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		js := newJobs(t, db, jobs.Config{})
		begun, goOn := make(chan bool, 2), make(chan bool)
		notes := jobs.Register(js, "note", func(context.Context, jobs.Job[note]) error {
			begun <- true
			<-goOn
			return nil
		}, &jobs.Options[note]{Unique: byText})
		if enqueue(t, db, notes, "a").IsZero() || !enqueue(t, db, notes, "a").IsZero() || enqueue(t, db, notes, "").IsZero() || enqueue(t, db, notes, "").IsZero() {
			t.Error("a job was not added, or one twice")
		}
		exec(t, db, "delete from plinth_jobs where unique_key is null")
		run(t, js)
		within(t, begun, "the job")
		if enqueue(t, db, notes, "a").IsZero() {
			t.Error("while the job runs, no second one is added")
		}
		close(goOn)
		eventualStates(t, db, "done 2")
	})
}

func TestUniqueReplaceDebounces(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		js := newJobs(t, db, jobs.Config{})
		ran := make(chan jobs.Job[note], 2)
		notes := jobs.Register(js, "note", func(_ context.Context, job jobs.Job[note]) error { ran <- job; return nil },
			&jobs.Options[note]{Mode: jobs.Replace, Unique: func(n note) string { return n.Text[:1] }})
		enqueue(t, db, notes, "a1", jobs.In(time.Hour))
		if err := notes.EnqueueMany(t.Context(), db, []note{{"a2"}, {"b1"}, {"a3"}}, jobs.In(time.Hour)); err != nil {
			t.Fatal(err)
		}
		id := enqueue(t, db, notes, "a4")
		run(t, js)
		if job := within(t, ran, "the job"); job.ID != id || job.Args.Text != "a4" {
			t.Errorf("the job is %+v", job)
		}
		eventualStates(t, db, "done 1, waiting 1")
	})
}

func TestUniqueOncePerPeriod(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		js := newJobs(t, db, jobs.Config{})
		js.UseClock("(select at from clock)")
		at := time.Date(2026, 3, 1, 12, 59, 59, 0, time.UTC)
		exec(t, db, "insert into clock (at) values ($1)", at)
		notes := jobs.Declare(js, "note", &jobs.Options[note]{Unique: byText, Mode: jobs.OncePerPeriod, Period: time.Hour})
		if enqueue(t, db, notes, "a").IsZero() || !enqueue(t, db, notes, "a").IsZero() || enqueue(t, db, notes, "b").IsZero() {
			t.Error("not once in the period")
		}
		exec(t, db, "update plinth_jobs set state = 'done', finished_at = due_at")
		if !enqueue(t, db, notes, "a").IsZero() {
			t.Error("a job that is done does not count")
		}
		exec(t, db, "update clock set at = $1", at.Add(time.Second))
		if enqueue(t, db, notes, "a").IsZero() {
			t.Error("the next period has no job")
		}
	})
}

func TestRetriedJobGivesUpItsKeyToANewerOne(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		js := newJobs(t, db, jobs.Config{Workers: 1})
		begun, goOn := make(chan bool, 9), make(chan bool, 9)
		notes := jobs.Register(js, "note", func(_ context.Context, job jobs.Job[note]) error {
			begun <- true
			<-goOn
			if job.Attempt == 1 {
				return errors.New("no")
			}
			return nil
		}, &jobs.Options[note]{Unique: byText, Backoff: func(int) time.Duration { return 0 }})
		run(t, js)
		enqueue(t, db, notes, "a")
		within(t, begun, "the job")
		enqueue(t, db, notes, "a")
		goOn <- true
		within(t, begun, "one of the two, which wait both")
		wantStates(t, db, "running 1, waiting 1")
		for range 9 {
			goOn <- true
		}
		eventualStates(t, db, "done 2")
	})
}

// TestJobsOfOneKeyThatWaitAgainTogether has two jobs of a unique key that ran, since the
// second was added while the first one did.
func TestJobsOfOneKeyThatWaitAgainTogether(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		js := newJobs(t, db, jobs.Config{})
		notes := jobs.Declare(js, "note", &jobs.Options[note]{Unique: byText, MaxAttempts: 2})
		for range 2 {
			enqueue(t, db, notes, "a")
			exec(t, db, "update plinth_jobs set state = 'running', attempts = attempts + 1")
		}
		expire(t, db)
		if err := js.Recover(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantStates(t, db, "dead 1, waiting 1")
		exec(t, db, "update plinth_jobs set state = 'dead', unique_key = 'a'")
		if n, err := js.Retry(t.Context(), jobs.Filter{State: jobs.Dead}); n != 2 || err != nil {
			t.Errorf("Retry: %d, %v", n, err)
		}
		wantStates(t, db, "waiting 2")
		if !enqueue(t, db, notes, "a").IsZero() {
			t.Error("none of the two has its key")
		}
	})
}

// busiest remembers how many handlers ran at a time.
type busiest struct {
	mu        sync.Mutex
	now, most map[string]int
}

func (b *busiest) handle(_ context.Context, job jobs.Job[note]) error {
	key, _, _ := strings.Cut(job.Args.Text, " ")
	b.change(key, 1)
	b.change("all", 1)
	time.Sleep(20 * time.Millisecond)
	b.change("all", -1)
	b.change(key, -1)
	return nil
}

func (b *busiest) change(key string, by int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.now == nil {
		b.now, b.most = map[string]int{}, map[string]int{}
	}
	b.now[key] += by
	b.most[key] = max(b.most[key], b.now[key])
}

func TestLimitsOfQueueAndKey(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		var b busiest
		queue := jobs.Queue{Name: "mail", Workers: 6, Limit: 5, KeyLimit: 2}
		opts := &jobs.Options[note]{Queue: "mail", LimitKey: func(n note) string { key, _, _ := strings.Cut(n.Text, " "); return key }}
		var notes *jobs.Kind[note]
		for range 3 {
			js := newJobs(t, db, jobs.Config{Queues: []jobs.Queue{queue}})
			notes = jobs.Register(js, "note", b.handle, opts)
			run(t, js)
		}
		var list []note
		for i := range 60 {
			list = append(list, note{fmt.Sprintf("key%d %d", i/15, i)})
		}
		if err := notes.EnqueueMany(t.Context(), db, list); err != nil {
			t.Fatal(err)
		}
		eventualStates(t, db, "done 60")
		b.mu.Lock()
		defer b.mu.Unlock()
		for key, n := range b.most {
			if limit := map[bool]int{true: 5, false: 2}[key == "all"]; n > limit {
				t.Errorf("%d jobs of %s ran at a time, at most %d", n, key, limit)
			}
		}
		if b.most["all"] < 3 {
			t.Errorf("only %d jobs ran at a time", b.most["all"])
		}
	})
}

// TestLimitedQueueGoesOn runs the jobs of a key one after the other, without a poll between two.
func TestLimitedQueueGoesOn(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		js := newJobs(t, db, jobs.Config{Queues: []jobs.Queue{{Name: "mail", Workers: 6, KeyLimit: 1}}})
		opts := &jobs.Options[note]{Queue: "mail", LimitKey: func(note) string { return "key" }}
		notes := jobs.Register(js, "note", func(context.Context, jobs.Job[note]) error { return nil }, opts)
		run(t, js)
		begun := time.Now()
		if err := notes.EnqueueMany(t.Context(), db, make([]note, 40)); err != nil {
			t.Fatal(err)
		}
		eventualStates(t, db, "done 40")
		if took := time.Since(begun); took > 20*time.Second { // 40 polls are 39 s
			t.Errorf("40 jobs took %s", took)
		}
	})
}

// TestJobsBehindAFullKey runs jobs of other keys, and those without one, that wait behind many of
// a key that is full, in their order.
func TestJobsBehindAFullKey(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		js := newJobs(t, db, jobs.Config{Queues: []jobs.Queue{{Name: "mail", Workers: 2, KeyLimit: 1}}})
		ran := make(chan string, 9)
		opts := &jobs.Options[note]{Queue: "mail", LimitKey: func(n note) string { key, _, _ := strings.Cut(n.Text, " "); return key }}
		notes := jobs.Register(js, "note", func(ctx context.Context, job jobs.Job[note]) error {
			if job.Args.Text == "full" {
				<-ctx.Done()
				return ctx.Err()
			}
			ran <- job.Args.Text
			return nil
		}, opts)
		digests := jobs.Register(js, "digest", func(_ context.Context, job jobs.Job[note]) error { ran <- job.Args.Text; return nil }, &jobs.Options[note]{Queue: "mail"})
		list := make([]note, 500)
		for i := range list {
			list[i].Text = "full"
		}
		add := func(list []note, opts ...jobs.EnqueueOption) {
			if err := notes.EnqueueMany(t.Context(), db, list, opts...); err != nil {
				t.Fatal(err)
			}
		}
		add(list, jobs.In(-time.Hour))
		add([]note{{"b 3"}, {"b 4"}}, jobs.In(-time.Minute))
		add([]note{{"b 1"}, {"later"}}, jobs.In(time.Hour), jobs.Priority(1))
		add([]note{{"a 2"}}, jobs.In(-2*time.Minute))
		if _, err := digests.Enqueue(t.Context(), db, note{"digest"}, jobs.In(-30*time.Second)); err != nil {
			t.Fatal(err)
		}
		add([]note{{""}}, jobs.In(-20*time.Second))
		add([]note{{"b 1"}}, jobs.In(-time.Minute), jobs.Priority(1))
		run(t, js)
		for _, want := range []string{"b 1", "a 2", "b 3", "b 4", "digest", ""} {
			if got := within(t, ran, want); got != want {
				t.Errorf("%s ran in the place of %s", got, want)
			}
		}
		eventualStates(t, db, "done 6, running 1, waiting 501")
	})
}

func TestPauseAndResume(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		js := newJobs(t, db, jobs.Config{})
		var ran atomic.Int64
		notes := jobs.Register(js, "note", func(context.Context, jobs.Job[note]) error { ran.Add(1); return nil }, nil)
		if err := js.Pause(t.Context(), jobs.DefaultQueue); err != nil {
			t.Fatal(err)
		}
		run(t, js)
		enqueue(t, db, notes, "a")
		time.Sleep(300 * time.Millisecond)
		if n := ran.Load(); n != 0 {
			t.Errorf("%d jobs ran in a paused queue", n)
		}
		stats, err := js.Stats(t.Context())
		if err != nil || len(stats) != 1 || !stats[0].Paused || stats[0].Due != 1 || stats[0].Age <= 0 {
			t.Errorf("stats are %+v, %v", stats, err)
		}
		if err := js.Resume(t.Context(), jobs.DefaultQueue); err != nil {
			t.Fatal(err)
		}
		eventualStates(t, db, "done 1")
	})
}

func TestSecretArgumentsAreSealed(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		first, second := []byte(strings.Repeat("first key ", 4)), []byte(strings.Repeat("second key ", 4))
		old, err := jobs.NewSealer(first)
		if err != nil {
			t.Fatal(err)
		}
		fresh, err := jobs.NewSealer(second, first)
		if err != nil {
			t.Fatal(err)
		}
		secret := jobs.Declare(newJobs(t, db, jobs.Config{Sealer: old}), "note", &jobs.Options[note]{Secret: true})
		js := newJobs(t, db, jobs.Config{Sealer: fresh})
		ran := make(chan string, 1)
		jobs.Register(js, "note", func(_ context.Context, job jobs.Job[note]) error {
			ran <- job.Args.Text
			return jobs.Cancel(errors.New("password hunter2 is wrong"))
		}, &jobs.Options[note]{Secret: true})
		enqueue(t, db, secret, "hunter2")
		if text := value(t, db, "select args from plinth_jobs"); strings.Contains(strings.ToLower(text), "hunter2") {
			t.Errorf("the table has %s", text)
		}
		run(t, js)
		if text := within(t, ran, "the job"); text != "hunter2" {
			t.Errorf("the handler got %q", text)
		}
		eventualStates(t, db, "dead 1")
		if text := value(t, db, "select last_error from plinth_jobs"); strings.Contains(text, "hunter2") {
			t.Errorf("the last error is %s", text)
		}
	})
}

// TestReencrypt: an old key can be removed when the jobs that may still run are encrypted again.
func TestReencrypt(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		sealer := func(names ...string) jobs.Config {
			keys := make([][]byte, len(names))
			for i, name := range names {
				keys[i] = []byte(strings.Repeat(name+" key ", 4))
			}
			s, err := jobs.NewSealer(keys...)
			if err != nil {
				t.Fatal(err)
			}
			return jobs.Config{Sealer: s}
		}
		opts := &jobs.Options[note]{Secret: true}
		old := jobs.Declare(newJobs(t, db, sealer("first")), "note", opts)
		const n = 501 // more than a batch
		list := make([]note, n)
		for i := range list {
			list[i].Text = fmt.Sprint(i)
		}
		if err := old.EnqueueMany(t.Context(), db, list); err != nil {
			t.Fatal(err)
		}
		exec(t, db, "update plinth_jobs set state = 'done', finished_at = due_at where id = (select id from plinth_jobs order by id limit 1)")
		exec(t, db, "update plinth_jobs set state = 'dead', finished_at = due_at where id = (select id from plinth_jobs order by id desc limit 1)")
		plain := jobs.Declare(newJobs(t, db, jobs.Config{}), "plain", (*jobs.Options[note])(nil))
		enqueue(t, db, plain, "as it is")

		if got, err := newJobs(t, db, sealer("third")).Reencrypt(t.Context()); got != 0 || err == nil || !strings.Contains(err.Error(), fmt.Sprint(n-1)) {
			t.Errorf("without the key: %d, %v; want an error about %d jobs", got, err, n-1)
		}
		both := newJobs(t, db, sealer("second", "first"))
		for _, want := range []int{n - 1, 0} {
			if got, err := both.Reencrypt(t.Context()); got != want || err != nil {
				t.Errorf("encrypted again: %d, %v; want %d", got, err, want)
			}
		}

		js := newJobs(t, db, sealer("second"))
		var mu sync.Mutex
		seen := map[string]bool{}
		jobs.Register(js, "note", func(_ context.Context, job jobs.Job[note]) error {
			mu.Lock()
			defer mu.Unlock()
			seen[job.Args.Text] = true
			return nil
		}, opts)
		if _, err := js.Retry(t.Context(), jobs.Filter{State: jobs.Dead}); err != nil {
			t.Fatal(err)
		}
		stop := run(t, js)
		eventualStates(t, db, fmt.Sprintf("done %d, waiting 1", n)) // the plain one has no handler
		stop()
		if got := value(t, db, "select cast(count(*) as text) from plinth_jobs where sealed and args <> ''"); got != `"1"` {
			t.Errorf("%s done jobs have secret arguments, want the one that was done without a worker", got)
		}
		if len(seen) != n-1 {
			t.Errorf("%d jobs ran with their arguments, want %d", len(seen), n-1)
		}
	})
}

func TestFinishedJobsAreTrimmed(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		js := newJobs(t, db, jobs.Config{})
		notes := jobs.Declare[note](js, "note", nil)
		if err := notes.EnqueueMany(t.Context(), db, make([]note, 2200)); err != nil {
			t.Fatal(err)
		}
		enqueue(t, db, notes, "waiting")
		for _, age := range []time.Duration{23 * time.Hour, 25 * time.Hour, 13 * 24 * time.Hour, 15 * 24 * time.Hour} {
			for _, state := range []string{"done", "dead"} {
				id := enqueue(t, db, notes, "x")
				exec(t, db, "update plinth_jobs set state = $1, finished_at = $2 where id = $3", state, time.Now().Add(-age).UTC().Truncate(time.Microsecond), id.String())
			}
		}
		exec(t, db, "update plinth_jobs set state = 'done', finished_at = $1 where args = '{\"text\":\"\"}'", time.Now().Add(-48*time.Hour).UTC().Truncate(time.Microsecond))
		if err := js.Trim(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantStates(t, db, "dead 3, done 1, waiting 1")
	})
}

func TestListRetryDiscardAndProgress(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		js := newJobs(t, db, jobs.Config{})
		fail := true
		long := jobs.Register(js, "long", func(ctx context.Context, job jobs.Job[note]) error {
			if err := job.Progress(ctx, 40, strings.Repeat("ä", 150)); err != nil {
				return err
			}
			if fail {
				return jobs.Cancel(errors.New("no disk"))
			}
			return nil
		}, nil)
		stop := run(t, js)
		id := enqueue(t, db, long, "a")
		eventualStates(t, db, "dead 1")
		stop()
		list, err := js.List(t.Context(), jobs.Filter{Kind: "long", State: jobs.Dead}, 10)
		if err != nil || len(list) != 1 {
			t.Fatalf("%+v, %v", list, err)
		}
		if i := list[0]; i.ID != id || i.Progress != 40 || i.ProgressText != strings.Repeat("ä", 100) || i.LastError != "canceled: no disk" || i.Attempts != 1 || i.FinishedAt.IsZero() {
			t.Errorf("the job is %+v", i)
		}
		if _, err := js.Retry(t.Context(), jobs.Filter{}); err == nil {
			t.Error("Retry takes an empty filter")
		}
		if n, err := js.Retry(t.Context(), jobs.Filter{IDs: []store.ID{store.NewID()}}); n != 0 || err != nil {
			t.Errorf("Retry of another job: %d, %v", n, err)
		}
		fail = false
		if n, err := js.Retry(t.Context(), jobs.Filter{State: jobs.Dead, Queue: jobs.DefaultQueue}); n != 1 || err != nil {
			t.Errorf("Retry: %d, %v", n, err)
		}
		run(t, js)
		eventualStates(t, db, "done 1")
		later := enqueue(t, db, long, "b", jobs.In(time.Hour))
		if n, err := js.Retry(t.Context(), jobs.Filter{Kind: "long"}); n != 0 || err != nil {
			t.Errorf("Retry of a job that has not failed: %d, %v", n, err)
		}
		wantStates(t, db, "done 1, waiting 1")
		if n, err := js.Retry(t.Context(), jobs.Filter{IDs: []store.ID{later}}); n != 1 || err != nil {
			t.Errorf("Retry of a job by its id: %d, %v", n, err)
		}
		eventualStates(t, db, "done 2")
		enqueue(t, db, long, "c", jobs.In(time.Hour))
		if n, err := js.Discard(t.Context(), jobs.Filter{State: jobs.Waiting}); n != 1 || err != nil {
			t.Errorf("Discard: %d, %v", n, err)
		}
		wantStates(t, db, "done 2")
	})
}
