package command_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/command"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/jobs"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/storetest"
)

func TestJobs(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	if _, err := migrate.Auto(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	js, err := jobs.New(db, nil)
	if err != nil {
		t.Fatal(err)
	}
	kind := jobs.Register(js, "export", func(ctx context.Context, job jobs.Job[int]) error {
		return jobs.Cancel(errors.Join(job.Progress(ctx, 45, ""), errors.New("the disk\nis\x1b[2Jfull")))
	}, nil)
	p := &command.Program{Jobs: js}
	run := func(args ...string) string {
		t.Helper()
		var out bytes.Buffer
		if err := p.Run(t.Context(), append([]string{"jobs"}, args...), &out); err != nil {
			t.Errorf("jobs %s: %v", args, err)
		}
		return out.String()
	}
	run("pause", "default")
	id, err := kind.Enqueue(t.Context(), db, 7)
	if err != nil {
		t.Fatal(err)
	}
	if got := run("status"); !strings.HasPrefix(got, "default              paused due 1, oldest ") || !strings.HasSuffix(got, ", running 0, dead 0\n") {
		t.Errorf("status: %s", got)
	}
	run("resume", "default")
	if _, err := (store.SQL{Text: "update plinth_jobs set due_at = $1", Args: []any{time.Now().Add(-2 * time.Minute).UTC()}, Writes: true}).Exec(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	var late bytes.Buffer
	if err := p.Run(t.Context(), []string{"jobs", "status"}, &late); err == nil || !strings.Contains(err.Error(), `"default"`) || !strings.HasPrefix(late.String(), "default              late   due 1, oldest 2m0s") {
		t.Errorf("status of a late queue: %s, %v", late.String(), err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- js.Run(ctx) }()
	for {
		list, err := js.List(t.Context(), jobs.Filter{State: jobs.Dead}, 1)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) > 0 {
			break
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	want := id.String() + "  dead     [#########...........]  45%  export  default  attempt 1 of 10  due "
	if got := run("list", "-kind", "export", "-state", "dead"); !strings.HasPrefix(got, want) || !strings.HasSuffix(got, "canceled: the disk is [2Jfull\n") {
		t.Errorf("list: %s", got)
	}
	for _, step := range [][]string{{"retry", id.String()}, {"discard", "-queue", "default"}} {
		if got := run(step...); got != "1 jobs\n" {
			t.Errorf("jobs %s: %s", step, got)
		}
	}
	for _, wrong := range [][]string{{"retry"}, {"retry", "7"}, {"pause"}, {"pause", "defualt"}, {"list", "-state", "deadd"}, {"list", "-limit", "0"}, {"discard", "-kind", "export", "-limit", "1"}, {"sing"}, {"list", "-color"}, {}} {
		if err := p.Run(t.Context(), append([]string{"jobs"}, wrong...), new(bytes.Buffer)); err == nil {
			t.Errorf("jobs %s works", wrong)
		}
	}
}
